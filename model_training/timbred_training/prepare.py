"""Turns a source's notes into mel levels on disk; goes on where it was stopped."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soxr
import torch
from rich.progress import Progress

from timbred_training.errors import TrainingError
from timbred_training.frontend import SAMPLE_RATE, MelPower, mel_db
from timbred_training.sources.folder import linked_files
from timbred_training.sources.notes import LONGEST_SECONDS, RawNote, Source
from timbred_training.store import Note, read_notes, write_notes

NO_TRAIN = "NO-TRAIN"


def prepare(source: Source, folder: Path, *, instruments_a_write: int = 40) -> int:
    """Renders every instrument that the dataset at `folder` does not hold yet; returns the notes written."""
    known = set(read_notes(folder, ["instrument"])["instrument"]) if folder.exists() else set()
    missing = [name for name in source.instruments() if name not in known]
    mel, written = MelPower(), 0
    with Progress() as progress:
        bar = progress.add_task(source.name, total=len(missing))
        for begin in range(0, len(missing), instruments_a_write):
            part = missing[begin : begin + instruments_a_write]
            written += write_notes(folder, list(_notes(source, part, mel)), batch=10_000)
            progress.update(bar, advance=len(part))
    return written


def refuse_no_train(path: Path) -> None:
    """Raises if the path, a folder above or below it, or one that it links into holds a file `NO-TRAIN`."""
    above = {folder / NO_TRAIN for place in (path, *linked_files(path)) for folder in place.resolve().parents}
    for mark in (*path.rglob(NO_TRAIN), *sorted(above)):
        if mark.exists():
            raise TrainingError(f"a source must not be marked {NO_TRAIN}, but {mark.parent} is")


def _notes(source: Source, instruments: list[str], mel: MelPower) -> Iterator[Note]:
    for instrument in instruments:
        for raw in source.render(instrument):
            if len(raw.audio):
                yield _prepared(raw, source.name, mel)


@torch.no_grad()
def _prepared(raw: RawNote, source: str, mel: MelPower) -> Note:
    audio = raw.audio[: int(LONGEST_SECONDS * raw.sample_rate)]
    audio = soxr.resample(audio / max(float(np.abs(audio).max()), 1e-6), raw.sample_rate, SAMPLE_RATE)
    level = mel_db(mel(torch.from_numpy(audio.astype(np.float32))[None]))[0].T.numpy()
    return Note(
        raw.instrument, raw.family, source, raw.split, raw.fx, raw.reference, raw.pitch, raw.velocity, level
    )
