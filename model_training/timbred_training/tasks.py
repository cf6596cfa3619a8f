"""What a settings file trains: the timbre encoder, or one of the baselines for mixtures."""

from timbred_training.baseline_objectives import MaskObjective, MultiObjective
from timbred_training.held_objective import HeldObjective
from timbred_training.objective import Objective
from timbred_training.settings import Settings
from timbred_training.training_notes import TrainingNotes

# Each holds what it trains as `encoder`, whose averaged weights are exported.
Task = Objective | MaskObjective | MultiObjective


def make_task(settings: Settings, notes: TrainingNotes) -> Task:
    """The objective that the settings name, with new weights."""
    if settings.objective == "masks":
        return MaskObjective(settings)
    if settings.objective == "multi":
        return MultiObjective(settings)
    if settings.objective == "held":
        return HeldObjective(settings, notes)
    return Objective(settings, len(notes.names), len(notes.families))
