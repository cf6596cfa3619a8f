"""The NSynth layout: `examples.json` beside a folder `audio` of one WAV file a note."""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np

from timbred_training.errors import TrainingError
from timbred_training.sources.notes import RawNote
from timbred_training.sources.sound_file import read_sound

log = logging.getLogger(__name__)

# NSynth's own names, where they differ from those used here.
FAMILIES = {
    "keyboard": "keys",
    "string": "strings",
    "flute": "wind",
    "reed": "wind",
    "synth_lead": "lead",
}
SPLITS = ("train", "valid", "test")
KEYS = {"instrument_str": str, "instrument_family_str": str, "pitch": int, "velocity": int}


class NsynthSource:
    """Every instrument of one NSynth folder (Engel et al. 2017); its middle note is the reference."""

    def __init__(self, folder: Path, name: str, licence: str, split: str = "train") -> None:
        self.name, self.licence = name, licence
        self._audio, self.split = folder / "audio", split
        listing = folder / "examples.json"
        if not listing.is_file():
            raise TrainingError(f"an NSynth folder must hold examples.json, and {folder} does not")
        self._examples: dict[str, dict[str, dict[str, Any]]] = {}
        for note, example in _listed(listing).items():
            self._examples.setdefault(example["instrument_str"], {})[note] = example

    def instruments(self) -> list[str]:
        """The instruments by name."""
        return sorted(self._examples)

    def render(self, instrument: str) -> list[RawNote]:
        """Reads the files of one instrument."""
        examples = self._examples[instrument]
        sounds = {note: sound for note in sorted(examples) if (sound := self._read(note)) is not None}
        reference = _middle({note: examples[note] for note in sounds}) if sounds else None
        return [
            self._note(examples[note], audio, rate, note == reference)
            for note, (audio, rate) in sounds.items()
        ]

    def _read(self, note: str) -> tuple[np.ndarray, int] | None:
        """Mono audio and its rate; None, and a warning, for a file that can't be read."""
        file = self._audio / f"{note}.wav"
        if not file.is_file():
            raise TrainingError(f"every note of examples.json must have a WAV file, and there is no {file}")
        try:
            return read_sound(file)
        except TrainingError as error:
            log.warning("%s is left out: %s", file, error)
            return None

    def _note(self, example: dict[str, Any], audio: np.ndarray, rate: int, reference: bool) -> RawNote:
        family: str = example["instrument_family_str"]
        return RawNote(
            example["instrument_str"],
            FAMILIES.get(family, family),
            self.split,
            True,
            reference,
            example["pitch"],
            example["velocity"],
            audio,
            rate,
        )


def split_of(folder: Path) -> str:
    """The split that an NSynth folder's name ends with, as in nsynth-test; else train."""
    last = folder.resolve().name.lower().rpartition("-")[2]
    return last if last in SPLITS else "train"


def _listed(listing: Path) -> dict[str, dict[str, Any]]:
    """What examples.json tells of each note.

    Raises:
        TrainingError: if it is not of NSynth's layout.
    """
    try:
        notes = json.loads(listing.read_text())
    except ValueError as error:
        raise TrainingError(f"an NSynth listing must be readable JSON, not {listing}: {error}") from error
    if not isinstance(notes, dict):
        raise TrainingError(f"an NSynth listing must be an object of notes, and {listing} is none")
    for note, example in notes.items():
        told = example if isinstance(example, dict) else {}
        wrong = [f"{key} {told.get(key)!r}" for key, kind in KEYS.items() if type(told.get(key)) is not kind]
        if wrong:
            rule = f"must have {', '.join(KEYS)}, names in text and numbers whole"
            raise TrainingError(f"every note of {listing} {rule}, not {note}'s {', '.join(wrong)}")
    return notes


def _middle(examples: dict[str, dict[str, Any]]) -> str:
    """The note of the median pitch, and of the velocity nearest to 100."""
    pitches = sorted(example["pitch"] for example in examples.values())
    median = pitches[len(pitches) // 2]
    return min(
        sorted(examples),
        key=lambda note: (abs(examples[note]["pitch"] - median), abs(examples[note]["velocity"] - 100)),
    )
