"""A drum sound changed into another that plays the same role: there are few kits to learn from."""

from dataclasses import dataclass

import numpy as np
import soxr
from scipy.signal import lfilter

from timbred_training.frontend import SAMPLE_RATE

MOST_SEMITONES = 3.0
# A cut sound keeps at least this share and this length, and is faded out.
LEAST_KEPT, LEAST_SECONDS, FADE_SECONDS = 0.4, 0.04, 0.01
MOST_TILT = 0.35


@dataclass(frozen=True)
class Change:
    """What is done to one sound, drawn beforehand.

    `semitones` shifts pitch and length together; `kept` is the share of the length that stays; `tilt` darkens
    above 0 and brightens below; `damping` 0..1 takes highs away; `drive` 0 leaves the wave as it is;
    `room_seconds` 0 adds no room, `room_level` is that of its first echoes.
    """

    semitones: float
    kept: float
    tilt: float
    damping: float
    drive: float
    room_seconds: float
    room_level: float


def drawn(rng: np.random.Generator) -> Change:
    """Half of all sounds are cut; a third each is damped, overdriven or set into a room."""
    return Change(
        semitones=rng.uniform(-MOST_SEMITONES, MOST_SEMITONES),
        kept=rng.uniform(LEAST_KEPT, 1.0) if rng.random() < 0.5 else 1.0,
        tilt=rng.uniform(-MOST_TILT, MOST_TILT),
        damping=rng.uniform(0.2, 0.8) if rng.random() < 0.3 else 0.0,
        drive=rng.uniform(1.0, 4.0) if rng.random() < 0.3 else 0.0,
        room_seconds=rng.uniform(0.05, 0.4) if rng.random() < 0.3 else 0.0,
        room_level=rng.uniform(0.01, 0.06),
    )


def changed(audio: np.ndarray, change: Change, rng: np.random.Generator) -> np.ndarray:
    """`audio` (frames,) at SAMPLE_RATE with a peak of 1; returns the same of another length.

    `rng` draws the room's echoes.
    """
    audio = soxr.resample(audio, SAMPLE_RATE, SAMPLE_RATE * 2 ** (-change.semitones / 12), quality="MQ")
    audio = _cut(audio, change.kept)
    audio = np.asarray(lfilter([1.0, change.tilt], [1.0], audio))
    audio = np.asarray(lfilter([1.0 - change.damping], [1.0, -change.damping], audio))
    if change.drive:
        audio = np.tanh(audio * (change.drive / max(float(np.abs(audio).max()), 1e-6)))
    if change.room_seconds:
        frames = round(change.room_seconds * SAMPLE_RATE)
        echoes = change.room_level * rng.standard_normal(frames) * np.exp(-5.0 * np.arange(frames) / frames)
        echoes[0] = 1.0
        audio = _convolved(audio, echoes)
    return np.asarray(audio / max(float(np.abs(audio).max()), 1e-6), dtype=np.float32)


def _cut(audio: np.ndarray, kept: float) -> np.ndarray:
    if kept >= 1.0:
        return audio
    frames = min(len(audio), max(round(LEAST_SECONDS * SAMPLE_RATE), round(kept * len(audio))))
    fade = np.minimum(1.0, np.arange(frames, 0, -1) / (FADE_SECONDS * SAMPLE_RATE))
    return np.asarray(audio[:frames] * fade)


def _convolved(audio: np.ndarray, echoes: np.ndarray) -> np.ndarray:
    frames = len(audio) + len(echoes) - 1
    size = 1 << (frames - 1).bit_length()
    return np.fft.irfft(np.fft.rfft(audio, size) * np.fft.rfft(echoes, size), size)[:frames]
