"""Turns a source's notes into mel levels on disk; goes on where it was stopped."""

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soxr
import torch
from rich.markup import escape
from rich.progress import Progress

from timbred_training.errors import TrainingError
from timbred_training.frontend import SAMPLE_RATE, MelPower, mel_db
from timbred_training.sources.folder import linked_files
from timbred_training.sources.notes import LONGEST_SECONDS, RawNote, Source, described
from timbred_training.sources.sound_file import QUIETEST, refuse_soundless
from timbred_training.store import Note, is_dataset, read_notes, write_notes

log = logging.getLogger(__name__)

NO_TRAIN = "NO-TRAIN"


def prepare(source: Source, folder: Path, *, instruments_a_write: int = 40) -> int:
    """Renders every instrument that the dataset at `folder` does not hold yet; returns the notes written.

    Raises:
        TrainingError: if the dataset would hold nothing, or what lies there is no dataset of notes.
    """
    known = prepared_instruments(source, folder)
    missing = [name for name in source.instruments() if name not in known]
    mel, written = MelPower(), 0
    with Progress() as progress:
        bar = progress.add_task(escape(source.name), total=len(missing))
        for begin in range(0, len(missing), instruments_a_write):
            part = missing[begin : begin + instruments_a_write]
            notes = list(_notes(source, part, mel))
            written += write_notes(folder, notes, batch=max(1, len(notes)))  # each instrument whole or not
            progress.update(bar, advance=len(part))
    if not written and not is_dataset(folder):
        raise TrainingError(f"some instrument of {source.name} must sound, and none of {len(missing)} does")
    return written


def prepared_instruments(source: Source, folder: Path) -> set[str]:
    """Those of the source that the dataset at `folder` holds, in the split that the source tells, if any."""
    if not is_dataset(folder):
        return set()
    held = read_notes(folder, ["instrument", "split"])
    mine = slice(None) if source.split is None else held["split"] == source.split
    return set(held["instrument"][mine]).intersection(source.instruments())


def refuse_no_train(path: Path) -> None:
    """Raises if the path, a folder above or below it, or one that it links into holds a file `NO-TRAIN`."""
    above = {folder / NO_TRAIN for place in (path, *linked_files(path)) for folder in place.resolve().parents}
    for mark in (*path.rglob(NO_TRAIN), *sorted(above)):
        if mark.exists():
            raise TrainingError(f"a source must not be marked {NO_TRAIN}, but {mark.parent} is")


def _notes(source: Source, instruments: list[str], mel: MelPower) -> Iterator[Note]:
    for instrument in instruments:
        for raw in source.render(instrument):
            try:
                yield _prepared(raw, source.name, mel)
            except TrainingError as error:
                log.warning("the note %s is left out: %s", described(raw), error)


@torch.no_grad()
def _prepared(raw: RawNote, source: str, mel: MelPower) -> Note:
    refuse_soundless(raw.audio)
    audio = _cut(raw)
    audio = soxr.resample(audio / float(np.abs(audio).max()), raw.sample_rate, SAMPLE_RATE)
    refuse_soundless(audio)
    level = mel_db(mel(torch.from_numpy(audio.astype(np.float32))[None]))[0].T.numpy()
    return Note(
        raw.instrument, raw.family, source, raw.split, raw.fx, raw.reference, raw.pitch, raw.velocity, level
    )


def _cut(raw: RawNote) -> np.ndarray:
    """At most `LONGEST_SECONDS`; from where it begins to sound, if all of these were silent."""
    longest = int(LONGEST_SECONDS * raw.sample_rate)
    onset = int(np.argmax(np.abs(raw.audio) >= QUIETEST))
    begin = onset if onset >= longest else 0
    return raw.audio[begin : begin + longest]
