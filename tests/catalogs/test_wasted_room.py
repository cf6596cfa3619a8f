"""Which duplicates are told first, and how alike sounds may be asked to be."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.duplicates import copies, near_duplicates
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.ingest import ingest
from timbred_catalogs.sound import Sound


def test_those_that_waste_most_come_first(
    tmp_path: Path, memory: Catalogue, embedder: Embedder, make_wav: Callable[..., Path]
) -> None:
    given = {"short": (0.2, 1), "long": (0.9, 1), "often": (0.2, 7)}
    for seed, (name, (seconds, more)) in enumerate(given.items()):
        path = make_wav(tmp_path / f"{name}.wav", seed=seed, seconds=seconds)
        for number in range(more):
            shutil.copy(path, tmp_path / f"{name} {number}.wav")
    ingest(memory, [tmp_path], [embedder])
    found = copies(memory)
    assert [one.sound.name.split()[0] for one in found] == ["often", "long", "short"]
    assert [one.spare_bytes / one.sound.size_bytes for one in found] == [7, 1, 1]


@pytest.mark.parametrize("cosine", [0.49, 1.01, float("nan")])
def test_a_cosine_that_means_nothing_is_refused(memory: Catalogue, cosine: float) -> None:
    with pytest.raises(CatalogError, match=f"cosine must be 0.5..1, not {cosine:g}"):
        near_duplicates(memory, "timbre", least_cosine=cosine)


def test_the_largest_group_comes_first_and_in_it_what_one_would_keep(
    memory: Catalogue, make_sound: Callable[..., Sound]
) -> None:
    memory.declare_space("timbre", "bands-1", 2)
    pair = [make_sound(number, name="a") for number in (1, 2)]
    trio = [
        make_sound(3, name="b", size_bytes=9_000),
        make_sound(4, name="b", size_bytes=10, path="/s/GM.sf2", preset="0:1"),
        make_sound(5, name="b", size_bytes=5, favourite=True),
        make_sound(6, name="b", size_bytes=8_000),
    ]
    memory.add([*pair, *trio], {"timbre": np.array([[1, 0]] * 2 + [[0, 1]] * 4, np.float32)})
    groups = near_duplicates(memory, "timbre")
    assert [[int(sound.id, 16) for sound in group.sounds] for group in groups] == [[5, 4, 3, 6], [1, 2]]
