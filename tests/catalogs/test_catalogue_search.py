"""Search against its brute-force twin: in memory, in a file, and through LanceDB."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.marks import set_favourite
from timbred_catalogs.sound import Sound

ROLES = (None, "kick", "snare", "pad")
KINDS = ("one_shot", "loop")
DIM = 16
MakeSound = Callable[..., Sound]
Filled = tuple[Catalogue, list[Sound], np.ndarray]


def brute_force(
    sounds: list[Sound],
    vectors: np.ndarray,
    query: np.ndarray,
    roles: list[str] | None = None,
    kinds: list[str] | None = None,
    limit: int = 50,
) -> list[tuple[str, float]]:
    scored = []
    for sound, vector in zip(sounds, vectors, strict=True):
        fits = (roles is None or sound.role in roles) and (kinds is None or sound.kind in kinds)
        if fits and not sound.missing:
            cosine = float(vector @ query / np.linalg.norm(vector) / np.linalg.norm(query))
            scored.append((sound.id, cosine))
    return sorted(scored, key=lambda pair: -pair[1])[:limit]


@pytest.fixture(params=["in memory", "in a file", "through LanceDB"])
def filled(request: pytest.FixtureRequest, tmp_path: Path, make_sound: MakeSound) -> Filled:
    rng = np.random.default_rng(4)
    sounds = [
        make_sound(number, role=ROLES[number % 4], kind=KINDS[number % 3 == 0], missing=number % 50 == 0)
        for number in range(600)
    ]
    vectors = rng.standard_normal((600, DIM)).astype(np.float32) * rng.uniform(0.1, 10, (600, 1))
    written = Catalogue.open(tmp_path, mode="create")
    written.declare_space("timbre", "model-1", DIM)
    for start in range(0, 600, 200):
        written.add(sounds[start : start + 200], {"timbre": vectors[start : start + 200]})
    exact_up_to = 0 if request.param == "through LanceDB" else 1000
    in_memory_up_to = 1000 if request.param == "in memory" else 0
    opened = Catalogue.open(tmp_path, exact_up_to=exact_up_to, in_memory_up_to=in_memory_up_to)
    return opened, sounds, vectors


@pytest.mark.parametrize("roles", [None, ["kick"], ["pad", "snare"], ["organ"], []])
@pytest.mark.parametrize("kinds", [None, ["loop"], ["one_shot", "loop"]])
@pytest.mark.parametrize("limit", [1, 10, 1000])
def test_search_equals_its_brute_force_twin(
    filled: Filled, roles: list[str] | None, kinds: list[str] | None, limit: int
) -> None:
    catalogue, sounds, vectors = filled
    query = np.random.default_rng(5).standard_normal(DIM).astype(np.float32)
    hits = catalogue.search("timbre", query, roles=roles, kinds=kinds, limit=limit)
    twin = brute_force(sounds, vectors, query, roles, kinds, limit)
    assert [hit.sound.id for hit in hits] == [sound_id for sound_id, _ in twin]
    assert np.allclose([hit.similarity for hit in hits], [cosine for _, cosine in twin], atol=1e-5)


def test_a_hit_carries_the_whole_sound(filled: Filled) -> None:
    catalogue, sounds, vectors = filled
    assert catalogue.search("timbre", vectors[7], limit=1)[0].sound == sounds[7]


def test_only_favourites_may_be_asked_for(filled: Filled) -> None:
    catalogue, sounds, vectors = filled
    set_favourite(catalogue, [sounds[5].id, sounds[50].id], True)
    catalogue.refresh()
    hits = catalogue.search("timbre", vectors[1], favourites=True)
    assert [hit.sound.id for hit in hits] == [sounds[5].id], "the fiftieth is missing"


def test_sounds_without_a_vector_are_left_out(filled: Filled, make_sound: MakeSound) -> None:
    catalogue, _, vectors = filled
    catalogue.add([make_sound(9999)], {})
    catalogue.refresh()
    assert f"{9999:032x}" not in {hit.sound.id for hit in catalogue.search("timbre", vectors[1], limit=1000)}


def test_an_empty_catalogue_gives_no_hits(memory: Catalogue) -> None:
    memory.declare_space("timbre", "model-1", DIM)
    assert memory.search("timbre", np.ones(DIM, np.float32)) == []


@pytest.mark.parametrize(
    "vector, message",
    [
        (np.ones(3, np.float32), r"a timbre vector must have shape \(16,\), not \(3,\)"),
        (np.full(DIM, np.nan, np.float32), "a timbre vector must be finite"),
    ],
)
def test_a_vector_that_cannot_be_asked_for_is_refused(
    filled: Filled, vector: np.ndarray, message: str
) -> None:
    with pytest.raises(CatalogError, match=message):
        filled[0].search("timbre", vector)


def test_another_models_vector_is_refused_with_the_command(filled: Filled) -> None:
    query = np.ones(DIM, np.float32)
    assert filled[0].search("timbre", query, model_id="model-1")
    with pytest.raises(CatalogError, match="made by model-1, not by model-2: run 'timbred catalog rebuild'"):
        filled[0].search("timbre", query, model_id="model-2")
    with pytest.raises(
        CatalogError, match=r"no fit\.sample vectors: run 'timbred catalog rebuild --space fit"
    ):
        filled[0].search("fit.sample", query)


def test_search_answers_from_the_last_refresh(tmp_path: Path, make_sound: MakeSound) -> None:
    writer = Catalogue.open(tmp_path, mode="create")
    writer.declare_space("timbre", "model-1", 2)
    writer.add([make_sound(1)], {"timbre": np.array([[1.0, 0.0]])})
    reader = Catalogue.open(tmp_path)
    query = np.array([1.0, 0.0], np.float32)
    assert len(reader.search("timbre", query)) == 1
    before = reader.version()
    writer.add([make_sound(2)], {"timbre": np.array([[0.0, 1.0]])})
    assert reader.version() != before
    assert len(reader.search("timbre", query)) == 1
    assert reader.refresh()
    assert len(reader.search("timbre", query)) == 2
    assert not reader.refresh()


def test_vectors_come_in_the_order_asked_for(filled: Filled) -> None:
    catalogue, sounds, vectors = filled
    got = catalogue.vectors("timbre", [sounds[9].id, "no such id", sounds[3].id])
    assert np.allclose(got[0], vectors[9] / np.linalg.norm(vectors[9]), atol=1e-6)
    assert np.isnan(got[1]).all()
    assert np.allclose(got[2], vectors[3] / np.linalg.norm(vectors[3]), atol=1e-6)


def test_a_full_disk_leaves_the_search_to_lancedb(
    tmp_path: Path, make_sound: MakeSound, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    vectors = np.eye(DIM, dtype=np.float32)
    written = Catalogue.open(tmp_path, mode="create")
    written.declare_space("timbre", "model-1", DIM)
    written.add([make_sound(number) for number in range(DIM)], {"timbre": vectors})

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    hits = Catalogue.open(tmp_path, in_memory_up_to=0).search("timbre", vectors[2], limit=1)
    assert [hit.sound.id for hit in hits] == [f"{2:032x}"]
    assert "No space left" in caplog.text
    assert str(tmp_path) in caplog.text


def test_files_without_a_name_leave_nothing_behind(filled: Filled, tmp_path: Path) -> None:
    catalogue, _, vectors = filled
    before = {path.name for path in tmp_path.iterdir()}
    catalogue.search("timbre", vectors[0])
    assert {path.name for path in tmp_path.iterdir()} == before
