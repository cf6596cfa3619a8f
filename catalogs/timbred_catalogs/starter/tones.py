"""Pitched voices: each is a function from a note, a length and its settings to audio, (2, frames)."""

from collections.abc import Sequence

import numpy as np

from timbred_catalogs.starter.effects import Stereo, stereo
from timbred_catalogs.starter.signals import (
    BAND_HZ,
    CONTROL_FRAMES,
    RATE_HZ,
    Coefficients,
    Signal,
    adsr,
    band_pass,
    decay,
    noise,
    partials,
    pitch_hz,
    play_tables,
    resonances,
    time,
    wave_tables,
    waveform,
)


def subtractive(
    generator: np.random.Generator,
    note: float,
    hold: float,
    *,
    wave: str = "saw",
    width: float = 0.5,
    unison: int = 1,
    cents: float = 10,
    sub: float = 0.0,
    cutoff_hz: float = 2000,
    sweep_octaves: float = 0.0,
    sweep_rise: float = 0.001,
    sweep_half: float = 0.15,
    q: float = 0.8,
    poles: int = 4,
    attack: float = 0.003,
    fall: float = 0.3,
    sustain: float = 0.8,
    release: float = 0.08,
    vibrato_cents: float = 0.0,
    scoop_cents: float = 0.0,
    air: float = 0.0,
    formants: Sequence[float] = (),
) -> Stereo:
    """Oscillators out of tune with one another, a resonant low-pass with its own envelope, an amplifier."""
    t = time(hold + 5 * release)
    hz = pitch_hz(note)
    cutoff = cutoff_hz * (hz / 220) ** 0.4 * np.exp2(sweep_octaves * _sweep(t, sweep_rise, sweep_half))
    harmonics = max(1, min(int(BAND_HZ / hz), 1000))
    spectra = waveform(wave, width, harmonics) * _low_pass(hz, cutoff, q, poles, harmonics)
    bend = vibrato_cents * np.sin(2 * np.pi * 5.3 * t) * np.clip((t - 0.25) / 0.4, 0, 1)
    bend = bend - scoop_cents * decay(t, 0.03)
    tables = wave_tables(spectra)
    total = np.zeros((2, len(t)))
    for voice in range(unison):
        side = 0.0 if unison == 1 else 2 * voice / (unison - 1) - 1
        offset = side * cents + (generator.uniform(-0.15, 0.15) * cents if unison > 1 else 0)
        sound = play_tables(tables, hz * np.exp2((bend + offset) / 1200), generator.uniform())
        total += np.array([[1 - 0.7 * side], [1 + 0.7 * side]]) * sound / np.sqrt(unison)
    total += sub * np.sin(2 * np.pi * np.cumsum(hz / 2 * np.exp2(bend / 1200)) / RATE_HZ)
    if air:
        total += air * np.stack([noise(t, generator, cutoff_hz, 9000) for _ in range(2)])
    if formants:
        total = np.stack([resonances(channel, formants, 4.0, 0.22) for channel in total])
    return total * adsr(t, hold, attack, fall, sustain, release)


def _sweep(t: Signal, rise: float, half: float) -> Signal:
    control = t[::CONTROL_FRAMES]
    return np.clip(control / rise, 0, 1) * decay(np.maximum(control - rise, 0), half)


def _low_pass(hz: float, cutoff: Signal, q: float, poles: int, harmonics: int) -> Coefficients:
    """Response of one or two resonant second-order sections at each harmonic, (controls, harmonics)."""
    s = 1j * hz * np.arange(1, harmonics + 1)[None, :] / np.minimum(cutoff, 18_000)[:, None]
    section = 1 / (s**2 + s / q + 1)
    return np.asarray(section if poles == 2 else section / (s**2 + s / 0.6 + 1), dtype=np.complex128)


def fm(
    generator: np.random.Generator,
    note: float,
    hold: float,
    *,
    ratios: Sequence[float] = (1.0,),
    depths: Sequence[float] = (2.0,),
    halves: Sequence[float] = (0.3,),
    carrier: float = 1.0,
    feedback: float = 0.0,
    second: float = 0.0,
    attack: float = 0.002,
    fall: float = 0.6,
    sustain: float = 0.0,
    release: float = 0.08,
    spread_cents: float = 3.0,
    tremolo: float = 0.0,
) -> Stereo:
    """Modulators beside each other on one carrier (Chowning 1973), slightly apart in the two ears."""
    t = time(hold + 5 * release)
    made = []
    for side in (-1, 1):
        phase = pitch_hz(note) * 2 ** (side * spread_cents / 2400) * t
        bend = feedback * np.sin(2 * np.pi * phase * carrier)
        for ratio, depth, half in zip(ratios, depths, halves, strict=True):
            bend = bend + depth * decay(t, half) * np.sin(2 * np.pi * ratio * phase)
        tone = np.sin(2 * np.pi * carrier * phase + bend) + second * np.sin(2 * np.pi * phase)
        made.append(tone * (1 - tremolo * (0.5 + 0.5 * np.sin(2 * np.pi * 5.5 * t + side))))
    return np.stack(made) * adsr(t, hold, attack, fall, sustain, release)


