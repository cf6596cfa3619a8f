"""What a user names: ids, files, copies of files, folders."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.ingest import ingest
from timbred_catalogs.selection import select_ids, select_to_remove


@pytest.fixture
def samples(tmp_path: Path, make_wav: Callable[..., Path]) -> Path:
    folder = tmp_path / "Samples"
    make_wav(folder / "a" / "one.wav", seed=1)
    make_wav(folder / "ab" / "two.wav", seed=2)
    (folder / "a" / "empty.wav").write_bytes(b"")
    (folder / "b").mkdir()
    shutil.copy(folder / "ab" / "two.wav", folder / "b" / "copy.wav")
    return folder


@pytest.fixture
def catalogue(samples: Path, embedder: Embedder) -> Catalogue:
    catalogue = Catalogue.open("memory://", mode="create")
    ingest(catalogue, [samples], [embedder])
    return catalogue


def ids(catalogue: Catalogue) -> dict[str, str]:
    return {sound.name: sound.id for sound in catalogue.sounds()}


def test_a_sound_is_named_by_id_file_copy_or_folder_and_comes_once(
    catalogue: Catalogue, samples: Path
) -> None:
    one, two = ids(catalogue)["one"], ids(catalogue)["two"]
    assert select_ids(catalogue, [one[:6]]) == [one]
    assert select_ids(catalogue, [str(samples / "a"), str(samples / "a" / "one.wav")]) == [one]
    assert select_ids(catalogue, [str(samples / "b" / "copy.wav")]) == [two]
    assert set(select_ids(catalogue, [str(samples)])) == {one, two}


@pytest.mark.parametrize("name", ["", "/nowhere", "~nosuchuser/x.wav", "12345", "it's"])
def test_a_name_that_fits_nothing_is_refused(catalogue: Catalogue, name: str) -> None:
    with pytest.raises(CatalogError, match="has the id or lies at"):
        select_ids(catalogue, [name])


def test_an_empty_name_is_not_this_folder(
    catalogue: Catalogue, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(samples)
    with pytest.raises(CatalogError, match="lies at an empty name"):
        select_to_remove(catalogue, [""])


def test_unreadable_files_are_removed_with_their_folder(catalogue: Catalogue, samples: Path) -> None:
    found, unreadable = select_to_remove(catalogue, [str(samples / "a")])
    assert (found, unreadable) == ([ids(catalogue)["one"]], [str(samples / "a" / "empty.wav")])
    catalogue.forget_unreadable(unreadable)
    assert catalogue.unreadable() == []
    with pytest.raises(CatalogError, match=r"lies at .*empty\.wav"):
        select_to_remove(catalogue, [str(samples / "a" / "empty.wav")])
