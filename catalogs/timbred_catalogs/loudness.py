"""Levels: peak and integrated loudness (ITU-R BS.1770-4) of mono audio."""

from math import atan, pi, tan

import numpy as np

SILENCE_DB = -120.0
STEP_SECONDS = 0.1
STEPS_A_BLOCK = 4
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
# The head: a shelf. The standard's table for 48 kHz is the bilinear transform of this.
SHELF_HZ, SHELF_DB, SHELF_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
# The low cut. Its Q of 0.5003 is that of two of first order in a row.
LOW_CUT_HZ = 38.13547087602444
# The standard leaves the low cut's numerator at 1, -2, 1, at its 48 kHz.
LOW_CUT_GAIN = (1.0 + tan(pi * LOW_CUT_HZ / 48_000)) ** 2
BUFFER_FRAMES = 65_536


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
    step = round(STEP_SECONDS * sample_rate)
    if len(audio) <= STEPS_A_BLOCK * step:
        return np.asarray([np.dot(audio, audio) / max(len(audio), 1)])
    steps = audio[: len(audio) // step * step].reshape(-1, step)
    energy = np.einsum("ij,ij->i", steps, steps)
    return np.convolve(energy, np.ones(STEPS_A_BLOCK), "valid") / (STEPS_A_BLOCK * step)


def _k_weighted(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """The two filters of the standard; audio and answer (frames,) float32."""
    from pedalboard import Chain, HighpassFilter, HighShelfFilter

    # The usual shelf has its middle, and not its poles, at its frequency.
    middle_hz = sample_rate / pi * atan(tan(pi * SHELF_HZ / sample_rate) / 10 ** (SHELF_DB / 80))
    shelf = [HighShelfFilter(middle_hz, SHELF_DB, SHELF_Q)] if sample_rate / 2 > SHELF_HZ else []
    filters = Chain([*shelf, HighpassFilter(LOW_CUT_HZ), HighpassFilter(LOW_CUT_HZ)])
    return np.asarray(LOW_CUT_GAIN * filters(audio, sample_rate, buffer_size=BUFFER_FRAMES))
