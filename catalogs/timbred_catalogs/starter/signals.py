"""What every voice is made of: time, envelopes, band-limited oscillators, noise."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float64]
Coefficients = NDArray[np.complex128]
Tables = NDArray[np.float32]

RATE_HZ = 44_100
TABLE_FRAMES = 2048
CONTROL_FRAMES = 256  # one wave table each 5.8 ms; between two of them the sound is cross-faded
BAND_HZ = 19_000


def frames_of(seconds: float) -> int:
    """Frames in so many seconds, at RATE_HZ."""
    return round(seconds * RATE_HZ)


def time(seconds: float) -> Signal:
    """Seconds since the start, one value a frame."""
    return np.arange(frames_of(seconds)) / RATE_HZ


def pitch_hz(note: float) -> float:
    """Frequency of a MIDI note in equal temperament, A4 = 69 = 440 Hz."""
    return float(440 * 2 ** ((note - 69) / 12))


def decay(t: Signal, half_seconds: float) -> Signal:
    """1 at the start, halved each `half_seconds`."""
    return np.exp2(-t / half_seconds)


def adsr(t: Signal, hold: float, attack: float, fall: float, sustain: float, release: float) -> Signal:
    """Attack, decay towards `sustain`, then the release from wherever `hold` seconds found it."""
    rise = np.clip(t / max(attack, 1e-3), 0, 1)
    body = sustain + (1 - sustain) * decay(np.maximum(t - attack, 0), fall)
    return rise * body * decay(np.maximum(t - hold, 0), release)


def waveform(name: str, width: float, harmonics: int) -> Coefficients:
    """Fourier coefficients 1..harmonics of saw, square, triangle, pulse (of duty `width`) or sine."""
    k = np.arange(1, harmonics + 1)
    odd = k % 2 == 1
    made = {
        "saw": -1j / k,
        "square": np.where(odd, -1j / k, 0),
        "triangle": np.where(odd, -1j / k**2 * np.where(k % 4 == 1, 1.0, -1.0), 0),
        "pulse": np.sin(np.pi * k * width) / k + 0j,
        "sine": np.where(k == 1, -1j, 0),
    }
    return np.asarray(made[name], dtype=np.complex128)


def wave_tables(spectra: Coefficients) -> Tables:
    """One period for each row of Fourier coefficients 1.., (tables, harmonics) -> (tables, 2049).

    No harmonic may pass half the sample rate at the pitch that is played. The last value repeats the first.
    """
    whole = np.zeros((len(spectra), TABLE_FRAMES // 2 + 1), np.complex64)
    whole[:, 1 : spectra.shape[1] + 1] = spectra
    tables = np.fft.irfft(whole, TABLE_FRAMES) * np.float32(TABLE_FRAMES / 2)
    return np.concatenate([tables, tables[:, :1]], axis=1, dtype=np.float32)


def play_tables(tables: Tables, hz: Signal, start: float = 0.0) -> Signal:
    """Read wave tables, another one each CONTROL_FRAMES, at the frequencies `hz`, (frames,).

    `start` is the phase of the first frame in periods.
    """
    phase = np.modf(np.cumsum(hz) / RATE_HZ + start)[0] * TABLE_FRAMES
    left = phase.astype(np.int64)
    within = phase - left
    place = np.arange(len(hz)) / CONTROL_FRAMES
    row = np.minimum(place.astype(np.int64), len(tables) - 1)

    def read(rows: NDArray[np.int64]) -> Signal:
        first = rows * (TABLE_FRAMES + 1) + left
        return np.asarray(flat[first] * (1 - within) + flat[first + 1] * within)

    flat = tables.ravel()
    if len(tables) == 1:
        return read(row)
    fade = place - row
    return read(row) * (1 - fade) + read(np.minimum(row + 1, len(tables) - 1)) * fade


def partials(seconds: float, hz: Signal, level: Signal, half_seconds: Signal, phase: Signal) -> Signal:
    """Damped sines, those above the band left out; the arrays hold one value a partial.

    With z = exp(i 2 pi hz - decay), z^(256 a + b) = z^(256 a) z^b, so that all partials together are one
    product of two small matrices.
    """
    frames = frames_of(seconds)
    heard = hz < BAND_HZ
    growth = (2j * np.pi * hz[heard] - np.log(2) / half_seconds[heard]) / RATE_HZ
    start = level[heard] * np.exp(2j * np.pi * phase[heard])
    coarse = np.exp(growth * CONTROL_FRAMES * np.arange(-(-frames // CONTROL_FRAMES))[:, None]) * start
    fine = np.exp(growth * np.arange(CONTROL_FRAMES)[:, None])
    return np.asarray((coarse.real @ fine.imag.T + coarse.imag @ fine.real.T).ravel()[:frames])


def noise(t: Signal, generator: np.random.Generator, low_hz: float = 20, high_hz: float = 20_000) -> Signal:
    """Gaussian noise of unit deviation in a band."""
    band = band_pass(generator.standard_normal(len(t)), low_hz, high_hz)
    return np.asarray(band / (band.std() + 1e-12))


def band_pass(audio: Signal, low_hz: float, high_hz: float, slope: int = 2) -> Signal:
    """Butterworth magnitudes of order `slope` at both edges, without their phase."""
    hz = _frequencies(len(audio))
    return _shape(
        audio, 1 / np.sqrt((1 + (low_hz / hz) ** (2 * slope)) * (1 + (hz / high_hz) ** (2 * slope)))
    )


def resonances(audio: Signal, centres_hz: Sequence[float], gain: float, octaves: float) -> Signal:
    """Bells on a logarithmic axis: `gain` at each centre, 1 far from them."""
    octave = np.log2(_frequencies(len(audio)))
    response = np.ones_like(octave)
    for centre_hz in centres_hz:
        response *= 1 + (gain - 1) * np.exp(-0.5 * ((octave - np.log2(centre_hz)) / octaves) ** 2)
    return _shape(audio, response)


def _frequencies(frames: int) -> Signal:
    return np.asarray(np.fft.rfftfreq(_transform_frames(frames), 1 / RATE_HZ) + 1e-3, dtype=np.float64)


def _transform_frames(frames: int) -> int:
    return 1 << (frames + 4096 - 1).bit_length()  # 4,096 or more zeros keep the end out of the start


def _shape(audio: Signal, response: Signal) -> Signal:
    size = _transform_frames(len(audio))
    return np.fft.irfft(np.fft.rfft(audio, size) * response, size)[: len(audio)]
