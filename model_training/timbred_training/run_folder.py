"""A run's folder: what lies in it, how it is read and made, and who may train in it."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import zip_longest
from pathlib import Path
from textwrap import shorten
from typing import Any

import torch

from timbred_training.errors import TrainingError
from timbred_training.settings import Settings, settings_from

CHECKPOINT, METRICS, LOCK = "checkpoint.pt", "metrics.jsonl", "train.lock"
HEADS = "heads.pt"  # of a run of the fit model
# Beside the weights, and no use without those of the very step.
GOES_ON_FROM = {"step", "optimiser", "began"}
NEEDED_TO_GO_ON = GOES_ON_FROM | {"objective", "instruments"}
# What changes no step but how many there are: a run may be resumed with others of these.
CHANGEABLE = {"name", "steps", "seconds", "threads", "checkpoint_seconds", "evaluate_seconds"}

LONGEST_REASON = 160  # PyTorch names every weight


def read_run(run: Path) -> dict[str, Any]:
    """What a run's last checkpoint holds, on the CPU wherever it was made.

    Args:
        run: the run's folder, or the checkpoint itself.

    Raises:
        TrainingError: if there is none, or it is no checkpoint of a run, or one of another version.
    """
    file = run if run.is_file() else run / CHECKPOINT
    if not file.is_file():
        raise TrainingError(f"a run folder must hold a checkpoint, and {file} is missing")
    state = read_state(file)
    if not all(isinstance(state.get(part), dict) for part in ("settings", "average")):
        raise TrainingError(f"a checkpoint must be of an encoder's run, and {file} is of something else")
    try:
        settings_from(state["settings"])
    except TrainingError as error:
        raise TrainingError(f"a checkpoint must be of this version, and {file} is not: {error}") from error
    return state


def read_state(file: Path) -> dict[str, Any]:
    """What a file holds that `torch.save` wrote of a dictionary, on the CPU.

    Raises:
        TrainingError: if it is damaged, or none.
    """
    try:
        state = torch.load(file, weights_only=True, map_location="cpu")
    except Exception as error:  # what a damaged file says decides what reading it raises
        raise TrainingError(f"a checkpoint must be one that a run wrote, and {file} is none") from error
    if not isinstance(state, dict):
        raise TrainingError(f"a checkpoint must hold named values, and {file} does not")
    return state


def load_weights(part: Any, weights: Any, file: Path, **how: bool) -> None:
    """Puts what a file holds of a module or an optimiser into it, as its `load_state_dict` does.

    Raises:
        TrainingError: if it is of another, as that of another version or size.
    """
    try:
        part.load_state_dict(weights, **how)
    except (RuntimeError, TypeError, AttributeError, LookupError, ValueError) as error:
        raise TrainingError(
            f"a checkpoint must be of this version and of the settings' sizes, and {file} is not: "
            + shorten(str(error), LONGEST_REASON)
        ) from error


def read_own_run(folder: Path, settings: Settings, instruments: list[str]) -> dict[str, Any] | None:
    """The checkpoint that a run goes on from; None for a run that begins.

    Raises:
        TrainingError: if the run began with other instruments, or settings beside those of `CHANGEABLE`, or
            holds no step to go on from, as one that was imported or refitted, or is of the fit model.
    """
    if not (folder / CHECKPOINT).exists():
        refuse_run(folder)
        return None
    state = read_run(folder)
    if "step" not in state:
        raise TrainingError(
            f"a run must be resumed from a step that it trained, and {folder} holds none: name it with "
            "--start-from and train in another folder"
        )
    if missing := sorted(NEEDED_TO_GO_ON - set(state)):
        raise TrainingError(f"a checkpoint must be of this version, and {folder} lacks {', '.join(missing)}")
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
        TrainingError: if the folder holds a run, of an encoder or of the fit model.
    """
    for file in (out / CHECKPOINT, out / HEADS):
        if file.exists():
            raise TrainingError(f"the new run's folder must hold no run yet, and {file} is there")


def make_folder(run: Path) -> None:
    """Makes a run's folder where there is none.

    Raises:
        TrainingError: if there can be none.
    """
    try:
        run.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"a run must lie in a folder, and {run} can't be one: {error}") from error


@contextmanager
def held(run: Path) -> Iterator[None]:
    """Makes a run's folder and keeps every other process from training in it, until it is left.

    Raises:
        TrainingError: if there can be no such folder, or another process trains in it.
    """
    make_folder(run)
    with ExitStack() as stack:
        try:
            file = stack.enter_context((run / LOCK).open("w"))
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TrainingError(
                f"a run must be trained by one process at a time, and another trains in {run}"
            ) from error
        except OSError as error:
            raise TrainingError(f"a run's disk must allow a lock at {run / LOCK}: {error}") from error
        yield


def read_records(run: Path) -> list[dict[str, Any]]:
    """What a run reported, a step each; lines that were broken off are left out. None where nothing was."""
    file = run / METRICS
    lines = file.read_text(errors="replace").splitlines() if file.is_file() else []
    return [record for record in map(_record, lines) if record is not None]


def begin_records(run: Path, after: int | None) -> None:
    """Takes out of a run's metrics what it reported after a step, which it trains again, and broken lines.

    A run that begins (`after` None) sets aside what is there: it may be of another.
    """
    file = run / METRICS
    if not file.exists():
        return
    if after is None:
        file.replace(run / (METRICS + ".old"))
        return
    kept = [record for record in read_records(run) if record["step"] <= after]
    temporary = run / (METRICS + ".tmp")
    temporary.write_text("".join(json.dumps(record) + "\n" for record in kept))
    temporary.replace(file)


def _record(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and isinstance(record.get("step"), int) else None


def write_weights(out: Path, state: dict[str, Any]) -> Path:
    """As `write_run`, without what a training would go on from: its weights are not these any more."""
    return write_run(out, {name: state[name] for name in state if name not in GOES_ON_FROM})


def write_run(out: Path, state: dict[str, Any]) -> Path:
    """Writes a checkpoint, whole or not at all; returns where it lies."""
    out.mkdir(parents=True, exist_ok=True)
    temporary = out / (CHECKPOINT + ".tmp")
    torch.save(state, temporary)
    return temporary.replace(out / CHECKPOINT)
