"""What every source of songs yields: stems that add up to the song, and the one-shots that they play."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

EXCERPT_SECONDS = 32.0
ONE_SHOT_SECONDS = 2.0
TONAL_SECONDS = 3.0
SILENT = 1e-4  # the highest peak of what nobody hears


@dataclass(frozen=True)
class OneShot:
    """A sound that a part is played with: its role, one of `FIT_ROLES`, and mono float32, peak 1."""

    role: str
    audio: Array


@dataclass(frozen=True)
class Stem:
    """One part of a song; stems of a song are equally long and add up to it.

    Args:
        name: As the song has it.
        audio: Mono float32 at `SAMPLE_RATE`, `(frames,)`.
        one_shots: What it is played with, at `SAMPLE_RATE`; none for a part that is never asked for.
    """

    name: str
    audio: Array
    one_shots: tuple[OneShot, ...]


@dataclass(frozen=True)
class Song:
    """One song.

    Args:
        name: Unlike any other of its source.
        author: Whose taste it is; splits never part the songs of one author.
        stems: Its parts.
    """

    name: str
    author: str
    stems: tuple[Stem, ...]


class SongSource(Protocol):
    """A collection of songs that can be prepared, or measured on.

    `real` says whether somebody chose these sounds for this music; random kits carry no taste.
    """

    name: str
    real: bool

    def songs(self) -> Sequence[str]:
        """The names of all songs, always in the same order."""
        ...

    def read(self, song: str) -> Song | None:
        """One song; None for one that gives no use."""
        ...


def peak_normalised(audio: Array) -> Array:
    """The same with peak 1; silence stays silence."""
    peak = float(np.abs(audio).max(initial=0.0))
    return audio / peak if peak > 1e-6 else audio
