"""What a model hears of a sound that is longer than its window: several windows, whose mean is the vector."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Protocol

import numpy as np

from timbred_catalogs.decode import ONSET_DB, Decoded, from_onset, resampled
from timbred_catalogs.embedder import Embedder

# Of the longest sound; more of them change its mean little, and cost as much each.
MOST_WINDOWS = 4
# A sound with a little more than one window is that window: its attack says more than its last tail.
ONE_WINDOW_UP_TO = 1.5


class Hearing(Protocol):
    """How a model hears: an embedder is one."""

    @property
    def sample_rate(self) -> int:
        """Hz."""
        ...

    @property
    def window_seconds(self) -> float:
        """The longest audio that it hears at once."""
        ...


@dataclass(frozen=True, slots=True)
class Ear:
    """How a model hears, without the model."""

    sample_rate: int
    window_seconds: float


def windows(decoded: Decoded, hearing: Hearing) -> list[np.ndarray]:
    """At least one, each (frames,) float32 at the model's rate: from the onset on, evenly to the sound's end.

    Those that are silent beside the sound's peak, as in a loop's rests, are left out.
    """
    return windows_of_each(decoded, [hearing])[0]


def windows_of_each(decoded: Decoded, hearings: Sequence[Hearing]) -> list[list[np.ndarray]]:
    """The `windows` of several models; those of one rate share the resampling."""
    audio = from_onset(decoded)
    rates = {hearing.sample_rate for hearing in hearings}
    resampled_to = {rate: resampled(audio, decoded.audio_rate, rate) for rate in rates}
    return [_cut(resampled_to[hearing.sample_rate], hearing) for hearing in hearings]


def _cut(audio: np.ndarray, hearing: Hearing) -> list[np.ndarray]:
    frames = round(hearing.window_seconds * hearing.sample_rate)
    if len(audio) <= frames:
        return [audio]  # one array for all models that hear it whole: it is sent once
    if len(audio) <= ONE_WINDOW_UP_TO * frames:
        return [np.ascontiguousarray(audio[:frames])]
    count = min(MOST_WINDOWS, ceil(len(audio) / frames))
    starts = np.linspace(0, len(audio) - frames, count).astype(int).tolist()
    quiet = np.abs(audio).max() * 10 ** (ONSET_DB / 20)
    first, *others = [np.ascontiguousarray(audio[start : start + frames]) for start in starts]
    return [first, *(window for window in others if np.abs(window).max() >= quiet)]


def embed(embedder: Embedder, heard: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
    """The vector of each sound: its windows' mean direction.

    Shape: heard[i] the windows of sound i; returns (len(heard), dim), of unit length as the model's are.
    """
    vectors = embedder.embed_batch([windows[0] for windows in heard])
    for row, (_, *others) in enumerate(heard):
        if others:  # a batch of their own, so that a chunk of long sounds needs no more memory at once
            total = vectors[row] + embedder.embed_batch(others).sum(axis=0)
            vectors[row] = total / max(float(np.linalg.norm(total)), 1e-12)
    return vectors
