"""Folders whose files appear, are renamed, are deleted, and folders that go away and come back."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from catalog_program import write_tone
from waiting import wait_for

from timbred import folder_watch
from timbred.catalog_watch import Taker
from timbred.encoder import Encoder
from timbred.folder_watch import FolderWatch
from timbred.watch_names import own_path, utf8_names
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.filters import Where
from timbred_catalogs.rebuild import rebuild
from timbred_catalogs.summary import Summary

SECONDS = 60.0


class Watching:
    """A watch on a thread, with what it said and whether music plays."""

    def __init__(self, tmp_path: Path, encoder: Encoder, folders: Sequence[Path]) -> None:
        self.address = tmp_path / "catalog"
        self.said: list[Summary] = []
        self.plays = False
        self._stop = threading.Event()
        catalogue = Catalogue.open(self.address, mode="create")
        taker = Taker(catalogue, [encoder], lambda: self.plays, self._stop, self.said.append)
        watch = FolderWatch(folders, taker.concerns, taker.take, taker.may_work, self._stop)
        self._thread = threading.Thread(target=watch.run)
        self._thread.start()

    def names(self, missing: bool = False) -> set[str]:
        catalogue = Catalogue.open(self.address)
        return {sound.name for sound in catalogue.sounds(Where(missing=missing))}

    def wait_for(self, *names: str, missing: Sequence[str] = ()) -> None:
        wanted = (set(names), set(missing))
        wait_for(lambda: (self.names(), self.names(missing=True)) == wanted, SECONDS)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tone(tmp_path / "Samples" / "Dusty" / "kick.wav", 100.0)
    return tmp_path / "Samples"


@pytest.fixture
def watched(
    tmp_path: Path, folder: Path, tiny_encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Watching]:
    """One folder that is there and one that is not, looked through once."""
    monkeypatch.setattr(folder_watch, "QUIET_SECONDS", 0.1)
    monkeypatch.setattr("timbred.catalog_watch.ASK_SECONDS", 0.1)
    watching = Watching(tmp_path, tiny_encoder, [folder, tmp_path / "Later"])
    try:
        watching.wait_for("kick")
        yield watching
    finally:
        watching.stop()


@pytest.mark.timeout(300)
def test_a_file_appears_is_renamed_is_deleted_and_a_folder_moves(watched: Watching, folder: Path) -> None:
    write_tone(folder / "New" / "snare.wav", 200.0)
    watched.wait_for("kick", "snare")
    (folder / "New" / "snare.wav").rename(folder / "New" / "clap.wav")
    watched.wait_for("kick", "clap")
    (folder / "New").rename(folder / "Newer")
    wait_for(lambda: _paths(watched) == {"Dusty/kick.wav", "Newer/clap.wav"}, SECONDS)
    (folder / "Dusty" / "kick.wav").unlink()
    watched.wait_for("clap", missing=["kick"])
    assert [summary.added for summary in watched.said][:2] == [1, 1]
    assert sum(summary.unchanged for summary in watched.said) <= 2, "it looks at what changed only"


def _paths(watching: Watching) -> set[str]:
    folder = watching.address.parent / "Samples"
    sounds = Catalogue.open(watching.address).sounds()
    return {str(Path(sound.path).relative_to(folder)) for sound in sounds}


@pytest.mark.timeout(300)
def test_a_file_that_is_written_slowly_is_one_sound(watched: Watching, folder: Path, tmp_path: Path) -> None:
    write_tone(tmp_path / "whole.wav", 300.0)
    whole = (tmp_path / "whole.wav").read_bytes()
    with (folder / "slow.wav").open("wb") as file:
        for start in range(0, len(whole), len(whole) // 6):
            file.write(whole[start : start + len(whole) // 6])
            file.flush()
            time.sleep(0.6)
    watched.wait_for("kick", "slow")


@pytest.mark.timeout(300)
def test_a_folder_that_goes_away_keeps_its_sounds_and_is_followed_when_it_is_back(
    watched: Watching, folder: Path, tmp_path: Path
) -> None:
    folder.rename(tmp_path / "elsewhere")
    write_tone(tmp_path / "Later" / "pad.wav", 300.0)
    watched.wait_for("kick", "pad")
    folder.mkdir()  # a disk's mount point, still empty
    write_tone(tmp_path / "Later" / "lead.wav", 500.0)
    watched.wait_for("kick", "pad", "lead")
    folder.rmdir()
    write_tone(tmp_path / "elsewhere" / "Dusty" / "snare.wav", 400.0)
    (tmp_path / "elsewhere").rename(folder)
    watched.wait_for("kick", "pad", "lead", "snare")
    write_tone(folder / "clap.wav", 600.0)
    watched.wait_for("kick", "pad", "lead", "snare", "clap")


@pytest.mark.timeout(300)
def test_names_that_are_not_utf8_are_followed_too(
    tmp_path: Path, tiny_encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_watch, "QUIET_SECONDS", 0.1)
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    put_tone(folder / "kick.wav", 100.0)
    watching = Watching(tmp_path, tiny_encoder, [folder])
    try:
        watching.wait_for("kick")
        put_tone(folder / "snare.wav", 200.0)
        watching.wait_for("kick", "snare")
        assert sum(summary.unchanged for summary in watching.said) == 0, "it looks at what changed only"
        put_tone(folder / os.fsdecode(b"odd\xe9.wav"), 300.0)
        watching.wait_for("kick", "snare", "odd\\xe9")
        (folder / "kick.wav").unlink()
        watching.wait_for("snare", "odd\\xe9", missing=["kick"])
    finally:
        watching.stop()


def put_tone(path: Path, hertz: float) -> None:
    """Written elsewhere: soundfile takes no name that is not UTF-8."""
    elsewhere = path.parent.parent / "new.wav"
    write_tone(elsewhere, hertz)
    elsewhere.rename(path)


def test_only_a_folder_whose_name_is_not_utf8_is_watched_under_another(tmp_path: Path) -> None:
    odd, plain = str(tmp_path / os.fsdecode(b"caf\xe9")), str(tmp_path / "caf\u00e9")
    Path(odd).mkdir()
    with utf8_names([odd, plain]) as names:
        link, same = names
        assert (same, Path(link).samefile(odd)) == (plain, True)
        assert own_path(f"{link}/a/b.wav", names) == f"{odd}/a/b.wav"
        assert own_path(link, names) == odd
        assert own_path(f"{link}0/b.wav", names) == f"{link}0/b.wav"
    assert not Path(link).parent.exists()


@pytest.mark.timeout(300)
def test_changes_wait_while_music_plays(watched: Watching, folder: Path, tmp_path: Path) -> None:
    watched.plays = True
    write_tone(folder / "snare.wav", 200.0)
    threading.Event().wait(2.0)
    assert watched.names() == {"kick"}
    watched.plays = False
    watched.wait_for("kick", "snare")


class Recorder:
    """Takes note of what it is told to take, after refusing so many times."""

    def __init__(self, refusals: int = 0) -> None:
        self.taken: list[tuple[list[str], list[str] | None]] = []
        self.refusals = refusals

    def take(self, folders: Sequence[str], paths: Sequence[str] | None) -> None:
        if self.refusals:
            self.refusals -= 1
            raise CatalogError("the disk is full")
        self.taken.append((list(folders), None if paths is None else list(paths)))


Run = Callable[[Recorder], None]


@pytest.fixture
def follow(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Follows the folder on a thread with a recorder in the catalogue's place."""
    monkeypatch.setattr(folder_watch, "QUIET_SECONDS", 0.1)
    monkeypatch.setattr(folder_watch, "RETRY_SECONDS", 0.3)
    monkeypatch.setattr(folder_watch, "MOST_PATHS", 20)
    stop = threading.Event()
    threads = []

    def start(recorder: Recorder) -> None:
        watch = FolderWatch([folder], lambda path: path.endswith(".wav"), recorder.take, lambda: True, stop)
        threads.append(threading.Thread(target=watch.run))
        threads[-1].start()

    yield start
    stop.set()
    for thread in threads:
        thread.join(SECONDS)


