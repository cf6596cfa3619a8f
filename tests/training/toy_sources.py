"""Sources made in code, and what is written and run to try them."""

from pathlib import Path

import numpy as np
import soundfile

from timbred_training import cli
from timbred_training.sources.notes import RawNote

RATE = 16_000
TONE = (0.5 * np.sin(1.0 + np.arange(8_000) / 7)).astype(np.float32)
SILENCE = np.zeros(int(3.2 * RATE), dtype=np.float32)
NOT_NUMBERS = np.where(np.arange(8_000) == 5, np.nan, TONE).astype(np.float32)
NOTE = RawNote("one", "bass", "train", True, True, 60, 100, TONE, RATE)


class Given:
    """A source of the notes that it is given."""

    licence = "none"
    split = None

    def __init__(self, *notes: RawNote, name: str = "given") -> None:
        self.name, self._notes = name, notes

    def instruments(self) -> list[str]:
        return list(dict.fromkeys(note.instrument for note in self._notes))

    def render(self, instrument: str) -> list[RawNote]:
        return [note for note in self._notes if note.instrument == instrument]


def run(*line: object) -> None:
    """`timbred-train` with these words."""
    cli.app([str(word) for word in line], standalone_mode=False)


def write_sounds(folder: Path, count: int, audio: np.ndarray = TONE) -> Path:
    """As many files of the same sound."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        soundfile.write(folder / f"{number:03d}.wav", audio, RATE, subtype="FLOAT")
    return folder
