"""Drum voices: each is a function from its settings to one hit, (frames,)."""

from collections.abc import Sequence

import numpy as np

from timbred_catalogs.starter.signals import (
    RATE_HZ,
    Signal,
    band_pass,
    decay,
    noise,
    partials,
    play_tables,
    time,
    wave_tables,
    waveform,
)

# Modes of a circular membrane, by their ratio to the lowest (zeros of the Bessel functions)
MEMBRANE = np.array([1.0, 1.594, 2.136, 2.296, 2.653, 2.918, 3.156, 3.501, 3.6, 4.06])
# Six square waves out of tune, as analogue machines make their metal
METAL_HZ = (205.3, 304.4, 369.6, 522.7, 540.0, 800.0)


def kick(
    generator: np.random.Generator,
    *,
    low_hz: float,
    sweep_hz: float,
    sweep_half: float = 0.012,
    half: float = 0.12,
    click: float = 0.2,
    click_hz: float = 3000,
    fm: float = 0.0,
    seconds: float = 0.8,
) -> Signal:
    """A sine that falls from `low_hz + sweep_hz` to `low_hz`, and the beater."""
    t = time(seconds)
    phase = np.cumsum(low_hz + sweep_hz * decay(t, sweep_half)) / RATE_HZ
    body = np.sin(2 * np.pi * phase + fm * np.sin(2 * np.pi * 1.41 * phase) * decay(t, half / 3))
    beater = noise(t, generator, click_hz / 3, click_hz * 2) * decay(t, 0.003)
    return body * decay(t, half) * np.minimum(t / 0.0008, 1) + click * 0.4 * beater


def membrane(
    generator: np.random.Generator,
    *,
    hz: float,
    half: float = 0.15,
    bend: float = 0.15,
    bright: float = 0.5,
    stick: float = 0.2,
    stick_hz: float = 4000,
    seconds: float = 0.9,
) -> Signal:
    """A struck skin: its modes, higher ones shorter, their pitch sagging as the tension falls."""
    t = time(seconds)
    level = bright ** np.arange(len(MEMBRANE)) * generator.uniform(0.7, 1.0, len(MEMBRANE))
    rigid = partials(
        seconds, hz * MEMBRANE, level, half / MEMBRANE, generator.uniform(0, 0.05, len(MEMBRANE))
    )
    # The sag is put into time itself, so that all modes bend together.
    modes = np.interp(t + bend * 0.03 * (1 - decay(t, 0.03)), t, rigid)
    tick = noise(t, generator, stick_hz / 3, stick_hz * 2.5) * decay(t, 0.004)
    return modes * np.minimum(t / 0.001, 1) + stick * tick


def snare(
    generator: np.random.Generator,
    *,
    hz: float,
    body_half: float = 0.035,
    wires: float = 0.6,
    wires_half: float = 0.06,
    low_hz: float = 1200,
    high_hz: float = 11_000,
    crack: float = 0.3,
    fm: float = 0.0,
    seconds: float = 0.6,
) -> Signal:
    """Two modes of the skin and the wires beneath it."""
    t = time(seconds)
    falling = hz * t + hz * 0.012 * (1 - decay(t, 0.012))
    ring = np.sin(2 * np.pi * falling + fm * np.sin(2 * np.pi * 2.7 * falling) * decay(t, 0.02))
    upper = np.sin(2 * np.pi * 1.83 * falling) * decay(t, body_half * 0.6)
    buzz = noise(t, generator, low_hz, high_hz) * (
        0.75 * decay(t, wires_half) + 0.25 * decay(t, wires_half * 3)
    )
    tick = noise(t, generator, 2500, 15_000) * decay(t, 0.004)
    body = (ring * decay(t, body_half) + 0.5 * upper) * (1 - 0.7 * wires)
    return (body + wires * 0.45 * buzz + crack * 0.5 * tick) * np.minimum(t / 0.0006, 1)


def clap(
    generator: np.random.Generator,
    *,
    hands: int = 4,
    spread: float = 0.011,
    half: float = 0.05,
    low_hz: float = 700,
    high_hz: float = 4500,
    seconds: float = 0.6,
) -> Signal:
    """Several hands, the last of them with the room's tail."""
    t = time(seconds)
    total = np.zeros_like(t)
    for hand in range(hands):
        since = t - hand * spread * generator.uniform(0.85, 1.15)
        length = half if hand == hands - 1 else 0.0035
        total += np.where(since >= 0, decay(np.maximum(since, 0), length), 0) * noise(
            t, generator, low_hz, high_hz
        )
    return total


