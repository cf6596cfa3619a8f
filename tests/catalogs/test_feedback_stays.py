"""What the user said of a sound stays, whatever becomes of its file and of the catalogue around it.

Tags, stars and roles lie in the catalogue; pins and rejections in the DAW's session, under the sound's id.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from tiny_instruments import write_hydrogen_kit, write_sfz, write_soundfont

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.exporting import export
from timbred_catalogs.filters import Where
from timbred_catalogs.importing import import_file
from timbred_catalogs.ingest import ingest
from timbred_catalogs.marks import change_tags, set_favourite, set_role
from timbred_catalogs.migrations import migrate
from timbred_catalogs.rebuild import rebuild
from timbred_catalogs.sound import Sound

MakeEmbedder = Callable[[str], Embedder]
NAMES = ("sample", "voice", "Warm Bass", "Grand Piano")


@dataclass(frozen=True)
class Library:
    """A sample, a kit's voice, an SFZ and a SoundFont's preset, each with all that a user can say of it."""

    folder: Path
    address: Path
    said: Mapping[str, object]

    def open(self) -> Catalogue:
        return Catalogue.open(self.address, mode="write")


def said_of(catalogue: Catalogue) -> dict[str, object]:
    """By the sound's id, which is what a plugin's pins and rejections know it by."""
    sounds = [*catalogue.sounds(), *catalogue.sounds(Where(missing=True))]
    return {sound.id: _marks(sound) for sound in sounds if sound.tags}


def _marks(sound: Sound) -> object:
    return sound.tags, sound.favourite, sound.role, sound.role_source


@pytest.fixture
def library(tmp_path: Path, embedder: Embedder, make_wav: Callable[..., Path]) -> Library:
    pytest.importorskip("tinysoundfont")
    folder = tmp_path / "Samples"
    make_wav(folder / "sample.wav")
    write_hydrogen_kit(folder / "kit", {"Kick": ["voice.wav"]})
    write_sfz(folder / "bass")
    write_soundfont(folder / "GM.sf2", [(0, 0, "Grand Piano", 261.63)])
    catalogue = Catalogue.open(tmp_path / "catalog", mode="create")
    ingest(catalogue, [folder], [embedder])
    ids = [sound.id for sound in catalogue.sounds() if sound.name in NAMES]
    change_tags(catalogue, ids, add=["mine", "r\u00e9verb; long"])
    set_favourite(catalogue, ids, True)
    set_role(catalogue, ids, "vocal")
    said = said_of(catalogue)
    assert len(said) == len(NAMES)
    return Library(folder, tmp_path / "catalog", said)


def test_it_stays_when_files_are_renamed_and_moved(library: Library, embedder: Embedder) -> None:
    (library.folder / "sample.wav").rename(library.folder / "Snare 120bpm Am.wav")
    (library.folder / "GM.sf2").rename(library.folder / "kit" / "Other.sf2")
    library.folder.rename(library.folder.parent / "Disk")
    ingest(library.open(), [library.folder.parent / "Disk"], [embedder])
    assert said_of(library.open()) == library.said


def test_it_stays_while_the_disk_is_away_and_when_it_is_back(library: Library, embedder: Embedder) -> None:
    elsewhere = library.folder.parent / "elsewhere"
    library.folder.rename(elsewhere)
    library.folder.mkdir()
    ingest(library.open(), [library.folder], [embedder])
    assert library.open().count() == 0
    assert said_of(library.open()) == library.said
    library.folder.rmdir()
    elsewhere.rename(library.folder)
    ingest(library.open(), [library.folder], [embedder])
    assert said_of(library.open()) == library.said


def test_it_stays_with_a_file_that_is_saved_over(
    library: Library, embedder: Embedder, make_wav: Callable[..., Path]
) -> None:
    make_wav(library.folder / "sample.wav", seed=7)
    sfz = library.folder / "bass" / "Warm Bass.sfz"
    sfz.write_text(sfz.read_text() + "// saved over\n")
    write_soundfont(library.folder / "GM.sf2", [(0, 0, "Grand Piano", 220.0)])
    ingest(library.open(), [library.folder], [embedder])
    present = [sound for sound in library.open().sounds() if sound.name in NAMES]
    assert [_marks(sound) for sound in present] == list(library.said.values())


def test_it_stays_when_the_model_and_the_schema_change(library: Library, make_embedder: MakeEmbedder) -> None:
    rebuild(library.open(), make_embedder("new"))
    assert said_of(library.open()) == library.said
    catalogue = library.open()
    catalogue.tables.sounds.drop_columns(["attack_seconds", "brightness_hz"])
    catalogue.tables.set_meta({"schema_version": "1"})
    migrate(library.address)
    assert said_of(library.open()) == library.said


@pytest.mark.parametrize("name", ["all.parquet", "all.csv"])
def test_it_is_part_of_an_export_and_comes_back(
    library: Library, embedder: Embedder, tmp_path: Path, name: str
) -> None:
    export(library.open(), tmp_path / name)
    fresh = Catalogue.open(tmp_path / "fresh", mode="create")
    ingest(fresh, [library.folder], [embedder])
    assert said_of(fresh) == {}
    import_file(fresh, tmp_path / name)
    assert said_of(fresh) == library.said
