"""Data, models, losses, training, evaluation and export."""
