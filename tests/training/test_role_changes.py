"""A changed drum sound is another one, and still a sound that can be embedded."""

from dataclasses import replace

import numpy as np
import pytest

from timbred_training.frontend import SAMPLE_RATE
from timbred_training.role_changes import Change, changed, drawn

NOTHING = Change(0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@pytest.fixture
def tone() -> np.ndarray:
    """A quarter of a second of 1 kHz."""
    return np.sin(2 * np.pi * 1000 * np.arange(SAMPLE_RATE // 4) / SAMPLE_RATE).astype(np.float32)


def changed_by(audio: np.ndarray, **how: float) -> np.ndarray:
    return changed(audio, replace(NOTHING, **how), np.random.default_rng(0))


def test_a_change_of_nothing_changes_nothing(tone: np.ndarray) -> None:
    assert np.allclose(changed_by(tone), tone, atol=1e-3)


def test_semitones_raise_the_pitch_and_shorten(tone: np.ndarray) -> None:
    higher = changed_by(tone, semitones=3.0)
    assert len(higher) == pytest.approx(len(tone) / 2**0.25, abs=2)
    spectrum = np.abs(np.fft.rfft(higher * np.hanning(len(higher))))
    assert np.argmax(spectrum) * SAMPLE_RATE / len(higher) == pytest.approx(1000 * 2**0.25, rel=0.01)


def test_a_cut_sound_fades_and_a_short_one_stays_whole(tone: np.ndarray) -> None:
    short = changed_by(tone, kept=0.5)
    assert len(short) == len(tone) // 2
    assert abs(short[-1]) < 0.01
    assert len(changed_by(tone[:99], kept=0.5)) == 99


def test_a_room_rings_on(tone: np.ndarray) -> None:
    frames = round(0.1 * SAMPLE_RATE)
    wet = changed_by(tone, room_seconds=0.1, room_level=0.05)
    assert len(wet) == len(tone) + frames - 1
    assert np.abs(wet[len(tone) :]).max() > 0.001


def test_every_change_that_is_drawn_gives_finite_audio_with_a_peak_of_one(tone: np.ndarray) -> None:
    rng = np.random.default_rng(4)
    for _ in range(40):
        audio = changed(tone, drawn(rng), rng)
        assert audio.dtype == np.float32
        assert np.isfinite(audio).all()
        assert np.abs(audio).max() == pytest.approx(1.0)
