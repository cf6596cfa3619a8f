"""Loudness against the standard's own numbers."""

import numpy as np
import pytest

from timbred_catalogs.loudness import SILENCE_DB, _k_weighted, decibels, integrated_loudness


def sine(hertz: float, seconds: float, amplitude: float = 1.0, rate: int = 48_000) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(
        np.float32
    )


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000])
def test_a_full_scale_sine_of_997_hz_is_minus_3_lufs(rate: int) -> None:
    """BS.1770-4: 0 dB FS, 997 Hz, one front channel reads -3.01 LKFS."""
    assert integrated_loudness(sine(997, 3, rate=rate), rate) == pytest.approx(-3.01, abs=0.05)


def test_the_filters_are_the_standards_at_48_khz() -> None:
    frames = 48_000
    z = np.exp(-2j * np.pi * np.arange(frames // 2 + 1) / frames)
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high_pass = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    impulse = np.zeros(frames, np.float32)
    impulse[0] = 1.0
    response = np.fft.rfft(_k_weighted(impulse, 48_000))
    assert np.allclose(np.abs(response), np.abs(shelf * high_pass), atol=2e-3)


def test_a_rate_below_the_shelf_has_none() -> None:
    assert integrated_loudness(sine(500, 3, rate=2_000), 2_000) == pytest.approx(-3.01 - 0.69, abs=0.1)


def test_silence_around_a_sound_is_gated_away() -> None:
    loud = sine(997, 3)
    padded = np.concatenate([np.zeros(48_000 * 10, np.float32), loud])
    assert integrated_loudness(padded, 48_000) == pytest.approx(integrated_loudness(loud, 48_000), abs=0.3)


def test_half_the_amplitude_is_6_db_less() -> None:
    assert integrated_loudness(sine(500, 1, 0.5), 48_000) == pytest.approx(
        integrated_loudness(sine(500, 1), 48_000) - 6.02, abs=0.01
    )


def test_a_sound_shorter_than_a_block_is_one_block() -> None:
    assert integrated_loudness(sine(997, 0.1), 48_000) == pytest.approx(-3.01, abs=0.3)


def test_silence_has_the_lowest_level() -> None:
    assert integrated_loudness(np.zeros(100, np.float32), 48_000) == pytest.approx(SILENCE_DB, abs=1)
    assert decibels(0.0) == SILENCE_DB
    assert decibels(1.0) == 0.0
