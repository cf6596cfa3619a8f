"""What a voice goes through before it is written: drive, old converters, chorus, room, level."""

import numpy as np
from numpy.typing import NDArray

from timbred_catalogs.starter.signals import RATE_HZ, Signal, band_pass, decay, frames_of, time

Stereo = NDArray[np.float64]  # (2, frames)

PEAK = 10 ** (-1 / 20)
SHORTEST_SECONDS = 0.12
SILENCE = 10 ** (-66 / 20)


def drive(audio: Signal, amount: float) -> Signal:
    """Soft saturation, a little more on one side, the offset that this makes removed; 0 does nothing."""
    if amount == 0:
        return audio
    peak = np.abs(audio).max() + 1e-9
    bent = np.tanh(amount * audio / peak + 0.1 * amount) - np.tanh(0.1 * amount)
    level = peak / (np.abs(bent).max() + 1e-9)
    clean = [band_pass(one * level, 18, 21_000) for one in np.atleast_2d(bent)]
    return np.asarray(clean).reshape(audio.shape)


def old_sampler(audio: Signal, rate_hz: float, bits: int) -> Signal:
    """Hold each value for one period of a slow converter, in so many bits, behind a gentle filter."""
    peak = np.abs(audio).max() + 1e-9
    clean = band_pass(audio / peak, 5, 0.45 * rate_hz, slope=3)
    held = np.floor(np.arange(len(audio)) * rate_hz / RATE_HZ) * RATE_HZ / rate_hz
    steps = 2 ** (bits - 1)
    coarse = np.asarray(np.round(clean[held.astype(np.int64)] * steps) / steps)
    return np.asarray(band_pass(coarse, 5, 0.8 * rate_hz, slope=2) * peak)


def chorus(audio: Stereo, depth: float, hz: float = 0.6) -> Stereo:
    """A slowly swept delay beside each channel, a quarter of a turn apart."""
    frames = audio.shape[1]
    place = np.arange(frames)
    wet = np.empty_like(audio)
    for channel in range(2):
        sweep = 0.011 + 0.003 * np.sin(2 * np.pi * (hz * place / RATE_HZ + channel / 4))
        source = np.maximum(place - sweep * RATE_HZ, 0)
        wet[channel] = np.interp(source, place, audio[channel])
    return audio + depth * wet


def room(audio: Stereo, wet: float, seconds: float, generator: np.random.Generator) -> Stereo:
    """Convolve with decaying noise, another one in each ear; the tail is added to the length."""
    t = time(seconds)
    frames = audio.shape[1] + len(t)
    size = 1 << (frames - 1).bit_length()
    made = np.zeros((2, frames))
    for channel in range(2):
        tail = band_pass(generator.standard_normal(len(t)) * decay(t, seconds / 8), 180, 6500, slope=1)
        tail[: frames_of(0.008)] *= 0.2
        tail /= np.sqrt((tail**2).sum())
        spectrum = np.fft.rfft(audio[channel].astype("f"), size) * np.fft.rfft(tail.astype("f"), size)
        made[channel] = wet * np.fft.irfft(spectrum, size)[:frames]
    made[:, : audio.shape[1]] += audio
    return made


def stereo(audio: Signal | Stereo) -> Stereo:
    """Mono in both ears; stereo as it is."""
    return np.stack([audio, audio]) if audio.ndim == 1 else audio


def finish(audio: Signal | Stereo, peak: float = PEAK) -> NDArray[np.float32]:
    """Cut the silence off the end, fade the last fifth out, set the peak.

    Shape:
        (frames,) or (channels, frames) -> (channels, fewer frames)
    """
    shaped = np.atleast_2d(audio)
    level = np.abs(shaped).max(axis=0)
    heard = int(np.flatnonzero(level > SILENCE * level.max())[-1]) + 1
    shaped = shaped[:, : max(heard, frames_of(SHORTEST_SECONDS))].copy()
    fade = shaped.shape[1] // 5
    shaped[:, -fade:] *= np.linspace(1, 0, fade) ** 2
    start = min(16, shaped.shape[1])
    shaped[:, :start] *= np.linspace(0, 1, start)
    return np.asarray(shaped * (peak / (np.abs(shaped).max() + 1e-12)), dtype=np.float32)
