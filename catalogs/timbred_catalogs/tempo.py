"""The tempo of a loop: onset strength and its autocorrelation under a prior, after Ellis, Beat tracking by
dynamic programming (JNMR 2007); a length of whole bars makes it exact."""

import numpy as np

from timbred_catalogs.name_facts import BAR_TOLERANCE, FASTEST_BPM, SLOWEST_BPM, Estimate

FRAME, HOP = 512, 128
# Ellis: people tap at 120 beats a minute, give or take most of an octave.
USUAL_BPM, OCTAVES = 120.0, 0.9
CANDIDATES = 3
# Against the loudest frame; a held note's beating rises less, and is no rhythm.
LEAST_RISE = 0.1
HIGHEST_CONFIDENCE = 0.9
LEAST_CONFIDENCE = 0.1
# What a length of whole bars adds to a tempo that was heard.
BARS_BONUS = 0.25
# Two tempi this close are the same, heard with the coarseness of the frames.
SAME_TEMPO = 0.03


def tempo_of(audio: np.ndarray, rate: int, duration_seconds: float | None) -> Estimate | None:
    """Beats a minute of `audio` (frames,), None where nothing repeats.

    `duration_seconds` is the whole file's, where it begins with the sound: a loop's holds whole bars.
    """
    heard = [(bpm, strength) for bpm, strength in _candidates(_onsets(audio), rate) if strength > 0]
    if not heard:
        return None
    bpm, strength = heard[0]
    for candidate, weight in heard if duration_seconds is not None else []:
        exact = _of_whole_bars(candidate, duration_seconds or 0.0)
        if exact is not None and weight > 0.5 * strength:
            return Estimate(exact, min(HIGHEST_CONFIDENCE, weight + BARS_BONUS))
    return Estimate(bpm, min(HIGHEST_CONFIDENCE, strength)) if strength >= LEAST_CONFIDENCE else None


def _of_whole_bars(bpm: float, duration_seconds: float) -> float | None:
    """The tempo near `bpm` at which the file is one, two, four, ... bars of four beats."""
    bars = duration_seconds * bpm / 240.0
    whole = 2 ** round(np.log2(max(bars, 0.5)))
    exact = 240.0 * whole / duration_seconds
    return exact if whole >= 1 and abs(exact / bpm - 1) <= SAME_TEMPO + BAR_TOLERANCE else None


def _onsets(audio: np.ndarray) -> np.ndarray:
    """How much the logarithm of the spectrum rises from each frame to the next, (frames,)."""
    if len(audio) < 4 * FRAME:
        return np.zeros(0)
    frames = np.lib.stride_tricks.sliding_window_view(audio, FRAME)[::HOP] * np.hanning(FRAME)
    level = np.log1p(100.0 * np.abs(np.fft.rfft(frames)).astype(np.float32))
    rise = np.maximum(np.diff(level, axis=0), 0.0).sum(axis=1)
    if rise.max() < LEAST_RISE * float(level.sum(axis=1).max()):
        return np.zeros(0)
    return np.asarray(rise - rise.mean())


def _candidates(onsets: np.ndarray, rate: int) -> list[tuple[float, float]]:
    """The likeliest tempi and how strongly each repeats, 0..1, the likeliest first."""
    lags = np.arange(int(60 * rate / HOP / FASTEST_BPM), int(60 * rate / HOP / SLOWEST_BPM) + 2)
    if len(onsets) < lags[-1] + 2:
        lags = lags[lags < len(onsets) - 2]
    if len(lags) < 3:
        return []
    size = 1 << (2 * len(onsets) - 1).bit_length()
    correlation = np.fft.irfft(np.abs(np.fft.rfft(onsets, size)) ** 2)[: lags[-1] + 2]
    strength = correlation / max(float(correlation[0]), 1e-12)
    # shorter overlaps at longer lags: per frame, a beat that repeats for ever stays 1
    strength = strength * len(onsets) / np.maximum(len(onsets) - np.arange(len(strength)), 1)
    bpm = 60 * rate / HOP / lags
    weighed = strength[lags] * np.exp(-0.5 * (np.log2(bpm / USUAL_BPM) / OCTAVES) ** 2)
    inner = np.flatnonzero((weighed[1:-1] >= weighed[:-2]) & (weighed[1:-1] > weighed[2:])) + 1
    best = inner[np.argsort(-weighed[inner])][:CANDIDATES]
    return [(_between(bpm, weighed, place), float(strength[lags[place]])) for place in best]


def _between(bpm: np.ndarray, weighed: np.ndarray, place: int) -> float:
    left, middle, right = weighed[place - 1 : place + 2]
    bend = left - 2 * middle + right
    shift = 0.5 * (left - right) / bend if abs(bend) > 1e-12 else 0.0
    period = 1 / bpm[place] + shift * (1 / bpm[place + 1] - 1 / bpm[place])
    return float(1 / period)
