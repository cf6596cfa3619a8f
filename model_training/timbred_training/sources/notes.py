"""What every source yields, and the notes that a synthesizer is asked to play."""

import zlib
from dataclasses import dataclass
from typing import Protocol

import numpy as np

LONGEST_SECONDS = 3.0


@dataclass(frozen=True)
class RawNote:
    """One sounded note; `audio` is mono float32 `(frames,)`."""

    instrument: str
    family: str
    split: str
    fx: bool
    reference: bool
    pitch: int
    velocity: int
    audio: np.ndarray
    sample_rate: int


class Source(Protocol):
    """A collection of instruments that can be prepared for training."""

    name: str
    licence: str

    def instruments(self) -> list[str]:
        """The ids of all instruments, always in the same order."""
        ...

    def render(self, instrument: str) -> list[RawNote]:
        """All notes of one instrument; empty if it gives no sound."""
        ...


@dataclass(frozen=True)
class PlayedNote:
    """What to play on a synthesizer: MIDI pitch and velocity, and seconds until the key is let go."""

    pitch: int
    velocity: int
    hold_seconds: float
    reference: bool


# Lowest, median and highest pitch drawn for a family; what is not listed plays in the middle.
RANGES = {"bass": (28, 38, 50), "percussion": (40, 60, 76), "drum": (36, 48, 64), "bell": (60, 74, 90)}
MIDDLE = (43, 58, 79)


def notes_to_play(instrument: str, family: str, others: int = 3) -> list[PlayedNote]:
    """A reference note (the family's median pitch, velocity 100, held 2 s) and some drawn from the id."""
    rng = np.random.default_rng(zlib.crc32(instrument.encode()))
    low, median, high = RANGES.get(family, MIDDLE)
    drawn = [
        PlayedNote(
            int(np.clip(round(rng.normal(median, 8)), low, high)),
            int(rng.integers(40, 128)),
            float(rng.uniform(0.25, 1.2)),
            False,
        )
        for _ in range(others)
    ]
    return [PlayedNote(median, 100, 2.0, True), *drawn]


KEYWORDS = {
    "bass": ("bass", "sub"),
    "lead": ("lead", "solo", "saw", "square"),
    "drum": ("drum", "kick", "snare", "tom", "hat", "cymbal"),
    "percussion": ("perc", "timpani", "conga", "agogo", "wood"),
    "bell": ("bell", "celesta", "crystal", "glocken", "chime", "music box"),
    "mallet": ("marimba", "vibra", "xylo", "mallet", "dulcimer"),
    "organ": ("organ", "accord", "harmonica"),
    "keys": ("piano", "rhodes", "clav", "harpsi", "keys", "wurl", "e.p", "electric p"),
    "guitar": ("guitar", "sitar", "banjo", "shamisen"),
    "pluck": ("pluck", "pizz", "harp", "koto", "kalimba"),
    "strings": ("string", "violin", "viola", "cello", "fiddle", "orchestr"),
    "brass": ("brass", "trump", "tromb", "tuba", "horn"),
    "wind": ("flute", "sax", "clarin", "oboe", "bassoon", "pipe", "piccolo", "recorder", "whistle"),
    "vocal": ("choir", "voice", "vox", "vocal", "aah"),
    "pad": ("pad", "sweep", "warm", "ambient", "halo"),
    "effects": ("fx", "effect", "noise", "wind fx", "helicopter", "gun", "rain", "atmos"),
}


def family_of(name: str) -> str:
    """The family that a preset's name speaks of, `unknown` if of none."""
    lower = name.lower()
    for family, words in KEYWORDS.items():
        if any(word in lower for word in words):
            return family
    return "unknown"