@pytest.mark.timeout(200)
def test_what_the_catalogue_refuses_is_tried_again(follow: Run, folder: Path) -> None:
    recorder = Recorder(refusals=2)
    follow(recorder)
    wait_for(lambda: recorder.taken == [([str(folder)], None)], SECONDS)


@pytest.mark.timeout(200)
def test_after_a_change_was_refused_all_is_looked_at(follow: Run, folder: Path) -> None:
    """The catalogue may be another by then, that knows nothing of what was taken before."""
    recorder = Recorder()
    follow(recorder)
    wait_for(lambda: recorder.taken, SECONDS)
    recorder.refusals = 1
    (folder / "a.wav").write_bytes(b"x")
    wait_for(lambda: len(recorder.taken) == 2, SECONDS)
    assert recorder.taken[1] == ([str(folder)], None)
    (folder / "b.wav").write_bytes(b"x")
    wait_for(lambda: len(recorder.taken) == 3, SECONDS)
    assert recorder.taken[2] == ([str(folder)], [str(folder / "b.wav")])


@pytest.mark.timeout(200)
def test_only_what_concerns_is_told_and_a_flood_means_looking_at_all(follow: Run, folder: Path) -> None:
    recorder = Recorder()
    follow(recorder)
    wait_for(lambda: recorder.taken, SECONDS)
    (folder / "kick.wav.reapeaks").write_bytes(b"x")
    (folder / "a.wav").write_bytes(b"x")
    wait_for(lambda: len(recorder.taken) == 2, SECONDS)
    assert recorder.taken[1] == ([str(folder)], [str(folder / "a.wav")])
    for number in range(30):
        (folder / f"{number}.wav").write_bytes(b"x")
    wait_for(lambda: recorder.taken[-1] == ([str(folder)], None) and len(recorder.taken) > 2, SECONDS)


def test_what_was_held_is_known_after_another_process_put_new_tables_in_place(
    tmp_path: Path, folder: Path, tiny_encoder: Encoder
) -> None:
    catalogue = Catalogue.open(tmp_path / "catalog", mode="create")
    taker = Taker(catalogue, [tiny_encoder], lambda: False, threading.Event(), lambda summary: None)
    taker.take([str(folder)], None)
    rebuild(Catalogue.open(tmp_path / "catalog", mode="write"), tiny_encoder)
    assert not taker.concerns(str(folder / "song.tmp"))
    (folder / "Dusty").rename(tmp_path / "away")
    assert taker.concerns(str(folder / "Dusty"))


def test_a_folder_of_no_user_is_waited_for_like_any_that_is_not_there() -> None:
    stop = threading.Event()
    stop.set()
    FolderWatch([Path("~nosuchuser/x")], lambda _: True, lambda *_: None, lambda: True, stop).run()
