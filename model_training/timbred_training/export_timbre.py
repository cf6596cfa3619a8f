"""Exports the averaged weights of a run as a timbre model: the encoder, or a baseline for mixtures."""

from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from timbred_training.encoders import make_encoder
from timbred_training.errors import TrainingError
from timbred_training.export import export_encoder, weights_hash
from timbred_training.frontend import SAMPLE_RATE
from timbred_training.multi_encoder import MultiEncoder, MultiModel
from timbred_training.run_folder import load_weights, read_run
from timbred_training.separators import SEPARATED_ROLES, HarmonicPercussive, MaskSeparator, SeparatedModel
from timbred_training.settings import Settings, settings_from
from timbred_training.timbre import SHIPPED_ROLES, TimbreModel

WINDOW_SECONDS = 4.0
VERSION = 1
HPSS = "hpss"
M = TypeVar("M", bound=nn.Module)


def load_run(folder: Path) -> TimbreModel:
    """The model of a run folder's last checkpoint, with its averaged weights.

    Raises:
        TrainingError: if the folder holds no checkpoint, or one of another objective or version.
    """
    settings, average = _checkpoint(folder, "timbre", "held")
    return TimbreModel(_filled(make_encoder(settings), average, folder)).eval()


def load_separator(name: str) -> nn.Module:
    """The separator of mel powers by name: `hpss`, or the folder of a run with the objective masks."""
    if name == HPSS:
        return HarmonicPercussive()
    settings, average = _checkpoint(Path(name), "masks")
    separator = MaskSeparator(settings.widths[0], sum(settings.depths), settings.expansion)
    return _filled(separator, average, Path(name)).eval()


def load_multi(folder: Path) -> MultiModel:
    """The multi-encoder of a run folder, beside the single encoder that it was trained to."""
    settings, average = _checkpoint(folder, "multi")
    multi = _filled(MultiEncoder(settings), average, folder)
    return MultiModel(load_run(Path(settings.single_run)), multi).eval()


def export_run(folder: Path, path: Path, *, separator: str = "") -> str:
    """Writes the model of a run folder to `path`; returns its model id.

    Args:
        folder: a run of the objective timbre, or of multi.
        path: the `.onnx` file to write.
        separator: what `load_separator` takes, to stand in front of the run's encoder; empty for nothing.
    """
    settings, _ = _checkpoint(folder)
    model: nn.Module
    roles: tuple[str, ...]
    name, roles = f"timbre-{settings.encoder}", SHIPPED_ROLES
    if separator:
        model = SeparatedModel(load_run(folder), load_separator(separator)).eval()
        name, roles = f"separated-{separator if separator == HPSS else 'masks'}", SEPARATED_ROLES
    elif settings.objective == "multi":
        model, name = load_multi(folder), "multi"
    else:
        model = load_run(folder)
    hashed = model.encoder if isinstance(model, TimbreModel) else model
    model_id = f"{name}-{VERSION}-{weights_hash(hashed)}"
    export_encoder(
        model,
        path,
        space="timbre",
        model_id=model_id,
        sample_rate=SAMPLE_RATE,
        window_seconds=WINDOW_SECONDS,
        embedding_dim=settings.dim,
        roles=roles,
    )
    return model_id


def _checkpoint(folder: Path, *objectives: str) -> tuple[Settings, dict[str, torch.Tensor]]:
    state = read_run(folder)
    settings = settings_from(state["settings"])
    if objectives and settings.objective not in objectives:
        raise TrainingError(
            f"a run of the objective {' or '.join(objectives)} is needed, and {folder} is one of "
            f"{settings.objective}"
        )
    return settings, state["average"]


def _filled(module: M, average: dict[str, torch.Tensor], folder: Path) -> M:
    load_weights(module, average, folder)
    return module
