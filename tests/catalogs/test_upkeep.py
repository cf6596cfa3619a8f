"""Indices come with size, and a search through them finds what brute force finds."""

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest

from timbred_catalogs import upkeep
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.filters import Where
from timbred_catalogs.sound import Sound

MakeSound = Callable[..., Sound]
COUNT, DIM = 2000, 32


@pytest.fixture
def filled(memory: Catalogue, make_sound: MakeSound) -> tuple[Catalogue, np.ndarray]:
    vectors = np.random.default_rng(3).standard_normal((COUNT, DIM)).astype(np.float32)
    memory.declare_space("timbre", "model-1", DIM)
    for start in range(0, COUNT, 200):
        sounds = [make_sound(n, role=("kick", "pad")[n % 2]) for n in range(start, start + 200)]
        memory.add(sounds, {"timbre": vectors[start : start + 200]})
    return memory, vectors


def test_a_small_catalogue_has_no_index(filled: tuple[Catalogue, np.ndarray]) -> None:
    upkeep.build_indices(filled[0])
    assert upkeep.index_states(filled[0]) == []


def test_many_small_commits_become_one_file(filled: tuple[Catalogue, np.ndarray]) -> None:
    catalogue, _ = filled
    assert catalogue.tables.sounds.stats()["fragment_stats"]["num_fragments"] == 10
    upkeep.compact(catalogue)
    assert catalogue.tables.sounds.stats()["fragment_stats"]["num_fragments"] == 1
    assert catalogue.count() == COUNT


def test_tidying_waits_until_enough_has_gathered_and_says_when_it_was_done(
    filled: tuple[Catalogue, np.ndarray], make_sound: MakeSound
) -> None:
    catalogue, vectors = filled
    assert not upkeep.tidy(catalogue), "ten commits are too few"
    assert upkeep.compacted_at(catalogue) is None
    for number in range(COUNT, COUNT + 7):
        catalogue.add([make_sound(number)], {"timbre": vectors[:1]})
    assert upkeep.tidy(catalogue)
    assert catalogue.tables.sounds.stats()["fragment_stats"]["num_fragments"] == 1
    done = upkeep.compacted_at(catalogue)
    assert done is not None
    assert abs((datetime.now(UTC) - done).total_seconds()) < 60


def test_tidying_is_due_when_too_many_rows_are_outside_an_index(
    filled: tuple[Catalogue, np.ndarray], make_sound: MakeSound, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue, vectors = filled
    monkeypatch.setattr(upkeep, "SCALAR_INDEX_FROM", 1000)
    assert not upkeep.tidy(catalogue), "indices that were just built cover all"
    for start, due in ((COUNT, False), (COUNT + 40, True)):
        added = [make_sound(number) for number in range(start, start + 40)]
        catalogue.add(added, {"timbre": vectors[:40]})
        assert upkeep.tidy(catalogue) == due
    assert {state.rows_outside for state in upkeep.index_states(catalogue)} == {0}


def test_a_large_catalogue_gets_its_indices_once_and_they_take_up_what_is_added(
    filled: tuple[Catalogue, np.ndarray], make_sound: MakeSound, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue, vectors = filled
    monkeypatch.setattr(upkeep, "SCALAR_INDEX_FROM", 1000)
    upkeep.build_indices(catalogue, exact_up_to=1000)
    before = {state.name: state.kind for state in upkeep.index_states(catalogue)}
    assert set(before.values()) == {"BTree", "Bitmap", "FTS", "IvfHnswSq"}
    catalogue.add([make_sound(COUNT)], {"timbre": vectors[:1]})
    assert {state.rows_outside for state in upkeep.index_states(catalogue)} == {1}
    upkeep.compact(catalogue)
    upkeep.build_indices(catalogue, exact_up_to=1000)
    after = upkeep.index_states(catalogue)
    assert {state.name: state.kind for state in after} == before
    assert {state.rows_outside for state in after} == {0}


def test_the_index_finds_what_brute_force_finds(
    filled: tuple[Catalogue, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue, vectors = filled
    monkeypatch.setattr(upkeep, "SCALAR_INDEX_FROM", 1000)
    upkeep.build_indices(catalogue, exact_up_to=1000)
    indexed = Catalogue(catalogue.tables, exact_up_to=0)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    kicks = np.arange(0, COUNT, 2)
    shares = []
    for query in np.random.default_rng(8).standard_normal((20, DIM)).astype(np.float32):
        best = {f"{row:032x}" for row in kicks[np.argsort(-(unit[kicks] @ query))[:10]]}
        hits = indexed.search("timbre", query, roles=["kick"], limit=10)
        shares.append(len(best & {hit.sound.id for hit in hits}) / 10)
    assert np.mean(shares) >= 0.98
    assert indexed.count(Where(roles=["kick"])) == COUNT // 2


@pytest.mark.parametrize("index", ["none", "before", "after"])
def test_what_has_no_vector_or_is_missing_is_not_found_on_the_disk(
    filled: tuple[Catalogue, np.ndarray], make_sound: MakeSound, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue, vectors = filled
    monkeypatch.setattr(upkeep, "SCALAR_INDEX_FROM", 1000)
    if index == "before":
        upkeep.build_indices(catalogue, exact_up_to=1000)
    catalogue.add([make_sound(COUNT)], {})
    catalogue.update([make_sound(1, missing=True)], ["missing"])
    if index == "after":
        upkeep.build_indices(catalogue, exact_up_to=1000)
    hits = Catalogue(catalogue.tables, exact_up_to=0).search("timbre", vectors[1], limit=COUNT + 2)
    found = {hit.sound.id for hit in hits}
    assert len(found) >= COUNT // 2, "the others are"
    assert not found & {f"{COUNT:032x}", f"{1:032x}"}
