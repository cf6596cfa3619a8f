"""Exports the averaged encoder of a training run as the timbre model."""

from pathlib import Path

import torch

from timbred_training.encoders import make_encoder
from timbred_training.errors import TrainingError
from timbred_training.export import export_encoder, weights_hash
from timbred_training.frontend import SAMPLE_RATE
from timbred_training.settings import settings_from
from timbred_training.timbre import SHIPPED_ROLES, TimbreModel

WINDOW_SECONDS = 4.0
VERSION = 1


def load_run(folder: Path) -> TimbreModel:
    """The model of a run folder's last checkpoint, with its averaged weights.

    Raises:
        TrainingError: if the folder holds no checkpoint.
    """
    file = folder / "checkpoint.pt"
    if not file.is_file():
        raise TrainingError(f"a run folder must hold a checkpoint, and {file} is missing")
    state = torch.load(file, weights_only=True, map_location="cpu")
    encoder = make_encoder(settings_from(state["settings"]))
    encoder.load_state_dict(state["average"])
    return TimbreModel(encoder).eval()


def export_run(folder: Path, path: Path, name: str = "timbre-live") -> str:
    """Writes the model of a run folder to `path`; returns its model id."""
    model = load_run(folder)
    model_id = f"{name}-{VERSION}-{weights_hash(model.encoder)}"
    export_encoder(
        model,
        path,
        space="timbre",
        model_id=model_id,
        sample_rate=SAMPLE_RATE,
        window_seconds=WINDOW_SECONDS,
        embedding_dim=model.encoder.dim,
        roles=SHIPPED_ROLES,
    )
    return model_id
