"""What every source yields, and the notes that a synthesizer is asked to play."""

import re
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


class Played(Protocol):
    """What tells one note from the others."""

    @property
    def instrument(self) -> str: ...
    @property
    def pitch(self) -> int: ...
    @property
    def velocity(self) -> int: ...


def described(note: Played) -> str:
    """The note as a warning names it."""
    return f"{note.instrument}, pitch {note.pitch}, velocity {note.velocity}"


class Source(Protocol):
    """A collection of instruments that can be prepared for training."""

    name: str
    licence: str

    @property
    def split(self) -> str | None:
        """The split of all its notes; None where each tells its own."""
        ...

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


# In the order in which they are looked for.
KEYWORDS = (
    ("drum", ("bass drum", "bassdrum")),
    ("bass", ("bass", "sub")),
    ("lead", ("lead", "solo", "saw", "square")),
    ("drum", ("drum", "kick", "snare", "tom", "hat", "hihat", "openhat", "closedhat", "cymbal")),
    ("percussion", ("perc", "timpani", "conga", "agogo", "wood")),
    ("bell", ("bell", "celesta", "crystal", "glocken", "chime", "music box")),
    ("mallet", ("marimba", "vibra", "xylo", "mallet", "dulcimer")),
    ("organ", ("organ", "accord", "harmonica")),
    ("keys", ("piano", "rhodes", "clav", "harpsi", "keys", "wurl", "e.p", "electric p")),
    ("guitar", ("guitar", "sitar", "banjo", "shamisen")),
    ("pluck", ("pluck", "pizz", "harp", "koto", "kalimba")),
    ("strings", ("string", "violin", "viola", "cello", "fiddle", "orchestr")),
    ("brass", ("brass", "trump", "tromb", "tuba", "horn")),
    ("wind", ("flute", "sax", "clarin", "oboe", "bassoon", "pipe", "piccolo", "recorder", "whistle")),
    ("vocal", ("choir", "voice", "vox", "vocal", "aah")),
    ("pad", ("pad", "sweep", "warm", "ambient", "halo")),
    ("effects", ("fx", "effect", "noise", "wind fx", "helicopter", "gun", "rain", "atmos")),
)
# Which other words hide, as cus-tom, w-hat and s-harp do: they count at the beginning of a word alone.
HIDDEN = {"tom", "hat", "harp", "perc", "rain", "warm", "gun"}
CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def family_of(name: str) -> str:
    """The family that a preset's name speaks of, `unknown` if of none."""
    for family, words in KEYWORDS:
        if any(_speaks_of(name, word) for word in words):
            return family
    return "unknown"


def _speaks_of(name: str, word: str) -> bool:
    if word not in HIDDEN:
        return word in name.lower()
    return re.search(rf"(?<![^\W\d_]){word}", CAMEL_CASE.sub(" ", name).lower()) is not None
