"""Opening, listing, marking and the lock."""

import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
import pytest

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.filters import Where
from timbred_catalogs.lock import only_writer
from timbred_catalogs.marks import change_tags, set_favourite, set_role
from timbred_catalogs.sound import Sound

MakeSound = Callable[..., Sound]


def fill(catalogue: Catalogue, *sounds: Sound) -> Catalogue:
    catalogue.declare_space("timbre", "model-1", 2)
    catalogue.add(sounds, {"timbre": np.ones((len(sounds), 2))})
    return catalogue


def ids(catalogue: Catalogue, where: Where) -> list[int]:
    assert catalogue.count(where) == len(list(catalogue.sounds(where)))
    return [int(sound.id, 16) for sound in catalogue.sounds(where)]


def test_a_sound_comes_back_as_it_went_in(memory: Catalogue, make_sound: MakeSound) -> None:
    sound = make_sound(
        1,
        path="/a/caf\udce9.wav",
        role="bass",
        role_confidence=0.5,
        role_source="name",
        pitch_midi=36.0,
        tempo_bpm=120.0,
        key="A minor",
        tags=("a", "it's"),
        favourite=True,
        added_at=datetime(2026, 5, 6, 7, 8, 9, 123456, tzinfo=UTC),
    )
    fill(memory, sound)
    assert memory.get(sound.id) == sound
    assert memory.get("it's not there") is None


def test_reading_wants_a_catalogue_and_makes_none(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="'timbred catalog add FOLDER' makes one"):
        Catalogue.open(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_catalogue_of_no_user_is_not_made_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CatalogError, match="must be of a user there is, not ~nosuchuser/catalog"):
        Catalogue.open("~nosuchuser/catalog", mode="create")
    with pytest.raises(CatalogError, match="there is no catalogue at ~nosuchuser/catalog"):
        Catalogue.open("~nosuchuser/catalog")
    assert list(tmp_path.iterdir()) == []


def test_an_address_of_no_known_kind_is_said() -> None:
    with pytest.raises(CatalogError, match="cannot open a catalogue at nosuch://place"):
        Catalogue.open("nosuch://place", mode="create")


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CatalogError, match="cannot make a catalogue at"):
        Catalogue.open(tmp_path / "file" / "catalog", mode="create")


@pytest.mark.parametrize("name, said", [("a\udcff", "xff"), ("a\nb", "nb")])
def test_a_catalogue_below_a_name_that_lancedb_does_not_take_is_said_and_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    above = tmp_path / name
    above.mkdir()
    monkeypatch.chdir(above)
    for address in ("catalog", above / "catalog"):
        with pytest.raises(CatalogError, match=rf"address must be UTF-8 .*/a\\{said}/catalog"):
            Catalogue.open(address, mode="create")
    assert not list(above.iterdir())


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_a_disk_without_links_is_said(tmp_path: Path) -> None:
    """FAT and exFAT answer so; LanceDB's commits go through the C library."""
    (tmp_path / "fat.c").write_text(
        "#include <errno.h>\n"
        "int link(void) { errno = EPERM; return -1; }\n"
        "int linkat(void) { errno = EPERM; return -1; }\n"
    )
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "fat.so", tmp_path / "fat.c"], check=True)
    program = "from timbred_catalogs.catalogue import Catalogue; Catalogue.open('catalog', mode='create')"
    command = [sys.executable, "-c", program]
    environment = {**os.environ, "LD_PRELOAD": str(tmp_path / "fat.so")}
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr.strip().endswith(
        "cannot make a catalogue at catalog: its disk must allow hard links, which FAT and exFAT do not"
    )


@pytest.mark.parametrize("damaged", ["sounds.lance/_versions", "sounds.lance/data", "files.lance/_versions"])
def test_a_damaged_catalogue_is_said_with_what_mends_it(
    tmp_path: Path, make_sound: MakeSound, damaged: str
) -> None:
    fill(Catalogue.open(tmp_path, mode="create"), make_sound(1))
    for path in (tmp_path / damaged).iterdir():
        path.write_bytes(path.read_bytes()[:10])
    with pytest.raises(CatalogError, match=r"cannot be read: .*; if it is damaged, move it away"):
        list(Catalogue.open(tmp_path).sounds())


@pytest.mark.parametrize("half_made", ["meta", "files", "sounds"])
def test_what_a_run_killed_while_it_made_a_table_has_left_is_no_catalogue_and_is_made_whole(
    tmp_path: Path, make_sound: MakeSound, half_made: str
) -> None:
    Catalogue.open(tmp_path, mode="create")
    shutil.rmtree(tmp_path / f"{half_made}.lance" / "_versions")
    if half_made != "meta":  # which comes last
        shutil.rmtree(tmp_path / "meta.lance")
    with pytest.raises(CatalogError, match="there is no catalogue"):
        Catalogue.open(tmp_path)
    assert fill(Catalogue.open(tmp_path, mode="create"), make_sound(1)).count() == 1
    assert Catalogue.open(tmp_path).count() == 1


def test_meta_that_is_lost_after_a_rebuild_is_told_and_nothing_is_made(
    tmp_path: Path, make_sound: MakeSound
) -> None:
    catalogue = fill(Catalogue.open(tmp_path, mode="create"), make_sound(1))
    catalogue.tables.connection.create_table("sounds_2", data=catalogue.tables.sounds.to_arrow())
    catalogue.tables.set_meta({"table": "sounds_2"})
    shutil.rmtree(tmp_path / "meta.lance" / "_versions")
    with pytest.raises(CatalogError, match="Table 'meta' was not found; if it is damaged, move it away"):
        Catalogue.open(tmp_path, mode="create")


