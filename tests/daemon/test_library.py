"""The real catalogue and the one in memory, held to one contract."""

import os
import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from fake_sounds import FakeSounds
from library_of_tones import PITCHES_HZ, sound, tone, write_library

from timbred import library as library_module
from timbred.encoder import Encoder
from timbred.library import Library, Sounds
from timbred.pool import Heard
from timbred.search import search
from timbred.settings import Settings
from timbred.slots import SLOTS
from timbred_catalogs import searched
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.sound import Sound
from timbred_catalogs.tables import Tables

GONE = replace(sound(900, name="gone"), missing=True)


def _real(folder: Path, encoder: Encoder) -> Sounds:
    catalogue = write_library(folder / "catalog", encoder)
    catalogue.add([GONE], {encoder.space: np.eye(1, encoder.dim, dtype=np.float32)})
    library = Library(str(folder / "catalog"), encoder.space, encoder.model_id)
    library.refresh()
    return library


def _fake(folder: Path, encoder: Encoder) -> Sounds:
    vectors = encoder.embed_batch([tone(pitch, 1.0, encoder.sample_rate) for pitch in PITCHES_HZ])
    return FakeSounds(
        {GONE: np.eye(1, encoder.dim, dtype=np.float32)[0]}
        | {
            sound(first + n, name=f"{role} {PITCHES_HZ[n]} Hz tone", pack=f"Pack {n}", role=role): vector
            for first, role in ((0, "bass"), (100, "lead"))
            for n, vector in enumerate(vectors)
        }
    )


@pytest.fixture(params=[_real, _fake], ids=["real", "in memory"])
def sounds(
    request: pytest.FixtureRequest, tmp_path: Path, tiny_encoder: Encoder
) -> Callable[[], Sounds] | Sounds:
    """Either library, with the same content."""
    made: Sounds = request.param(tmp_path, tiny_encoder)
    return made


def test_the_nearest_of_the_roles_come_first(sounds: Sounds, tiny_encoder: Encoder) -> None:
    vector = tiny_encoder.embed(tone(1200, 1.0, tiny_encoder.sample_rate))
    hits = sounds.search(vector, ["lead"], 3)
    assert hits[0].sound.name == "lead 1200 Hz tone"
    assert hits[0].similarity == pytest.approx(1.0, abs=1e-5)
    assert len(hits) == 3 and {hit.sound.role for hit in hits} == {"lead"}
    assert [hit.similarity for hit in hits] == sorted((hit.similarity for hit in hits), reverse=True)


def test_sounds_by_id_come_with_their_cosine(sounds: Sounds, tiny_encoder: Encoder) -> None:
    vector = tiny_encoder.embed(tone(1200, 1.0, tiny_encoder.sample_rate))
    (best,) = sounds.search(vector, ["bass"], 1)
    (hit,) = sounds.hits(vector, ["f" * 32, best.sound.id])
    assert hit.sound == best.sound
    assert hit.similarity == pytest.approx(best.similarity, abs=1e-5)


def test_a_sound_whose_file_is_gone_is_left_out(sounds: Sounds, tiny_encoder: Encoder) -> None:
    vector = tiny_encoder.embed(tone(1200, 1.0, tiny_encoder.sample_rate))
    assert [hit.sound.id for hit in sounds.hits(vector, [GONE.id, f"{3:032x}"])] == [f"{3:032x}"]
    assert list(sounds.hits(vector, [GONE.id])) == []
    assert GONE.id not in {hit.sound.id for hit in sounds.search(vector, ["bass"], 100)}


def test_sizes_are_of_roles(sounds: Sounds) -> None:
    assert sounds.size(["bass"]) == len(PITCHES_HZ)
    assert sounds.size(["bass", "lead"]) == 2 * len(PITCHES_HZ)
    assert sounds.size(["kick"]) == 0
    assert sounds.size(["bass"], ["one_shot"]) == len(PITCHES_HZ)
    assert sounds.size(["bass"], ["loop", "long"]) == 0


def test_a_changed_catalogue_is_taken_up(tmp_path: Path, tiny_encoder: Encoder) -> None:
    library = Library(str(tmp_path / "catalog"), tiny_encoder.space, tiny_encoder.model_id)
    assert library.refresh()
    assert "timbred catalog add" in library.stock.problem
    assert not library.refresh()
    catalogue = Catalogue.open(tmp_path / "catalog", mode="create")
    assert library.refresh()
    assert library.stock.problem.startswith("the catalogue is empty")
    write_library(tmp_path / "catalog", tiny_encoder)
    assert library.refresh()
    assert (library.stock.problem, library.stock.sounds) == ("", 2 * len(PITCHES_HZ))
    assert not library.refresh()
    catalogue.add([sound(500, name="new", role="pad")], {tiny_encoder.space: np.eye(1, 16, dtype=np.float32)})
    assert library.refresh()
    assert library.size(["pad"]) == 1


