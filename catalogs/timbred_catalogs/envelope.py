"""How a sound begins and how bright it is, after Peeters et al., The Timbre Toolbox (JASA 2011)."""

import numpy as np

HOP_SECONDS = 0.001
ATTACK_FROM, ATTACK_TO = 0.1, 0.9
# The part whose spectrum is looked at: what follows is mostly the tail of it.
BRIGHTNESS_SECONDS = 0.5
BRIGHTNESS_FRAMES = 8192


def attack_seconds(audio: np.ndarray, rate: int) -> float:
    """From a tenth to nine tenths of the highest level; `audio` (frames,) begins at its onset."""
    hop = max(1, round(HOP_SECONDS * rate))
    level = np.maximum.reduceat(np.abs(audio), np.arange(0, len(audio), hop))
    top = float(level.max())
    reached = int(np.argmax(level >= ATTACK_TO * top))
    began = int(np.argmax(level >= ATTACK_FROM * top))
    return (reached - began) * hop / rate


def brightness_hz(audio: np.ndarray, rate: int) -> float:
    """The centre of the power spectrum of the first half second, in stretches that don't overlap.

    They have no window, which would hide the attack; a steady tone of 50 Hz reads some 3 Hz high.
    """
    part = audio[: round(BRIGHTNESS_SECONDS * rate)].astype(np.float64)  # numpy transforms these faster
    spectrum = np.fft.rfft(np.pad(part, (0, -len(part) % BRIGHTNESS_FRAMES)).reshape(-1, BRIGHTNESS_FRAMES))
    power = (spectrum.real**2 + spectrum.imag**2).sum(axis=0)
    frequencies = np.arange(len(power)) * (rate / BRIGHTNESS_FRAMES)
    return float(power @ frequencies / max(float(power.sum()), 1e-12))
