"""Any sound can be played as a file; instruments' notes are rendered into a cache of limited size."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile as sf
from tiny_instruments import write_sfz

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.ingest import ingest
from timbred_catalogs.note_cache import ABANDONED_SECONDS, NoteCache, cache_folder
from timbred_catalogs.pitch import pitch_of
from timbred_catalogs.playable import playable
from timbred_catalogs.sound import Sound

MakeSound = Callable[..., Sound]
NOTE_BYTES = 1000


@pytest.fixture
def cache(tmp_path: Path) -> NoteCache:
    return NoteCache(tmp_path / "cache", most_bytes=10 * NOTE_BYTES)


def write_note(path: Path, size_bytes: int = NOTE_BYTES) -> None:
    path.write_bytes(bytes(size_bytes))


def test_an_instrument_is_rendered_once_and_a_file_is_itself(
    tmp_path: Path, memory: Catalogue, embedder: Embedder, make_wav: Callable[..., Path]
) -> None:
    wav, sfz = make_wav(tmp_path / "Samples" / "good.wav"), write_sfz(tmp_path / "Samples")
    ingest(memory, [wav, sfz], [embedder])
    found = {sound.name: sound for sound in memory.sounds()}
    cache = NoteCache(tmp_path / "cache")
    assert playable(found["good"], cache) == wav
    rendered = playable(found["Warm Bass"], cache)
    assert rendered.name == f"Warm Bass {found['Warm Bass'].id[:12]}.wav"
    audio, rate = sf.read(rendered, dtype="float32")
    pitch = pitch_of(audio.mean(axis=1), rate)
    assert pitch is not None
    assert pitch.value == pytest.approx(36.0, abs=0.2)
    sfz.unlink()
    assert playable(found["Warm Bass"], cache) == rendered, "it is there already"
    rendered.unlink()
    with pytest.raises(CatalogError, match=r"Warm Bass\.sfz cannot be played: "):
        playable(found["Warm Bass"], cache)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_full_cache_loses_what_was_used_least_recently(cache: NoteCache, make_sound: MakeSound) -> None:
    sounds = [make_sound(number << 96) for number in range(11)]
    for age, sound in enumerate(reversed(sounds[:10])):
        written = cache.put(sound, write_note)
        os.utime(written, (0, time.time() - 10_000 - age))
    assert cache.find(sounds[0]) is not None, "asked for, so used"
    cache.put(sounds[10], write_note)
    kept = [number for number, sound in enumerate(sounds) if cache.find(sound)]
    assert kept == [0, 3, 4, 5, 6, 7, 8, 9, 10]


def test_one_note_larger_than_the_cache_is_kept_for_its_user(cache: NoteCache, make_sound: MakeSound) -> None:
    one, other = make_sound(1 << 96), make_sound(2 << 96)
    cache.put(one, write_note)
    cache.put(other, lambda path: write_note(path, 20 * NOTE_BYTES))
    assert (cache.find(one), cache.find(other) is not None) == (None, True)


def test_what_a_killed_process_left_half_written_goes(cache: NoteCache, make_sound: MakeSound) -> None:
    cache.folder.mkdir()
    for name, age in (("old", 2 * ABANDONED_SECONDS), ("new", 0.0)):
        (cache.folder / f"{name}.1-1.tmp").write_bytes(b"x")
        os.utime(cache.folder / f"{name}.1-1.tmp", (0, time.time() - age))
    cache.put(make_sound(1), write_note)
    assert sorted(path.suffix for path in cache.folder.iterdir()) == [".tmp", ".wav"]
    assert not (cache.folder / "old.1-1.tmp").exists()


def test_a_note_that_cannot_be_written_leaves_nothing(cache: NoteCache, make_sound: MakeSound) -> None:
    def fail(path: Path) -> None:
        path.write_bytes(b"half")
        raise CatalogError("its instrument is gone")

    with pytest.raises(CatalogError, match="its instrument is gone"):
        cache.put(make_sound(1), fail)
    assert list(cache.folder.iterdir()) == []


def test_a_notes_name_is_one_that_any_disk_takes(cache: NoteCache, make_sound: MakeSound) -> None:
    for name in ("a/b\\c:*?", "\u97f3" * 200, "..", ""):
        sound = make_sound(1, name=name)
        assert cache.put(sound, write_note).parent == cache.folder
        assert cache.find(sound) is not None


def test_a_cache_folder_that_cannot_be_made_is_said(tmp_path: Path, make_sound: MakeSound) -> None:
    (tmp_path / "file").write_bytes(b"")
    sound = replace(make_sound(1), path=str(write_sfz(tmp_path)))
    with pytest.raises(CatalogError, match="cache cannot be written: Not a directory"):
        playable(sound, NoteCache(tmp_path / "file" / "cache"))


def test_the_cache_lies_in_the_users_own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TIMBRED_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "timbred" / "notes"