def modal(
    generator: np.random.Generator,
    note: float,
    hold: float,
    *,
    ratios: Sequence[float],
    levels: Sequence[float],
    half: float = 0.6,
    damping: float = 1.0,
    knock: float = 0.1,
    knock_hz: float = 1500,
    tremolo: float = 0.0,
    release: float = 0.3,
) -> Stereo:
    """A struck bar or tongue: its modes, the higher ones shorter, and the mallet's knock."""
    t = time(hold + 5 * release)
    hz = pitch_hz(note) * np.array(ratios)
    length = half * np.array(ratios) ** -damping * (440 / pitch_hz(note)) ** 0.3
    made = []
    for side in (-1, 1):
        phase = generator.uniform(0, 0.02, len(hz)) + (0.03 * side * np.arange(len(hz)))
        ring = partials(hold + 5 * release, hz, np.array(levels), length, phase)
        made.append(ring * (1 - tremolo * (0.5 + 0.5 * np.sin(2 * np.pi * 4.6 * t + 0.8 * side))))
    thud = knock * noise(t, generator, knock_hz / 2, knock_hz * 2) * decay(t, 0.006)
    return (np.stack(made) * np.minimum(t / 0.001, 1) + thud) * adsr(t, hold, 0.001, 60, 1, release)


def string(
    generator: np.random.Generator,
    note: float,
    hold: float,
    *,
    position: float = 0.18,
    bright: float = 0.6,
    half: float = 0.8,
    damping: float = 0.7,
    stiffness: float = 0.00005,
    strings: int = 1,
    cents: float = 0.7,
    hammer: float = 0.05,
    hammer_hz: float = 900,
    release: float = 0.12,
) -> Stereo:
    """A plucked or hammered string: partials n sqrt(1 + B n^2), those with a node at `position` missing."""
    t = time(hold + 5 * release)
    hz = pitch_hz(note)
    n = np.arange(1, int(min(BAND_HZ / hz, 70)) + 1, dtype=np.float64)
    level = np.abs(np.sin(np.pi * n * position)) / n ** (2.2 - 1.6 * bright)
    length = half * (220 / hz) ** 0.4 / (1 + damping * 0.12 * (n - 1))
    total = np.zeros((2, len(t)))
    for each in range(strings):
        side = 0.0 if strings == 1 else 2 * each / (strings - 1) - 1
        tuned = hz * 2 ** (side * cents / 1200) * n * np.sqrt(1 + stiffness * n**2)
        ring = partials(hold + 5 * release, tuned, level, length, generator.uniform(0, 0.05, len(n)))
        total += np.array([[1 - 0.5 * side], [1 + 0.5 * side]]) * ring
    knock = hammer * noise(t, generator, hammer_hz / 3, hammer_hz * 3) * decay(t, 0.008)
    return (total + knock) * np.minimum(t / 0.0015, 1) * adsr(t, hold, 0.001, 60, 1, release)


def drawbar(
    generator: np.random.Generator,
    note: float,
    hold: float,
    *,
    bars: Sequence[float],
    click: float = 0.05,
    rotor_hz: float = 6.2,
    rotor: float = 0.15,
    reedy: float = 0.0,
    release: float = 0.02,
) -> Stereo:
    """Nine drawbars (16', 5 1/3', 8', 4', 2 2/3', 2', 1 3/5', 1 1/3', 1') through a turning horn."""
    t = time(hold + 5 * release)
    turn = 2 * np.pi * rotor_hz * t
    total = np.zeros((2, len(t)))
    for channel, side in enumerate((0.0, np.pi / 2)):
        phase = pitch_hz(note) * t + 0.12 * rotor * np.sin(turn + side) * pitch_hz(note) / 220
        for ratio, level in zip((0.5, 1.5, 1, 2, 3, 4, 5, 6, 8), bars, strict=True):
            if ratio * pitch_hz(note) < BAND_HZ:
                wave = np.sin(2 * np.pi * ratio * phase)
                total[channel] += level / 8 * (np.tanh(3 * wave) if reedy else wave)
        total[channel] *= 1 - rotor * (0.5 + 0.5 * np.sin(turn + side))
    tick = click * noise(t, generator, 1500, 8000) * decay(t, 0.004)
    return (stereo(band_pass(total[0], 30, 9000)) * 0.3 + total + tick) * adsr(t, hold, 0.003, 60, 1, release)


VOICES = {voice.__name__: voice for voice in (subtractive, fm, modal, string, drawbar)}
