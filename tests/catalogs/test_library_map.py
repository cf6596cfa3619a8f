"""The map of a library: what is drawn where."""

from collections.abc import Callable

import numpy as np
import pytest

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.library_map import map_of, projected
from timbred_catalogs.sound import Sound


def test_the_two_directions_of_most_variance_are_drawn() -> None:
    rng = np.random.default_rng(2)
    turn = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    wide = rng.standard_normal((500, 6)) * [5.0, 3.0, 0.1, 0.1, 0.1, 0.1]
    places, share = projected((wide @ turn).astype(np.float32) + 7.0)
    assert share == pytest.approx(34 / 34.04, abs=0.002)
    for axis in (0, 1):
        assert abs(np.corrcoef(places[:, axis], wide[:, axis])[0, 1]) > 0.99
    assert np.abs(places).max() == 1.0
    again, _ = projected((wide @ turn).astype(np.float32) + 7.0)
    assert np.array_equal(places, again)


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_sounds_lie_in_the_middle(count: int) -> None:
    places, share = projected(np.ones((count, 6), np.float32))
    assert (places.shape, share) == ((count, 2), 1.0)


@pytest.mark.parametrize("most, drawn", [(1000, 60), (60, 60), (30, 30), (25, 20), (1, 1)])
def test_a_large_library_is_drawn_in_part(
    memory: Catalogue, make_sound: Callable[..., Sound], most: int, drawn: int
) -> None:
    memory.declare_space("timbre", "model-1", 4)
    vectors = np.random.default_rng(3).standard_normal((60, 4))
    for start in (0, 25, 50):
        part = range(start, min(start + 25, 60))
        memory.add([make_sound(n) for n in part], {"timbre": vectors[list(part)]})
    memory.add([make_sound(100)], {})
    memory.add([make_sound(101, missing=True)], {"timbre": vectors[:1]})
    found = map_of(memory, "timbre", most)
    step = -(-60 // most)
    assert [int(sound.id, 16) for sound in found.sounds] == list(range(0, 60, step))
    assert len(found.places) == drawn
