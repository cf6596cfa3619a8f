"""A run's folder: where its checkpoint lies, and how it is read and made."""

from pathlib import Path
from typing import Any

import torch

from timbred_training.errors import TrainingError

CHECKPOINT = "checkpoint.pt"


def read_run(run: Path) -> dict[str, Any]:
    """What a run's last checkpoint holds.

    Raises:
        TrainingError: if there is none.
    """
    file = run / CHECKPOINT
    if not file.is_file():
        raise TrainingError(f"a run folder must hold a checkpoint, and {file} is missing")
    state: dict[str, Any] = torch.load(file, weights_only=True, map_location="cpu")
    return state


def refuse_run(out: Path) -> None:
    """Makes sure that a new run writes over none.

    Raises:
        TrainingError: if the folder holds a run.
    """
    if (out / CHECKPOINT).exists():
        raise TrainingError(f"the new run's folder must hold no run yet, and {out / CHECKPOINT} is there")


def write_run(out: Path, state: dict[str, Any]) -> Path:
    """Writes a checkpoint, whole or not at all; returns where it lies."""
    out.mkdir(parents=True, exist_ok=True)
    temporary = out / (CHECKPOINT + ".tmp")
    torch.save(state, temporary)
    return temporary.replace(out / CHECKPOINT)
