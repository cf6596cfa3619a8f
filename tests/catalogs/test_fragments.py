"""Rows written by others, and the worker that writes them: in the table whole, once, or not at all."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.fragments import commit_fragments, write_fragments
from timbred_catalogs.known_ids import KnownIds
from timbred_catalogs.ray_engine import _Held, _Shared, _Worker
from timbred_catalogs.rows import rows_table
from timbred_catalogs.scan import Found, scan
from timbred_catalogs.sound import Sound, Space

pytest.importorskip("lance")

MakeSound = Callable[..., Sound]


@pytest.fixture
def catalogue(tmp_path: Path, embedder: Embedder) -> Catalogue:
    opened = Catalogue.open(tmp_path / "catalog", mode="create")
    opened.declare_space(embedder.space, embedder.model_id, embedder.dim)
    return opened


@pytest.fixture
def files(tmp_path: Path, make_wav: Callable[..., Path]) -> list[Found]:
    for number in range(4):
        make_wav(tmp_path / "Samples" / f"Kick {number}.wav", seed=number)
    return [found for found in scan([str(tmp_path / "Samples")]) if isinstance(found, Found)]


@pytest.fixture
def make_worker(catalogue: Catalogue, embedder: Embedder) -> Iterator[Callable[[], _Worker]]:
    yield lambda: _Worker(_Shared(KnownIds([]), [embedder], None, address(catalogue), spaces(catalogue)))


def address(catalogue: Catalogue) -> str:
    return str(catalogue.tables.sounds.uri)


def spaces(catalogue: Catalogue) -> list[Space]:
    return list(catalogue.tables.spaces().values())


def ids_in(catalogue: Catalogue) -> set[str]:
    catalogue.tables.reopen()
    return {sound.id for sound in catalogue.sounds()}


def test_written_rows_are_there_once_they_are_committed(catalogue: Catalogue, make_sound: MakeSound) -> None:
    vectors = {"timbre": np.random.default_rng(1).standard_normal((2, 24))}
    parts = [rows_table([make_sound(n), make_sound(n + 1)], vectors, spaces(catalogue)) for n in (0, 2)]
    written = [fragment for part in parts for fragment in write_fragments(address(catalogue), part)]
    assert ids_in(catalogue) == set()
    catalogue.add([make_sound(9)], {})
    commit_fragments(address(catalogue), written)
    assert ids_in(catalogue) == {make_sound(n).id for n in (0, 1, 2, 3, 9)}
    given = vectors["timbre"] / np.linalg.norm(vectors["timbre"], axis=1, keepdims=True)
    stored = catalogue.vectors("timbre", [make_sound(2).id, make_sound(3).id])
    np.testing.assert_allclose(stored, given, atol=1e-6)


def test_a_worker_writes_what_is_chosen_of_what_it_holds(
    catalogue: Catalogue, files: list[Found], make_worker: Callable[[], _Worker]
) -> None:
    worker = make_worker()
    chunk = worker.prepare(1, files)
    first, *_, last = [sound_id for _, sound_id in chunk.new]
    fragments, ids = worker.write([(_Held(0, 1, files), [first, last])], {})
    commit_fragments(address(catalogue), fragments)
    assert ids_in(catalogue) == set(ids) == {first, last}
    assert worker._held == {}


def test_a_worker_that_was_started_anew_prepares_its_chunk_again(
    files: list[Found], make_worker: Callable[[], _Worker]
) -> None:
    wanted = [sound_id for _, sound_id in make_worker().prepare(1, files).new]
    fragments, ids = make_worker().write([(_Held(0, 1, files), wanted)], {})
    assert (len(fragments), ids) == (1, wanted)


def test_a_file_that_is_gone_by_then_is_left_out(
    files: list[Found], make_worker: Callable[[], _Worker]
) -> None:
    first, *others = [sound_id for _, sound_id in make_worker().prepare(1, files).new]
    Path(files[0].path).unlink()
    _, ids = make_worker().write([(_Held(0, 1, files), [first, *others])], {})
    assert ids == others


def test_what_the_user_said_goes_over_to_the_new_content(
    catalogue: Catalogue, files: list[Found], make_worker: Callable[[], _Worker], make_sound: MakeSound
) -> None:
    worker = make_worker()
    wanted = [sound_id for _, sound_id in worker.prepare(1, files).new]
    marks = {wanted[0]: make_sound(1, tags=("mine",), favourite=True)}
    commit_fragments(address(catalogue), worker.write([(_Held(0, 1, files), wanted)], marks)[0])
    catalogue.tables.reopen()
    sounds: dict[str, Any] = catalogue.by_id(wanted)
    assert (sounds[wanted[0]].tags, sounds[wanted[0]].favourite) == (("mine",), True)
    assert (sounds[wanted[1]].tags, sounds[wanted[1]].favourite) == ((), False)


@pytest.mark.parametrize("ids", [[], ["00" * 16], ["ab" * 15 + "00", "ff" * 16, "00" * 15 + "01"]])
def test_packed_ids_hold_what_was_packed(ids: list[str]) -> None:
    known = KnownIds(ids)
    assert all(sound_id in known for sound_id in ids)
    assert "12" * 16 not in known
    assert "ab" * 16 not in known


def test_of_two_copies_in_a_chunk_the_chosen_first_is_written(
    catalogue: Catalogue, files: list[Found], make_worker: Callable[[], _Worker]
) -> None:
    copy = Path(files[0].path).with_name("Kick 9.wav")
    shutil.copy2(files[0].path, copy)
    both = [files[0], replace(files[0], path=str(copy))]
    worker = make_worker()
    (_, first), (_, second) = worker.prepare(1, both).new
    assert first == second
    commit_fragments(address(catalogue), worker.write([(_Held(0, 1, both), [first])], {})[0])
    catalogue.tables.reopen()
    assert [sound.path for sound in catalogue.sounds()] == [files[0].path]
