"""What every source of songs yields: stems that add up to the song, and the one-shots that they play."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from timbred_training.frontend import SAMPLE_RATE

Array = npt.NDArray[np.float32]

EXCERPT_SECONDS = 32.0
ONE_SHOT_SECONDS = 2.0
TONAL_SECONDS = 3.0


@dataclass(frozen=True)
class Stem:
    """One part of a song; stems of a song are equally long and add up to it.

    Args:
        name: As the song has it.
        role: One of `FIT_ROLES`, or empty for a part that is never asked for.
        audio: Mono float32 at `SAMPLE_RATE`, `(frames,)`.
        one_shots: The sounds that it is played with, each mono float32 at `SAMPLE_RATE`, peak 1.
    """

    name: str
    role: str
    audio: Array
    one_shots: tuple[Array, ...]


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


def content_hash(audio: Array) -> str:
    """16 hex digits that equal recordings share, whatever their gain and the silence around them.

    The level's course in 24 steps of 3 dB is hashed, not the samples: a rendering's rounding must not part
    two songs' copies of one sample.
    """
    loud = np.flatnonzero(np.abs(audio) > 0.01 * np.abs(audio).max(initial=1e-9))
    trimmed = audio[loud[0] : loud[-1] + 1] if len(loud) else audio
    coarse = np.round(trimmed[:: SAMPLE_RATE // 8000] / np.abs(trimmed).max(initial=1e-9) * 24.0)
    return hashlib.blake2b(coarse.astype(np.int8).tobytes(), digest_size=8).hexdigest()


def peak_normalised(audio: Array) -> Array:
    """The same with peak 1; silence stays silence."""
    peak = float(np.abs(audio).max(initial=0.0))
    return audio / peak if peak > 1e-6 else audio
