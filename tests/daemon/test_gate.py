"""The gate on blocks of noise at known levels."""

import numpy as np

from timbred.gate import Gate

RATE = 8_000


def noise(dbfs: float, seconds: float) -> np.ndarray:
    """Noise of an RMS level, shape `(frames,)`."""
    samples = np.random.default_rng(0).standard_normal(int(seconds * RATE))
    return np.asarray(samples * 10 ** (dbfs / 20), np.float32)


def test_it_opens_where_the_music_begins() -> None:
    gate = Gate(RATE, -60, -66, 1.0)
    gate.feed(np.concatenate([noise(-80, 0.5), noise(-30, 0.1)]), 1000)
    assert gate.opened_frame == 1000 + 4000


def test_between_the_two_levels_it_stays_as_it_is() -> None:
    gate = Gate(RATE, -60, -66, 1.0)
    gate.feed(noise(-63, 3.0), 0)
    assert not gate.open
    gate.feed(noise(-30, 0.1), 24_000)
    gate.feed(noise(-63, 3.0), 24_800)
    assert gate.open


def test_it_closes_only_after_its_hold() -> None:
    gate = Gate(RATE, -60, -66, 1.0)
    gate.feed(noise(-30, 0.1), 0)
    gate.feed(noise(-90, 0.9), 800)
    assert gate.open
    gate.feed(noise(-90, 0.3), 8_000)
    assert not gate.open


def test_what_is_shorter_than_a_block_is_as_loud_as_it_is() -> None:
    gate = Gate(RATE, -60, -66, 1.0)
    gate.feed(noise(-57, 0.005), 0)
    assert gate.open


def test_no_audio_changes_nothing() -> None:
    gate = Gate(RATE, -60, -66, 1.0)
    gate.feed(np.zeros(0, np.float32), 0)
    assert not gate.open