def _written_long_ago(address: Path) -> None:
    for folder in address.glob("*.lance/_versions"):
        os.utime(folder, (1.7e9, 1.7e9))


def test_a_catalogue_that_nobody_writes_to_is_not_opened_again(
    tmp_path: Path, tiny_encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = write_library(tmp_path, tiny_encoder)
    library = Library(str(tmp_path), tiny_encoder.space, tiny_encoder.model_id)
    library.refresh()
    _written_long_ago(tmp_path)
    assert not library.refresh()
    with monkeypatch.context() as patch:
        patch.delattr(Catalogue, "version")
        assert not library.refresh()
        assert not library.refresh()
    assert library.stock.problem == ""
    catalogue.add([sound(500, role="pad")], {tiny_encoder.space: np.eye(1, 16, dtype=np.float32)})
    assert library.refresh()
    assert library.size(["pad"]) == 1


def test_of_what_was_written_just_now_times_tell_nothing(tmp_path: Path, tiny_encoder: Encoder) -> None:
    tables = write_library(tmp_path, tiny_encoder).tables
    assert tables.stamp() is None
    _written_long_ago(tmp_path)
    assert tables.stamp() == tables.stamp() is not None
    shutil.rmtree(tmp_path / "meta.lance")
    assert tables.stamp() is None


@pytest.mark.parametrize("failing", ["counts_by_role_and_kind", "count"])
def test_a_look_that_could_not_read_is_repeated(
    tmp_path: Path, tiny_encoder: Encoder, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    catalogue = write_library(tmp_path, tiny_encoder)
    library = Library(str(tmp_path), tiny_encoder.space, tiny_encoder.model_id)
    library.refresh()
    catalogue.add([sound(500, role="pad")], {tiny_encoder.space: np.eye(1, 16, dtype=np.float32)})

    def fail(*_: object) -> None:
        raise CatalogError("the catalogue cannot be read: too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(Catalogue, failing, fail)
        assert library.refresh()
        assert library.stock.problem.endswith("too many open files")
        assert not library.refresh()
    assert library.refresh()
    assert (library.stock.problem, library.size(["pad"])) == ("", 1)
    assert not library.refresh()


def test_a_catalogue_of_another_model_is_read_once(
    tmp_path: Path, tiny_encoder: Encoder, calls: Counter[str]
) -> None:
    write_library(tmp_path, tiny_encoder)
    library = Library(str(tmp_path), tiny_encoder.space, "another-1")
    assert library.refresh()
    assert "not by another-1" in library.stock.problem
    assert not library.refresh()
    assert calls["counts_by_role_and_kind"] == 1


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a catalogue was asked on the disk, by the name of the method."""
    counted: Counter[str] = Counter()

    def count(name: str) -> None:
        method = getattr(Catalogue, name)

        def counting(*arguments: object, **named: object) -> object:
            counted[name] += 1
            return method(*arguments, **named)

        monkeypatch.setattr(Catalogue, name, counting)

    for name in ("by_id", "vectors", "counts_by_role_and_kind"):
        count(name)
    return counted


@pytest.fixture(params=["in memory", "in a file", "through LanceDB"])
def library(
    request: pytest.FixtureRequest, tmp_path: Path, tiny_encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> Library:
    """A library of tones, searched in each way that there is."""
    write_library(tmp_path, tiny_encoder)
    exact_up_to = 0 if request.param == "through LanceDB" else searched.EXACT_UP_TO
    in_memory_up_to = searched.IN_MEMORY_UP_TO if request.param == "in memory" else 0

    make = Catalogue.__init__

    def limited(catalogue: Catalogue, tables: Tables, *_: int) -> None:
        make(catalogue, tables, exact_up_to, in_memory_up_to)

    monkeypatch.setattr(Catalogue, "__init__", limited)
    made = Library(str(tmp_path), tiny_encoder.space, tiny_encoder.model_id)
    made.refresh()
    return made


def pinned(library: Library, vector: np.ndarray, *numbers: int) -> dict[str, tuple[Sound, float]]:
    """The pinned sounds of a whole list, by their slots."""
    settings = Settings(verdicts=MappingProxyType({f"{number:032x}": "pin" for number in numbers}))
    found = search(library, Heard(vector, {}), SLOTS, settings)
    return {one.slot.name: (hit.sound, hit.similarity) for one in found for hit in one.pinned}


def test_pinned_sounds_are_read_once_for_many_lists(
    library: Library, tiny_encoder: Encoder, calls: Counter[str]
) -> None:
    for pitch in (300, 1200, 3000):
        vector = tiny_encoder.embed(tone(pitch, 1.0, tiny_encoder.sample_rate))
        own = tiny_encoder.embed(tone(PITCHES_HZ[3], 1.0, tiny_encoder.sample_rate))
        held = pinned(library, vector, 3, 103)
        assert {slot: found.name for slot, (found, _) in held.items()} == {
            "bass": "bass 1200 Hz tone",
            "lead": "lead 1200 Hz tone",
        }
        assert held["bass"][1] == pytest.approx(float(own @ vector), abs=1e-5)
    assert (calls["by_id"], calls["vectors"]) == (1, 1)
    assert pinned(library, vector, 3).keys() == {"bass"}
    assert (calls["by_id"], calls["vectors"]) == (2, 2)


def test_pinned_sounds_are_read_anew_when_the_catalogue_changed(
    library: Library, tiny_encoder: Encoder, calls: Counter[str]
) -> None:
    vector = np.eye(1, 16, dtype=np.float32)[0]
    old, similarity = pinned(library, vector, 3, 103)["bass"]
    assert similarity < 0.99
    writer = Catalogue.open(library.address, mode="write")
    moved = replace(old, path="/elsewhere/tone.wav")
    writer.remove([moved.id, f"{103:032x}"])
    writer.add([moved], {tiny_encoder.space: vector[None]})
    assert library.refresh()
    calls.clear()
    for _ in range(2):
        ((slot, (found, similarity)),) = pinned(library, vector, 3, 103).items()
        assert (slot, found) == ("bass", moved)
        assert similarity == pytest.approx(1.0, abs=1e-6)
    assert (calls["by_id"], calls["vectors"]) == (1, 1)


def test_what_was_read_while_the_catalogue_was_taken_up_is_not_kept(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    vector, ids = np.eye(1, 16, dtype=np.float32)[0], [f"{3:032x}"]
    writer, read = Catalogue.open(library.address, mode="write"), Catalogue.vectors

    def taken_up_meanwhile(catalogue: Catalogue, space: str, sound_ids: list[str]) -> np.ndarray:
        vectors = read(catalogue, space, sound_ids)
        writer.remove(ids)
        library.refresh()
        return vectors

    with monkeypatch.context() as patch:
        patch.setattr(Catalogue, "vectors", taken_up_meanwhile)
        assert library.hits(vector, ids)
    assert library.hits(vector, ids) == []


def test_search_and_counts_change_together(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    vector, count = np.eye(1, 16, dtype=np.float32)[0], Catalogue.counts_by_role_and_kind
    basses = [f"{number:032x}" for number in range(len(PITCHES_HZ))]
    seen: list[tuple[int, ...]] = []

    def answers() -> tuple[int, ...]:
        found, held = library.search(vector, ["bass"], 100), library.hits(vector, basses)
        return library.stock.sounds, library.size(["bass"]), len(found), len(held)

    def asked_meanwhile(catalogue: Catalogue) -> dict[tuple[str | None, str], int]:
        seen.append(answers())
        return count(catalogue)

    before = answers()
    Catalogue.open(library.address, mode="write").remove(basses)
    monkeypatch.setattr(Catalogue, "counts_by_role_and_kind", asked_meanwhile)
    assert library.refresh()
    assert seen == [before] == [(16, 8, 8, 8)]
    assert answers() == (8, 0, 0, 0)


def test_not_every_set_of_pinned_sounds_is_kept(
    library: Library, calls: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_module, "REMEMBERED_PINS", 2)
    vector = np.eye(1, 16, dtype=np.float32)[0]
    for number in (0, 1, 0, 1, 2, 0, 2):
        (hit,) = library.hits(vector, [f"{number:032x}"])
        assert hit.sound.id == f"{number:032x}"
    assert calls["by_id"] == 4


def test_a_large_catalogue_rests_between_two_looks(
    tmp_path: Path, tiny_encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_module, "IN_MEMORY_UP_TO", 1)
    write_library(tmp_path, tiny_encoder)
    library = Library(str(tmp_path), tiny_encoder.space, tiny_encoder.model_id)
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    def took_two_seconds(catalogue: Catalogue) -> bool:
        clock[0] += 2.0
        return True

    monkeypatch.setattr(Catalogue, "refresh", took_two_seconds)
    monkeypatch.setattr(Catalogue, "version", lambda catalogue: str(clock[0]))
    assert library.refresh()
    for seconds, looks in ((7.9, False), (0.2, True)):
        clock[0] += seconds
        assert library.refresh() == looks