def test_creating_twice_keeps_what_is_there(tmp_path: Path, make_sound: MakeSound) -> None:
    fill(Catalogue.open(tmp_path, mode="create"), make_sound(1))
    assert Catalogue.open(tmp_path, mode="create").count() == 1


def test_listing_is_narrowed_by_every_condition(memory: Catalogue, make_sound: MakeSound) -> None:
    fill(
        memory,
        make_sound(1, role="kick", pack="Dusty", name="Thump's 100%", path="/a/x/1.wav"),
        make_sound(2, role="snare", kind="loop", tags=("Lo-Fi",), path="/a/y/2.wav"),
        make_sound(3, role=None, favourite=True, path="/ab/3.wav"),
        make_sound(4, missing=True),
    )
    assert ids(memory, Where()) == [1, 2, 3]
    assert ids(memory, Where(roles=["kick", "snare"])) == [1, 2]
    assert ids(memory, Where(kinds=["loop"])) == [2]
    assert ids(memory, Where(packs=["Dusty"])) == [1]
    assert ids(memory, Where(text="thump's 100%")) == [1]
    assert ids(memory, Where(text="lo-f")) == [2]
    assert ids(memory, Where(tags=["Lo-Fi"])) == [2]
    assert ids(memory, Where(under="/a/")) == [1, 2]
    assert ids(memory, Where(favourites=True)) == [3]
    assert ids(memory, Where(missing=True)) == [4]
    assert ids(memory, Where(roles=[])) == []
    assert memory.counts("role") == {"kick": 1, "snare": 1, None: 1}
    assert [sound.id for sound in memory.sounds(limit=2)] == [f"{1:032x}", f"{2:032x}"]


def test_marks_change_what_they_say_and_nothing_else(memory: Catalogue, make_sound: MakeSound) -> None:
    fill(memory, make_sound(1, tags=("old",)), make_sound(2))
    one = f"{1:032x}"
    assert change_tags(memory, [one], add=["new", "old"], remove=["none"]) == 1
    assert change_tags(memory, [one], add=["new"]) == 0
    assert set_favourite(memory, [one], True) == 1
    assert set_role(memory, [one], "tom") == 1
    changed = memory.get(one)
    assert changed == make_sound(
        1, tags=("old", "new"), favourite=True, role="tom", role_confidence=1.0, role_source="user"
    )
    assert memory.get(f"{2:032x}") == make_sound(2)
    assert memory.vectors("timbre", [one])[0] == pytest.approx([2**-0.5, 2**-0.5])


def test_a_tag_that_is_not_utf8_is_escaped_and_found(memory: Catalogue, make_sound: MakeSound) -> None:
    fill(memory, make_sound(1))
    change_tags(memory, [f"{1:032x}"], add=["caf\udce9"])
    assert ids(memory, Where(tags=["caf\udce9"])) == ids(memory, Where(text="caf\udce9")) == [1]


def test_a_role_that_is_none_is_refused(memory: Catalogue, make_sound: MakeSound) -> None:
    fill(memory, make_sound(1))
    with pytest.raises(CatalogError, match=r"role must be one of kick, snare, .* not gong"):
        set_role(memory, [f"{1:032x}"], "gong")


def test_a_space_of_another_model_is_refused(memory: Catalogue) -> None:
    memory.declare_space("timbre", "model-1", 2)
    memory.declare_space("timbre", "model-1", 2)
    with pytest.raises(CatalogError, match="run 'timbred catalog rebuild'"):
        memory.declare_space("timbre", "model-2", 3)


def hold(folder: Path, holding: Event, seconds: float) -> None:
    with only_writer(folder, 0.0):
        holding.set()
        time.sleep(seconds)


def test_the_second_writer_says_so_or_waits(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    holding = context.Event()
    other = context.Process(target=hold, args=(tmp_path, holding, 1.0))
    other.start()
    assert holding.wait(20)
    with (
        pytest.raises(CatalogError, match=f"process {other.pid} is writing to this catalogue"),
        only_writer(tmp_path, 0.0),
    ):
        pass
    told: list[str] = []
    with only_writer(tmp_path, 10.0, told.append):
        assert told == [f"process {other.pid}"]
    other.join()


def test_a_writer_that_died_holds_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    holding = context.Event()
    other = context.Process(target=hold, args=(tmp_path, holding, 60.0))
    other.start()
    assert holding.wait(20)
    other.kill()
    other.join()
    with only_writer(tmp_path, 0.0):
        pass


def test_lancedb_writes_nothing_on_the_users_terminal(tmp_path: Path) -> None:
    code = f"""
import numpy as np
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.upkeep import build_indices, compact
catalogue = Catalogue.open({str(tmp_path)!r}, mode="create", exact_up_to=0)
catalogue.declare_space("timbre", "m", 4)
catalogue.search("timbre", np.ones(4, np.float32), roles=["kick"])
compact(catalogue)
build_indices(catalogue)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("", "")


def test_importing_the_package_does_not_import_lancedb() -> None:
    code = "import sys, timbred_catalogs.catalogue, timbred_catalogs.ingest; print('lancedb' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


def test_a_file_that_may_not_be_read_is_no_damage_and_lancedbs_layers_are_not_told(memory: Catalogue) -> None:
    said = (
        "lance error: LanceError(IO): Generic N/A error: LanceError(IO): Generic LocalFileSystem error: "
        "Unable to open file /c/a.lance: Permission denied (os error 13), /rustc/2d8/result.rs:18:2, "
        "/rustc/f.rs:2:5"
    )
    with pytest.raises(CatalogError) as told, memory.tables.reading():
        raise RuntimeError(said)
    assert str(told.value).endswith(
        "cannot be read: Unable to open file /c/a.lance: Permission denied (os error 13)"
    )
