"""Levels: peak and integrated loudness (ITU-R BS.1770-4) of mono audio."""

from functools import lru_cache

import numpy as np

SILENCE_DB = -120.0
BLOCK_SECONDS = 0.4
STEP_SECONDS = 0.1
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0


def decibels(amplitude: float) -> float:
    """dBFS of an amplitude, at least SILENCE_DB."""
    return max(SILENCE_DB, 20.0 * float(np.log10(max(amplitude, 1e-12))))


def integrated_loudness(audio: np.ndarray, sample_rate: int) -> float:
    """LUFS of `audio` (frames,) float32, at least SILENCE_DB.

    Blocks of 0.4 s every 0.1 s, gated at -70 LUFS and then 10 LU below the mean of those left; audio shorter
    than a block is one block of its own length.
    """
    power = _block_power(_k_weighted(audio, sample_rate), sample_rate)
    loud = power[_lufs(power) > ABSOLUTE_GATE_LUFS]
    if len(loud) == 0:
        return max(SILENCE_DB, float(_lufs(power.mean())))
    above = loud[_lufs(loud) > _lufs(loud.mean()) + RELATIVE_GATE_LU]
    return float(_lufs(above.mean()))


def _lufs(power: np.ndarray) -> np.ndarray:
    return np.asarray(-0.691 + 10.0 * np.log10(np.maximum(power, 1e-12)))


def _block_power(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """Mean square of each block, (blocks,)."""
    block, step = round(BLOCK_SECONDS * sample_rate), round(STEP_SECONDS * sample_rate)
    energy = np.concatenate([[0.0], np.cumsum(np.square(audio, dtype=np.float64))])
    if len(audio) <= block:
        return np.asarray([energy[-1] / max(len(audio), 1)])
    starts = np.arange(0, len(audio) - block + 1, step)
    return np.asarray((energy[starts + block] - energy[starts]) / block)


def _k_weighted(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """The two filters of the standard, applied to the spectrum; a tenth of a second keeps the tail apart."""
    frames = _fast_length(len(audio) + sample_rate // 10)
    spectrum = np.fft.rfft(audio, frames) * _response(frames, sample_rate)
    return np.asarray(np.fft.irfft(spectrum, frames)[: len(audio)])


@lru_cache(maxsize=32)
def _response(frames: int, sample_rate: int) -> np.ndarray:
    """(frames // 2 + 1,) complex64; a library has few lengths of `_fast_length` and few rates."""
    z = np.exp(-2j * np.pi * np.arange(frames // 2 + 1) / frames)
    return np.asarray(_shelf(z, sample_rate) * _high_pass(z, sample_rate), dtype=np.complex64)


def _fast_length(frames: int) -> int:
    """The next even length of the form 2^k or 3 * 2^k."""
    power = 1 << (frames - 1).bit_length()
    return power * 3 // 4 if power >= 8 and power * 3 // 4 >= frames else power


def _shelf(z: np.ndarray, sample_rate: int) -> np.ndarray:
    """The head: +4 dB above 1.7 kHz; the bilinear transform of this gives the standard's 48 kHz table."""
    k = np.tan(np.pi * 1681.974450955533 / sample_rate)
    high = 10 ** (3.999843853973347 / 20)
    band, q = high**0.4996667741545416, 0.7071752369554196
    numerator = (high + band * k / q + k * k) + 2 * (k * k - high) * z + (high - band * k / q + k * k) * z * z
    return np.asarray(numerator / _poles(z, k, q))


def _high_pass(z: np.ndarray, sample_rate: int) -> np.ndarray:
    """The low cut at 38 Hz; the standard leaves its numerator at 1, -2, 1."""
    k, q = np.tan(np.pi * 38.13547087602444 / sample_rate), 0.5003270373238773
    return np.asarray((1 - z) ** 2 * (1 + k / q + k * k) / _poles(z, k, q))


def _poles(z: np.ndarray, k: float, q: float) -> np.ndarray:
    return np.asarray((1 + k / q + k * k) + 2 * (k * k - 1) * z + (1 - k / q + k * k) * z * z)
