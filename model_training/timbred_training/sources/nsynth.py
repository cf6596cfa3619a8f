"""The NSynth layout: `examples.json` beside a folder `audio` of one WAV file a note."""

import json
from pathlib import Path
from typing import Any

import soundfile

from timbred_training.errors import TrainingError
from timbred_training.sources.notes import RawNote

# NSynth's own names, where they differ from those used here.
FAMILIES = {
    "keyboard": "keys",
    "string": "strings",
    "flute": "wind",
    "reed": "wind",
    "synth_lead": "lead",
}
KEYS = ("instrument_str", "instrument_family_str", "pitch", "velocity")


class NsynthSource:
    """Every instrument of one NSynth folder (Engel et al. 2017); its middle note is the reference."""

    def __init__(self, folder: Path, name: str, licence: str, split: str = "train") -> None:
        self.name, self.licence = name, licence
        self._audio, self._split = folder / "audio", split
        listing = folder / "examples.json"
        if not listing.is_file():
            raise TrainingError(f"an NSynth folder must hold examples.json, and {folder} does not")
        self._examples: dict[str, dict[str, dict[str, Any]]] = {}
        for note, example in json.loads(listing.read_text()).items():
            missing = [key for key in KEYS if key not in example]
            if missing:
                raise TrainingError(f"every note of {listing} must have {KEYS}, and {note} lacks {missing}")
            self._examples.setdefault(example["instrument_str"], {})[note] = example

    def instruments(self) -> list[str]:
        """The instruments by name."""
        return sorted(self._examples)

    def render(self, instrument: str) -> list[RawNote]:
        """Reads the files of one instrument."""
        examples = self._examples[instrument]
        reference = _middle(examples)
        return [self._read(note, example, note == reference) for note, example in sorted(examples.items())]

    def _read(self, note: str, example: dict[str, Any], reference: bool) -> RawNote:
        file = self._audio / f"{note}.wav"
        try:
            audio, rate = soundfile.read(file, dtype="float32", always_2d=True)
        except (OSError, soundfile.LibsndfileError) as error:
            raise TrainingError(
                f"every note of examples.json must have a WAV file: {file}: {error}"
            ) from error
        family = str(example["instrument_family_str"])
        return RawNote(
            example["instrument_str"],
            FAMILIES.get(family, family),
            self._split,
            True,
            reference,
            int(example["pitch"]),
            int(example["velocity"]),
            audio.mean(axis=1),
            rate,
        )


def _middle(examples: dict[str, dict[str, Any]]) -> str:
    """The note of the median pitch, and of the velocity nearest to 100."""
    pitches = sorted(int(example["pitch"]) for example in examples.values())
    median = pitches[len(pitches) // 2]
    return min(
        sorted(examples),
        key=lambda note: (abs(examples[note]["pitch"] - median), abs(examples[note]["velocity"] - 100)),
    )
