"""What a model hears of short and of long sounds."""

from typing import Any

import numpy as np
import pytest

from timbred_catalogs.decode import Decoded
from timbred_catalogs.hearing import MOST_WINDOWS, Ear, embed, windows, windows_of_each

RATE = 22_050
DULL, BRIGHT = 150.0, 6000.0


def tone(pitch_hz: float, seconds: float) -> np.ndarray:
    """A sine, shape `(frames,)`."""
    return np.sin(2 * np.pi * pitch_hz * np.arange(int(seconds * RATE)) / RATE).astype(np.float32)


def decoded(*parts: np.ndarray) -> Decoded:
    """These parts as one sound."""
    audio = np.concatenate(parts)
    return Decoded(audio, RATE, 0.0, 1, RATE, len(audio) / RATE)


@pytest.mark.parametrize(("seconds", "count"), [(0.2, 1), (2.9, 1), (3.2, 2), (6.0, 3), (29.0, MOST_WINDOWS)])
def test_a_sound_is_heard_in_as_many_windows_as_it_is_long(embedder: Any, seconds: float, count: int) -> None:
    heard = windows(decoded(tone(DULL, seconds)), embedder)
    frames = round(embedder.window_seconds * RATE)
    assert [len(window) for window in heard] == [min(frames, int(seconds * RATE))] * count


def test_the_last_window_ends_with_the_sound(embedder: Any) -> None:
    ramp = np.linspace(0.1, 1.0, 5 * RATE, dtype=np.float32)
    assert windows(decoded(ramp), embedder)[-1][-1] == ramp[-1]


def test_a_loops_rest_is_not_heard(embedder: Any) -> None:
    heard = windows(decoded(tone(DULL, 2.0), np.zeros(4 * RATE, np.float32), tone(DULL, 2.0)), embedder)
    assert len(heard) == 2


def test_each_of_several_models_hears_what_it_hears_alone() -> None:
    ears = [Ear(RATE, 1.0), Ear(RATE // 2, 2.0), Ear(RATE, 0.5)]
    sound = decoded(tone(DULL, 3.0))
    heard = windows_of_each(sound, ears)
    for ear, mine in zip(ears, heard, strict=True):
        alone = windows(sound, ear)
        assert len(mine) == len(alone)
        assert all(np.array_equal(one, other) for one, other in zip(mine, alone, strict=True))


def test_models_that_hear_a_whole_sound_share_one_window() -> None:
    heard = windows_of_each(decoded(tone(DULL, 0.4)), [Ear(RATE, 1.0), Ear(RATE, 0.5), Ear(RATE, 0.3)])
    assert heard[0][0] is heard[1][0]
    assert len(heard[2][0]) == round(0.3 * RATE)


def test_a_long_sound_lies_near_both_of_its_halves(embedder: Any) -> None:
    dull, bright, both = (
        embed(embedder, [windows(decoded(*parts), embedder)])[0]
        for parts in ([tone(DULL, 2.0)], [tone(BRIGHT, 2.0)], [tone(DULL, 2.0), tone(BRIGHT, 2.0)])
    )
    assert np.linalg.norm(both) == pytest.approx(1.0, abs=1e-5)
    assert both @ bright == pytest.approx(both @ dull, abs=0.02)
    assert both @ bright > dull @ bright + 0.1


def test_a_batch_gives_each_sound_its_own_vector(embedder: Any) -> None:
    sounds = [
        windows(decoded(tone(pitch, seconds)), embedder) for pitch, seconds in [(DULL, 5.0), (BRIGHT, 1.0)]
    ]
    together = embed(embedder, sounds)
    alone = np.concatenate([embed(embedder, [sound]) for sound in sounds])
    np.testing.assert_allclose(together, alone, atol=1e-6)
