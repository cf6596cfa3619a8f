"""The pitch of a sound by YIN: de Cheveigné and Kawahara, YIN, a fundamental frequency estimator for speech
and music (JASA 2002), over frames spread across the sounding part."""

import numpy as np

from timbred_catalogs.name_facts import Estimate

LOWEST_HZ, HIGHEST_HZ = 30.0, 2000.0
FRAME_SECONDS = 0.05
FRAMES = 6
# Where the sound has fallen so far, it says little of its pitch any more.
SOUNDING_DB = -25.0
# The paper's threshold: the first dip below it is the period.
THRESHOLD = 0.15
VOICED_BELOW = 0.3
SAME_SEMITONES = 0.5
HIGHEST_CONFIDENCE = 0.95


def pitch_of(audio: np.ndarray, rate: int) -> Estimate | None:
    """MIDI note of `audio` (frames,), None where fewer than half of its frames agree on one.

    The confidence is how periodic the frames are, times the share of them that agree.
    """
    periods, aperiodicity = _periods(_frames(audio, rate), rate)
    voiced = aperiodicity < VOICED_BELOW
    if not voiced.any():
        return None
    notes = 69.0 + 12.0 * np.log2(rate / periods[voiced] / 440.0)
    middle = float(np.median(notes))
    near = np.abs(notes - middle) <= SAME_SEMITONES
    share = float(near.sum()) / len(voiced)
    if share < 0.5:
        return None
    certainty = 1.0 - float(np.median(aperiodicity[voiced][near]))
    return Estimate(float(np.mean(notes[near])), min(HIGHEST_CONFIDENCE, share * certainty))


def _frames(audio: np.ndarray, rate: int) -> np.ndarray:
    """(FRAMES, window + longest period), from the loudest point to where the sound has faded."""
    length = round(FRAME_SECONDS * rate) + int(rate / LOWEST_HZ)
    padded = audio if len(audio) >= length else np.pad(audio, (0, length - len(audio)))
    hop = max(1, length // 4)
    level = np.maximum.reduceat(np.abs(padded), np.arange(0, len(padded), hop))
    loudest = int(np.argmax(level))
    sounding = np.flatnonzero(level >= level[loudest] * 10 ** (SOUNDING_DB / 20))
    last = max(loudest * hop, int(sounding[-1]) * hop - length)
    starts = np.linspace(loudest * hop, last, FRAMES).astype(int).clip(0, len(padded) - length)
    return np.stack([padded[start : start + length] for start in starts], dtype=np.float64)


def _periods(frames: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Each frame's period in samples, and how far it is from periodic: 0 is a pure tone, 1 is noise."""
    window = round(FRAME_SECONDS * rate)
    lags = frames.shape[1] - window
    size = 1 << (frames.shape[1] - 1).bit_length()  # what wraps round falls on lags beyond these
    spectrum = np.fft.rfft(frames, size) * np.conj(np.fft.rfft(frames[:, :window], size))
    correlation = np.fft.irfft(spectrum, size)[:, :lags]
    energy = np.zeros((len(frames), frames.shape[1] + 1))
    np.cumsum(np.square(frames), axis=1, out=energy[:, 1:])
    power = energy[:, window : window + lags] - energy[:, :lags]
    # d(lag) = sum over the window of (x[t] - x[t + lag])^2, divided by its mean over all shorter lags
    difference = np.maximum(power[:, :1] + power - 2.0 * correlation, 0.0)
    running = np.cumsum(difference[:, 1:], axis=1)
    lag = np.arange(1, lags)
    normal = np.ones_like(difference)
    normal[:, 1:] = difference[:, 1:] * lag / np.maximum(running, 1e-12)
    found = [_first_dip(row, int(rate / HIGHEST_HZ)) for row in normal]
    return np.array([period for period, _ in found]), np.array([depth for _, depth in found])


def _first_dip(normal: np.ndarray, shortest: int) -> tuple[float, float]:
    below = np.flatnonzero(normal[shortest:-1] < THRESHOLD)
    if len(below):
        lag = shortest + int(below[0])
        while lag + 2 < len(normal) and normal[lag + 1] < normal[lag]:
            lag += 1
    else:
        lag = shortest + int(np.argmin(normal[shortest:-1]))
    left, middle, right = normal[lag - 1], normal[lag], normal[lag + 1]
    bend = left - 2 * middle + right
    shift = 0.5 * (left - right) / bend if bend > 1e-12 else 0.0
    return lag + float(np.clip(shift, -0.5, 0.5)), float(middle)
