"""The real catalogue and the one in memory, held to one contract."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fake_sounds import FakeSounds
from library_of_tones import PITCHES_HZ, sound, tone, write_library

from timbred import library as library_module
from timbred.encoder import Encoder
from timbred.library import Library, Sounds
from timbred_catalogs.catalogue import Catalogue


def _real(folder: Path, encoder: Encoder) -> Sounds:
    write_library(folder / "catalog", encoder)
    library = Library(str(folder / "catalog"), encoder.space, encoder.model_id)
    library.refresh()
    return library


def _fake(folder: Path, encoder: Encoder) -> Sounds:
    vectors = encoder.embed_batch([tone(pitch, 1.0, encoder.sample_rate) for pitch in PITCHES_HZ])
    return FakeSounds(
        {
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


def test_sizes_are_of_roles(sounds: Sounds) -> None:
    assert sounds.size(["bass"]) == len(PITCHES_HZ)
    assert sounds.size(["bass", "lead"]) == 2 * len(PITCHES_HZ)
    assert sounds.size(["kick"]) == 0


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
    assert library.refresh()
    for seconds, looks in ((7.9, False), (0.2, True)):
        clock[0] += seconds
        assert library.refresh() == looks
