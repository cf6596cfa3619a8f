"""Pitch, tempo, key, attack and brightness of signals that are known."""

from itertools import cycle

import numpy as np
import pytest

from timbred_catalogs.decode import Decoded
from timbred_catalogs.envelope import attack_seconds, brightness_hz
from timbred_catalogs.measured import LOW_RATE, PITCH_RATE, measured
from timbred_catalogs.pitch import pitch_of
from timbred_catalogs.tempo import tempo_of
from timbred_catalogs.tonality import key_of

RATE = 44_100


def hertz(note: float) -> float:
    return float(440.0 * 2 ** ((note - 69) / 12))


def saw(note: float, seconds: float, rate: int = LOW_RATE) -> np.ndarray:
    """Band-limited, (frames,) float32."""
    time = np.arange(round(seconds * rate)) / rate
    partials = range(1, max(2, min(30, int(rate / 2 / hertz(note)))))
    total = np.sum([np.sin(2 * np.pi * hertz(note) * k * time) / k for k in partials], axis=0)
    return np.asarray(total, np.float32)


def noise(seconds: float, rate: int = LOW_RATE) -> np.ndarray:
    return np.random.default_rng(3).standard_normal(round(seconds * rate)).astype(np.float32)


def drum_loop(bpm: float, bars: int, rate: int = LOW_RATE) -> np.ndarray:
    """A kick on every beat, a snare on two and four, hats between."""
    beat = 60 / bpm
    audio = np.zeros(round(4 * bars * beat * rate) + rate, np.float32)
    for number, kind in zip(range(8 * bars), cycle(["kick", "hat", "snare", "hat"]), strict=False):
        time = np.arange(round(0.15 * rate)) / rate
        body = np.sin(2 * np.pi * 60 * time) if kind == "kick" else noise(0.15, rate)[: len(time)] * 0.4
        gain = 0.3 if kind == "hat" else 1.0
        start = round(number * beat / 2 * rate)
        audio[start : start + len(time)] += gain * body * np.exp(-time * 30)
    return audio[: round(4 * bars * beat * rate)]


@pytest.mark.parametrize("note", [28, 36.3, 48, 60, 72.4, 84, 93])
def test_a_notes_pitch_is_heard(note: float) -> None:
    fade = np.exp(-np.arange(round(0.6 * PITCH_RATE)) / 6000)
    found = pitch_of(saw(note, 0.6, PITCH_RATE) * fade, PITCH_RATE)
    assert found is not None
    assert found.value == pytest.approx(note, abs=0.15)
    assert found.confidence > 0.7


def test_noise_has_no_pitch_and_no_key() -> None:
    found = pitch_of(noise(0.5, PITCH_RATE), PITCH_RATE)
    assert found is None or found.confidence < 0.3
    key = key_of(noise(4.0), LOW_RATE)
    assert key is None or key[1] < 0.2


def test_a_click_is_measured_without_complaint() -> None:
    found = measured(Decoded(np.eye(1, 100, dtype=np.float32)[0], RATE, 0.0, 1, RATE, 100 / RATE))
    assert (found.tempo, found.key) == (None, None)
    assert np.isfinite([found.attack_seconds, found.brightness_hz, found.loudness_lufs]).all()


@pytest.mark.parametrize("bpm", [100.0, 120.0, 128.0, 140.0])
def test_a_loops_tempo_is_exact_where_its_length_is_whole_bars(bpm: float) -> None:
    audio = drum_loop(bpm, 2)
    found = tempo_of(audio, LOW_RATE, len(audio) / LOW_RATE)
    assert found is not None
    assert found.value == pytest.approx(bpm, rel=0.002)
    assert found.confidence > 0.5


def test_a_tempo_is_heard_also_where_the_length_says_nothing() -> None:
    found = tempo_of(drum_loop(97.0, 4), LOW_RATE, None)
    assert found is not None
    assert found.value == pytest.approx(97.0, rel=0.02)


def test_a_held_note_has_no_tempo_to_speak_of() -> None:
    found = tempo_of(saw(48, 4.0), LOW_RATE, 4.0)
    assert found is None or found.confidence < 0.5


@pytest.mark.parametrize(
    "chords, key",
    [
        ([(60, 64, 67), (65, 69, 72), (67, 71, 74), (60, 64, 67)], "C major"),
        ([(57, 60, 64), (62, 65, 69), (64, 68, 71), (57, 60, 64)], "A minor"),
        ([(54, 57, 61), (59, 62, 66), (61, 65, 68), (54, 57, 61)], "F# minor"),
        ([(58, 62, 65), (63, 67, 70), (65, 69, 72), (58, 62, 65)], "Bb major"),
    ],
)
def test_a_cadences_key_is_heard(chords: list[tuple[int, ...]], key: str) -> None:
    audio = np.concatenate([np.sum([saw(note, 1.0) for note in chord], axis=0) for chord in chords])
    found = key_of(audio, LOW_RATE)
    assert found is not None
    assert found[0] == key


@pytest.mark.parametrize("rise", [0.005, 0.05, 0.5])
def test_the_attack_is_four_fifths_of_a_straight_rise(rise: float) -> None:
    time = np.arange(RATE) / RATE
    audio = np.sin(2 * np.pi * 2000 * time) * np.clip(time / rise, 0, 1)
    assert attack_seconds(audio.astype(np.float32), RATE) == pytest.approx(0.8 * rise, abs=0.0015)


def test_brightness_is_the_centre_of_the_spectrum() -> None:
    time = np.arange(RATE) / RATE
    assert brightness_hz(np.sin(2 * np.pi * 1000 * time), RATE) == pytest.approx(1000, rel=0.1)
    assert brightness_hz(np.sin(2 * np.pi * 50 * time), RATE) == pytest.approx(50, abs=6)
    assert brightness_hz(noise(1.0, RATE), RATE) == pytest.approx(RATE / 4, rel=0.05)