def metal(
    generator: np.random.Generator,
    *,
    half: float,
    low_hz: float = 7000,
    high_hz: float = 16_000,
    tune: float = 1.0,
    hiss: float = 0.3,
    ring: float = 0.0,
    attack: float = 0.0008,
    seconds: float = 0.5,
) -> Signal:
    """Hats and cymbals of analogue machines: six square waves through a band, and hiss."""
    t = time(seconds)
    total = np.zeros_like(t)
    for hz in METAL_HZ:
        each = np.full_like(t, hz * tune * generator.uniform(0.995, 1.005))
        count = int(19_000 / each[0])
        total += play_tables(wave_tables(waveform("square", 0.5, count)[None]), each, generator.uniform())
    band = band_pass(total, low_hz, high_hz, slope=3)
    mixed = band / band.std() + hiss * 2 * noise(t, generator, low_hz * 1.1, high_hz)
    tail = (1 - ring) * decay(t, half) + ring * decay(t, half * 4)
    return np.asarray(mixed * tail * np.minimum(t / attack, 1))


def plate(
    generator: np.random.Generator,
    *,
    half: float,
    low_hz: float = 300,
    high_hz: float = 14_000,
    modes: int = 90,
    wash: float = 0.5,
    bell: float = 0.0,
    bell_hz: float = 900,
    seconds: float = 1.5,
) -> Signal:
    """A struck bronze plate: many modes, the high ones shorter, and the wash between them."""
    t = time(seconds)
    hz = np.exp(generator.uniform(np.log(low_hz), np.log(high_hz), modes))
    level = generator.uniform(0.3, 1, modes) * (hz / high_hz) ** 0.25 / np.sqrt(modes)
    length = half * generator.uniform(0.6, 1.4, modes) * (low_hz / hz) ** 0.25
    ringing = partials(seconds, hz, level, length, generator.uniform(0, 1, modes))
    bloom = np.minimum(t / 0.012, 1) * 0.6 + 0.4
    spray = noise(t, generator, low_hz * 4, high_hz * 1.2) * decay(t, half * 0.7) * bloom
    stroke = np.sin(2 * np.pi * bell_hz * t) + 0.6 * np.sin(2 * np.pi * 1.52 * bell_hz * t)
    return (ringing + wash * 0.4 * spray + bell * stroke * decay(t, half)) * np.minimum(t / 0.0008, 1)


def struck(
    generator: np.random.Generator,
    *,
    hz: Sequence[float],
    half: float = 0.06,
    level: Sequence[float] = (1.0, 0.7, 0.4, 0.3),
    square: bool = False,
    tick: float = 0.1,
    fm: float = 0.0,
    fm_ratio: float = 1.41,
    seconds: float = 0.5,
) -> Signal:
    """Cowbell, clave, block, pipe: a few tones, as sines or square waves, bent by FM where it is wanted."""
    t = time(seconds)
    total = np.zeros_like(t)
    for each, gain in zip(hz, level, strict=False):
        wobble = fm * np.sin(2 * np.pi * each * fm_ratio * t) * decay(t, half / 2)
        tone = np.sin(2 * np.pi * each * t + wobble)
        total += gain * (np.tanh(4 * tone) if square else tone)
    clean = band_pass(total, 40, 12_000) if square else total
    return (clean * decay(t, half) + tick * noise(t, generator, 2000, 12_000) * decay(t, 0.003)) * np.minimum(
        t / 0.0008, 1
    )


def shaken(
    generator: np.random.Generator,
    *,
    low_hz: float = 4500,
    high_hz: float = 12_000,
    rise: float = 0.03,
    half: float = 0.03,
    jingle: float = 0.0,
    seconds: float = 0.4,
) -> Signal:
    """Shaker, maraca, tambourine: grains that swell and fall, with small bells where there are any."""
    t = time(seconds)
    swell = np.minimum(t / rise, 1) ** 2 * decay(np.maximum(t - rise, 0), half)
    grains = noise(t, generator, low_hz, high_hz) * (0.6 + 0.4 * generator.uniform(size=len(t)))
    hz = generator.uniform(5200, 11_500, 12)
    bells = partials(seconds, hz, np.full(12, 0.5), np.full(12, half * 1.6), generator.uniform(0, 1, 12))
    return swell * grains + jingle * bells * np.minimum(t / 0.004, 1)


VOICES = {voice.__name__: voice for voice in (kick, membrane, snare, clap, metal, plate, struck, shaken)}
