"""The key of a loop: its chroma against the profiles of Krumhansl and Kessler (Psychological Review 1982)."""

import numpy as np

FRAME, HOP = 4096, 2048
LOWEST_HZ, HIGHEST_HZ = 60.0, 2000.0
ROOTS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
# A correlation this much above the next key's is as sure as one gets.
CLEAR_MARGIN = 0.2
HIGHEST_CONFIDENCE = 0.8
LEAST_CORRELATION = 0.5


def key_of(audio: np.ndarray, rate: int) -> tuple[str, float] | None:
    """`A minor` and its confidence, of `audio` (frames,); None where no key fits."""
    chroma = _chroma(audio, rate)
    if chroma is None or chroma.std() < 1e-9:
        return None
    names, profiles = _profiles()
    centred = chroma - chroma.mean()
    correlation = profiles @ centred / np.linalg.norm(centred)
    first, second = np.argsort(-correlation)[:2]
    if correlation[first] < LEAST_CORRELATION:
        return None
    margin = float(correlation[first] - correlation[second]) / CLEAR_MARGIN
    return names[first], HIGHEST_CONFIDENCE * float(correlation[first]) * min(1.0, margin)


def _profiles() -> tuple[list[str], np.ndarray]:
    """The names of all 24 keys, and their profiles (24, 12), each of mean 0 and length 1."""
    names = [f"{root} {mode}" for mode in ("major", "minor") for root in ROOTS]
    rows = np.stack([np.roll(profile, root) for profile in (MAJOR, MINOR) for root in range(12)])
    rows = rows - rows.mean(axis=1, keepdims=True)
    return names, rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _chroma(audio: np.ndarray, rate: int) -> np.ndarray | None:
    """(12,), C first: the magnitude of each pitch class, every frame counting alike."""
    if len(audio) < FRAME:
        return None
    frames = np.lib.stride_tricks.sliding_window_view(audio, FRAME)[::HOP] * np.hanning(FRAME)
    magnitude = np.abs(np.fft.rfft(frames))
    frequencies = np.arange(magnitude.shape[1]) * (rate / FRAME)
    inside = (frequencies >= LOWEST_HZ) & (frequencies <= HIGHEST_HZ)
    note = np.round(69 + 12 * np.log2(frequencies[inside] / 440.0)).astype(int) % 12
    loudness = magnitude[:, inside]
    peaks = _peaks(loudness).sum(axis=0)
    return np.bincount(note, peaks, 12)


def _peaks(magnitude: np.ndarray) -> np.ndarray:
    """Only what stands out from its neighbours: drums fill all bins, notes a few; each frame sums to 1."""
    higher = (magnitude > np.roll(magnitude, 1, axis=1)) & (magnitude > np.roll(magnitude, -1, axis=1))
    kept = np.where(higher, magnitude, 0.0)
    return np.asarray(kept / np.maximum(magnitude.sum(axis=1, keepdims=True), 1e-9))
