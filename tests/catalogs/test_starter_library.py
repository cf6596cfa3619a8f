"""The starter library: what is in it, that it is the same each time, and that it leaves good files alone."""

import json
from collections import Counter
from pathlib import Path, PurePath

import numpy as np
import pytest
import soundfile

from timbred_catalogs.errors import CatalogError
from timbred_catalogs.role_names import guess_role
from timbred_catalogs.roles import DRUM_ROLES
from timbred_catalogs.starter import library, write_starter_library
from timbred_catalogs.starter.effects import PEAK
from timbred_catalogs.starter.packs import Sound, library_sounds, note_name, note_number

SOUNDS = library_sounds()
LONGEST_FIRST = sorted(SOUNDS, key=lambda sound: -sound.settings.get("seconds", sound.hold_seconds))
SAMPLES = tuple({sound.voice: sound for sound in LONGEST_FIRST}.values())  # the shortest of each voice


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> tuple[Sound, ...]:
    monkeypatch.setattr(library, "library_sounds", lambda: SOUNDS[8:14])
    return SOUNDS[8:14]


def test_there_are_about_two_hundred_sounds_each_with_its_own_path() -> None:
    assert 190 <= len(SOUNDS) <= 230
    assert len({sound.path for sound in SOUNDS}) == len(SOUNDS)


def test_the_catalogue_reads_each_sound_s_role_from_its_name() -> None:
    for sound in SOUNDS:
        path = PurePath(sound.path)
        assert guess_role(path.stem, path.parts[:-1]).role == sound.role, sound.path


def test_every_drum_role_comes_from_several_machines() -> None:
    for role in DRUM_ROLES:
        assert len({sound.pack for sound in SOUNDS if sound.role == role}) >= 4, role


def test_every_pitched_role_has_several_timbres() -> None:
    timbres = Counter(
        role for role, _ in {(s.role, s.path.split("/")[1]) for s in SOUNDS if s.note is not None}
    )
    assert set(timbres) >= {"bass", "lead", "pad", "keys", "pluck", "mallet", "organ", "strings", "brass"}
    assert min(timbres.values()) >= 2


@pytest.mark.parametrize("sound", SAMPLES, ids=lambda sound: sound.voice)
def test_a_voice_starts_and_ends_in_silence_at_minus_one_decibel(sound: Sound) -> None:
    audio = sound.render(1)
    assert audio.dtype == np.float32
    assert np.isfinite(audio).all()
    assert np.abs(audio).max() == pytest.approx(PEAK, abs=1e-4)
    assert np.abs(audio[:, [0, -1]]).max() < 1e-3
    assert np.abs(audio.mean(axis=1)).max() < 0.02


def test_a_seed_gives_the_same_samples_and_another_seed_others() -> None:
    snare = next(sound for sound in SOUNDS if sound.voice == "snare")
    assert np.array_equal(snare.render(1), snare.render(1))
    assert not np.array_equal(snare.render(1), snare.render(2))


def test_a_pitched_sound_has_the_pitch_in_its_name() -> None:
    sound = next(each for each in SOUNDS if each.name == "TH Combo Organ A3")
    mono = sound.render(1).mean(axis=0)
    spectrum = np.abs(np.fft.rfft(mono * np.hanning(len(mono))))
    assert np.argmax(spectrum) * 44_100 / len(mono) == pytest.approx(220, rel=0.01)


def test_note_names_and_numbers_are_each_other_s_inverse() -> None:
    assert note_number("A4") == 69
    assert [note_number(note_name(number)) for number in range(24, 108)] == list(range(24, 108))


def test_the_files_and_their_list_are_written(tmp_path: Path, few: tuple[Sound, ...]) -> None:
    report = write_starter_library(tmp_path)
    assert (report.written, report.unchanged) == (len(few), 0)
    listing = json.loads((tmp_path / "library.json").read_text())
    assert [entry["path"] for entry in listing["sounds"]] == [sound.path for sound in few]
    assert {entry["licence"] for entry in listing["sounds"]} == {"CC0-1.0"}
    assert "CC0" in (tmp_path / "LICENSE.txt").read_text()
    for sound in few:
        found = soundfile.info(tmp_path / sound.path)
        assert (found.samplerate, found.subtype) == (44_100, "PCM_24")


def test_two_folders_hold_the_same_bytes(tmp_path: Path, few: tuple[Sound, ...]) -> None:
    for name in ("one", "two"):
        write_starter_library(tmp_path / name)
    for sound in few:
        assert (tmp_path / "one" / sound.path).read_bytes() == (tmp_path / "two" / sound.path).read_bytes()


def test_a_second_run_touches_only_what_is_missing_or_changed(tmp_path: Path, few: tuple[Sound, ...]) -> None:
    write_starter_library(tmp_path)
    before = {sound.path: (tmp_path / sound.path).stat().st_mtime_ns for sound in few}
    original = (tmp_path / few[0].path).read_bytes()
    (tmp_path / few[0].path).write_bytes(b"spoilt")
    (tmp_path / few[1].path).unlink()
    report = write_starter_library(tmp_path)
    assert (report.written, report.unchanged) == (2, len(few) - 2)
    assert (tmp_path / few[0].path).read_bytes() == original
    assert all((tmp_path / sound.path).stat().st_mtime_ns == before[sound.path] for sound in few[2:])


def test_a_run_without_its_list_leaves_good_files_alone(tmp_path: Path, few: tuple[Sound, ...]) -> None:
    write_starter_library(tmp_path)
    (tmp_path / "library.json").unlink()
    assert write_starter_library(tmp_path).unchanged == len(few)


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path, few: tuple[Sound, ...]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CatalogError, match="must be writable"):
        write_starter_library(tmp_path / "file" / "starter")
