"""A run's folder: where its checkpoint lies, and how it is read and made."""

from itertools import zip_longest
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from timbred_training.errors import TrainingError
from timbred_training.settings import Settings, settings_from

CHECKPOINT = "checkpoint.pt"
# Beside the weights, and no use without those of the very step.
GOES_ON_FROM = {"step", "optimiser", "began"}
# What changes no step but how many there are: a run may be resumed with others of these.
CHANGEABLE = {"name", "steps", "seconds", "threads", "checkpoint_seconds", "evaluate_seconds"}


def read_run(run: Path) -> dict[str, Any]:
    """What a run's last checkpoint holds, on the CPU wherever it was made.

    Args:
        run: the run's folder, or the checkpoint itself.

    Raises:
        TrainingError: if there is none, or it is no checkpoint of a run.
    """
    file = run if run.is_file() else run / CHECKPOINT
    if not file.is_file():
        raise TrainingError(f"a run folder must hold a checkpoint, and {file} is missing")
    try:
        state: dict[str, Any] = torch.load(file, weights_only=True, map_location="cpu")
    except (UnpicklingError, RuntimeError, EOFError) as error:
        raise TrainingError(f"a checkpoint must be one that a run wrote, and {file} is none") from error
    if not isinstance(state, dict) or not {"settings", "average"} <= set(state):
        raise TrainingError(f"a checkpoint must be of an encoder's run, and {file} is of something else")
    return state


def read_own_run(folder: Path, settings: Settings, instruments: list[str]) -> dict[str, Any] | None:
    """The checkpoint that a run goes on from; None for a run that begins.

    Raises:
        TrainingError: if the run began with other instruments, or settings beside those of `CHANGEABLE`, or
            holds no step to go on from, as one that was imported or refitted.
    """
    if not (folder / CHECKPOINT).exists():
        return None
    state = read_run(folder)
    if "step" not in state:
        raise TrainingError(
            f"a run must be resumed from a step that it trained, and {folder} holds none: name it with "
            "--start-from and train in another folder"
        )
    differing = [
        f"{name} {value!r}, not {getattr(settings, name)!r}"
        for name, value in vars(settings_from(state["settings"])).items()
        if name not in CHANGEABLE and value != getattr(settings, name)
    ]
    pairs = enumerate(zip_longest(state["instruments"], instruments))
    differing += [f"instrument {k} {own!r}, not {other!r}" for k, (own, other) in pairs if own != other][:1]
    if differing:
        raise TrainingError(
            f"a run must be resumed with the settings and data that it began with; {folder} has "
            + "; ".join(differing)
        )
    return state


def refuse_run(out: Path) -> None:
    """Makes sure that a new run writes over none.

    Raises:
        TrainingError: if the folder holds a run.
    """
    if (out / CHECKPOINT).exists():
        raise TrainingError(f"the new run's folder must hold no run yet, and {out / CHECKPOINT} is there")


def write_weights(out: Path, state: dict[str, Any]) -> Path:
    """As `write_run`, without what a training would go on from: its weights are not these any more."""
    return write_run(out, {name: state[name] for name in state if name not in GOES_ON_FROM})


def write_run(out: Path, state: dict[str, Any]) -> Path:
    """Writes a checkpoint, whole or not at all; returns where it lies."""
    out.mkdir(parents=True, exist_ok=True)
    temporary = out / (CHECKPOINT + ".tmp")
    torch.save(state, temporary)
    return temporary.replace(out / CHECKPOINT)
