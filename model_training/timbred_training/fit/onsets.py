"""Finds where sounds begin, and cuts out the one that sounds longest alone."""

import numpy as np
import torch

from timbred_training.fit.songs import ONE_SHOT_SECONDS, Array, peak_normalised
from timbred_training.frontend import HOP_FRAMES, LONG_FRAMES, SAMPLE_RATE, MelPower, mel_db

RISE_DB = 3.0  # mean over bands of what a beginning adds, within two columns
QUIETEST_DB = -40.0  # of the loudest column
SILENT = 0.01  # of the peak
APART_COLUMNS = 3
END_DB = -30.0  # what so far falls within the columns about it is an end, whose edge is heard in all bands
BEFORE_SECONDS, FADE_SECONDS, SHORTEST_SECONDS = 0.005, 0.01, 0.08


@torch.no_grad()
def onsets(audio: Array, *, begun: bool = False) -> np.ndarray:
    """Where sounds begin, in frames, ascending.

    A beginning is a peak of the rise of the bands' levels (a spectral flux in decibels over 40 ms), placed at
    the steepest rise of the waveform's level near by.

    Args:
        audio: Mono float32 `(frames,)`.
        begun: Whether it is cut from something longer, so that what sounds at first began before.
    """
    level = mel_db(MelPower()(torch.from_numpy(audio)[None]))[0].numpy()  # (BANDS, t)
    level = np.maximum(level, level.max() - 60.0)
    before = np.full((len(level), 2), level.min())
    half = LONG_FRAMES // 2  # columns nearer to an end hear its edge
    if begun and _sounds_at_once(audio):
        first = min(-(-half // HOP_FRAMES), level.shape[1] - 1)
        level[:, :first] = before[:] = level[:, first : first + 1]
    last = max(0, len(audio) - half) // HOP_FRAMES
    level[:, last + 1 :] = level[:, last : last + 1]
    flux = np.maximum(level - np.hstack([before, level[:, :-2]]), 0.0).mean(axis=0)
    loud = level.max(axis=0) > level.max() + QUIETEST_DB
    around = np.pad(flux, APART_COLUMNS)
    highest = np.max([around[k : k + len(flux)] for k in range(2 * APART_COLUMNS + 1)], axis=0)
    course = np.pad(level.max(axis=0), APART_COLUMNS, mode="edge")
    stays = course[2 * APART_COLUMNS :] - course[: -2 * APART_COLUMNS] > END_DB
    peaks = np.flatnonzero((flux >= RISE_DB) & (flux == highest) & loud & stays)
    exact = [_exactly(audio, int(column) * HOP_FRAMES, begun) for column in peaks]
    return np.unique(np.array(exact, dtype=int))


def most_alone(audio: Array, count: int = 1, *, begun: bool = False) -> list[Array]:
    """One-shots cut at the onsets whose next onset is farthest away (SampleMatch's rule), peak 1 each.

    Args:
        audio: A stem, mono float32 `(frames,)`.
        count: How many at most.
        begun: Whether what sounds at first began before.
    """
    begins = onsets(audio, begun=begun)
    if not len(begins):
        return []
    ends = np.append(begins[1:], len(audio))
    best = np.argsort(begins - ends, kind="stable")[:count]
    cuts = [_cut(audio, int(begins[k]), int(ends[k])) for k in best]
    return [cut for cut in cuts if len(cut) >= SHORTEST_SECONDS * SAMPLE_RATE and np.abs(cut).max() > 0.0]


def _sounds_at_once(audio: Array) -> bool:
    size = np.abs(audio)
    return bool(size[: int(BEFORE_SECONDS * SAMPLE_RATE)].max(initial=0.0) > SILENT * size.max(initial=0.0))


def _cut(audio: Array, begin: int, end: int) -> Array:
    first = max(0, begin - int(BEFORE_SECONDS * SAMPLE_RATE))
    end = min(end - int(BEFORE_SECONDS * SAMPLE_RATE), begin + int(ONE_SHOT_SECONDS * SAMPLE_RATE))
    cut = audio[first : max(end, first)].copy()
    fade = min(len(cut), int(FADE_SECONDS * SAMPLE_RATE))
    cut[len(cut) - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return peak_normalised(cut)


def _exactly(audio: Array, frame: int, begun: bool) -> int:
    """The frame near by from which on 2 ms are the most louder than the 2 ms before."""
    step = SAMPLE_RATE // 500
    first = max(0, frame - 3 * HOP_FRAMES)
    near = np.abs(audio[first : frame + HOP_FRAMES])
    course = near[: len(near) // step * step].reshape(-1, step).max(axis=1)
    if len(course) < 2:
        return frame
    before = course[0] if first or begun else 0.0
    return first + step * int(np.argmax(np.diff(course, prepend=before))) if course.max() > 0 else frame
