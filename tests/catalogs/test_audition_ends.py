"""How loud the two sides of an audition are, and how much of a sound its fade takes."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from timbred_catalogs.audition import auditioned
from timbred_catalogs.loudness import integrated_loudness

RATE = 44_100


def heard(folder: Path, *amplitudes: float, seconds: float) -> np.ndarray:
    """The audition of a sine of 500 Hz, a channel of each amplitude."""
    sine = np.sin(np.arange(round(seconds * RATE)) / RATE * 2 * np.pi * 500)
    sf.write(folder / "sine.wav", np.outer(sine, amplitudes), RATE, subtype="FLOAT")
    return auditioned(str(folder / "sine.wav"), RATE)


def test_the_louder_side_is_as_loud_as_any_other_sound(tmp_path: Path) -> None:
    sides = heard(tmp_path, 0.02, 0.1, seconds=2.0)
    assert integrated_loudness(sides[:, 1].copy(), RATE) == pytest.approx(-18.0, abs=0.1)


def test_a_sound_that_ends_by_itself_is_heard_to_its_last_milliseconds(tmp_path: Path) -> None:
    whole = heard(tmp_path, 0.1, seconds=0.5)
    before_its_end = whole[-round(0.02 * RATE) : -round(0.006 * RATE)]
    assert np.abs(before_its_end).max() == pytest.approx(np.abs(whole).max(), rel=0.01)


def test_a_sound_that_is_cut_after_fifteen_seconds_fades_for_longer(tmp_path: Path) -> None:
    cut = heard(tmp_path, 0.1, seconds=16.0)
    assert len(cut) == 15 * RATE
    before_its_end = cut[-round(0.02 * RATE) : -round(0.006 * RATE)]
    assert np.abs(before_its_end).max() < 0.5 * np.abs(cut).max()
