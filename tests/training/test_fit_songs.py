"""Songs for the fit model: tracker modules, folders of stems, and what is kept of them."""

import logging
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
import toy_module

from timbred_training.errors import TrainingError
from timbred_training.fit import drum_sounds, openmpt
from timbred_training.fit.kits import find_kits
from timbred_training.fit.modules import ModuleSource
from timbred_training.fit.onsets import most_alone, onsets
from timbred_training.fit.prepare_songs import prepare_songs
from timbred_training.fit.roles import role_of_drum_key, role_of_name, role_of_program
from timbred_training.fit.song_set import read_song_set
from timbred_training.fit.song_store import prepared_songs
from timbred_training.fit.songs import OneShot, Song, Stem
from timbred_training.fit.stems import StemSource
from timbred_training.frontend import SAMPLE_RATE
from timbred_training.sources.midi import read_score


@pytest.fixture
def module(tmp_path: Path) -> Path:
    try:
        openmpt._library()
    except TrainingError as error:
        pytest.skip(str(error))
    path = tmp_path / "modules" / "somebody" / "toy.mod"
    toy_module.write_module(path)
    return path


def test_a_modules_stems_add_up_to_the_song(module: Path) -> None:
    song = ModuleSource(module.parents[1]).read("somebody/toy.mod")
    assert song is not None
    with openmpt.open_module(module) as whole:
        whole.seek(0.2 * whole.duration_seconds)
        expected = whole.read(32.0)
    added = np.sum([stem.audio for stem in song.stems], axis=0)
    assert np.abs(added - expected).max() < 1e-4 * np.abs(expected).max()


def test_a_modules_samples_come_with_their_roles_and_its_folder_is_the_author(module: Path) -> None:
    song = ModuleSource(module.parents[1]).read("somebody/toy.mod")
    assert song is not None
    assert song.author == "somebody"
    assert {stem.name: [shot.role for shot in stem.one_shots] for stem in song.stems} == {
        "kick": ["kick"],
        "closed hat": ["hat"],
        "lead": ["lead"],
    }


def test_a_struck_sample_sounds_as_it_lies_in_the_file(module: Path) -> None:
    song = ModuleSource(module.parents[1]).read("somebody/toy.mod")
    assert song is not None
    shot = next(stem for stem in song.stems if stem.name == "kick").one_shots[0].audio
    spectrum = np.abs(np.fft.rfft(shot, 2 * SAMPLE_RATE))
    assert np.abs(shot).max() == pytest.approx(1.0)
    assert spectrum.argmax() / 2 == pytest.approx(60.0, abs=4.0)
    assert np.abs(shot[SAMPLE_RATE // 2 :]).max() < 0.02


def test_a_folder_of_modules_here_is_its_author(module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(module.parent)
    song = ModuleSource(Path()).read("toy.mod")
    assert song is not None
    assert song.author == "somebody"


def test_preparing_goes_on_where_it_was_stopped(module: Path, tmp_path: Path) -> None:
    source, out = ModuleSource(module.parents[1]), tmp_path / "prepared"
    assert prepare_songs(source, out) == 1
    assert prepare_songs(source, out) == 0
    songs = read_song_set([out])
    assert len(songs.songs[0].stems) == 3
    assert len(songs.shots) == 3


def test_a_song_that_cannot_be_read_does_not_stop_the_others(
    module: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    module.with_name("a.mod").write_bytes(b"nothing")
    source, out = ModuleSource(module.parents[1]), tmp_path / "prepared"
    with caplog.at_level(logging.WARNING):
        assert prepare_songs(source, out) == 1
        assert prepare_songs(source, out) == 0
    assert caplog.messages[0].startswith("somebody/a.mod is skipped: ")
    assert caplog.messages[1] == "1 of 2 songs were skipped"
    module.unlink()
    with pytest.raises(TrainingError, match="none of 1 is"):
        prepare_songs(ModuleSource(module.parents[1]), tmp_path / "nothing")


def test_a_bad_score_does_not_stop_the_others(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores" / "bad.mid").write_bytes(b"RIFF")

    class Scores:
        """Scores whose good ones are played by hand."""

        name, real = "scores", False

        def songs(self) -> list[str]:
            return ["bad.mid", "good.mid"]

        def read(self, song: str) -> Song:
            if song == "bad.mid":
                read_score(tmp_path / "scores" / song)
            thud = thump().astype(np.float32)
            return Song(song, "kit", (Stem("kick", thud, (OneShot("kick", thud),)), Stem("pad", thud, ())))

    with caplog.at_level(logging.WARNING):
        assert prepare_songs(Scores(), tmp_path / "prepared") == 1
    assert "bad.mid is skipped: a score must be a readable MIDI file" in caplog.messages[0]


def test_copies_of_a_recording_in_two_songs_are_known(module: Path, tmp_path: Path) -> None:
    module.with_name("other.mod").write_bytes(module.read_bytes())
    out = tmp_path / "prepared"
    prepare_songs(ModuleSource(module.parents[1]), out)
    songs = read_song_set([out])
    assert len(songs.shots) == 6
    assert len(set(songs.copy.tolist())) == 3
    assert sorted(songs.copy[songs.song == 0]) == sorted(songs.copy[songs.song == 1])


def test_modules_are_found_by_either_end_of_their_names(module: Path) -> None:
    module.with_name("MOD.title").write_bytes(module.read_bytes())
    module.with_name("._toy.mod").write_bytes(b"Mac OS X")
    source = ModuleSource(module.parents[1])
    assert source.songs() == ["somebody/MOD.title", "somebody/toy.mod"]
    assert source.read("somebody/MOD.title") is not None


def test_a_link_to_nothing_and_a_name_that_is_no_utf_8_stop_nothing(
    module: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    module.with_name("a.xm").symlink_to("nowhere")
    try:
        module.rename(module.with_name(os.fsdecode(b"caf\xe9.mod")))
    except OSError:
        pytest.skip("the file system takes UTF-8 names only")
    assert prepare_songs(ModuleSource(module.parents[1]), tmp_path / "prepared") == 1
    assert prepared_songs(tmp_path / "prepared") == {"modules/somebody/caf\\xe9.mod"}
    assert caplog.messages[0].startswith("somebody/a.xm is skipped: a module must be a readable file")


def test_a_file_that_is_no_module_is_named(tmp_path: Path, module: Path) -> None:
    broken = tmp_path / "broken.mod"
    broken.write_bytes(b"nothing")
    with pytest.raises(TrainingError, match=r"broken\.mod: a module must be"):
        openmpt.open_module(broken)


def hits(times_seconds: list[float], sound: np.ndarray, seconds: float) -> np.ndarray:
    audio = np.zeros(int(seconds * SAMPLE_RATE), np.float32)
    for time in times_seconds:
        begin = int(time * SAMPLE_RATE)
        audio[begin : begin + len(sound)] += sound[: len(audio) - begin].astype(np.float32)
    return audio


def thump(decay: float = 20.0, hz: float = 60.0) -> np.ndarray:
    t = np.arange(int(0.4 * SAMPLE_RATE)) / SAMPLE_RATE
    return np.asarray(np.sin(2 * np.pi * hz * t) * np.exp(-t * decay))


def test_onsets_lie_where_the_sounds_begin() -> None:
    times = [0.5, 1.0, 1.25, 2.5, 3.0]
    found = onsets(hits(times, thump(), 4.0)) / SAMPLE_RATE
    assert found == pytest.approx(times, abs=0.012)


def ringing(hz: float = 220.0, seconds: float = 4.0) -> np.ndarray:
    """Eight partials that die away slowly."""
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    waves = [np.sin(2 * np.pi * k * hz * t + k) / k for k in range(1, 9)]
    return np.asarray(0.3 * np.sum(waves, axis=0) * np.exp(-0.3 * t), dtype=np.float32)


def test_what_sounds_when_an_excerpt_begins_began_before() -> None:
    audio = ringing() + hits([2.0], thump(), 4.0)
    assert onsets(audio, begun=True) / SAMPLE_RATE == pytest.approx([2.0], abs=0.012)
    assert onsets(audio) / SAMPLE_RATE == pytest.approx([0.0, 2.0], abs=0.012)


@pytest.mark.parametrize(("begin", "begun"), [(0.0, False), (0.02, False), (0.02, True)])
def test_a_hit_at_the_beginning_is_an_onset(begin: float, begun: bool) -> None:
    found = onsets(hits([begin, 2.0], thump(), 4.0), begun=begun) / SAMPLE_RATE
    assert found == pytest.approx([begin, 2.0], abs=0.004)


@pytest.mark.parametrize("hz", [100.0, 220.0, 1_000.0])
def test_an_end_is_no_onset(hz: float) -> None:
    audio = ringing(hz)
    assert len(onsets(audio, begun=True)) == 0
    audio[3 * SAMPLE_RATE + 123 :] = 0.0
    assert len(onsets(audio, begun=True)) == 0


def test_the_one_shot_is_cut_where_the_next_onset_is_farthest() -> None:
    loud, quiet = thump(), 0.5 * thump(hz=110.0)
    audio = hits([0.5, 1.0, 3.0, 3.5], loud, 4.0) + hits([1.5], quiet, 4.0)
    shot = most_alone(audio)[0]
    spectrum = np.abs(np.fft.rfft(shot, 4 * SAMPLE_RATE))
    assert spectrum.argmax() / 4 == pytest.approx(110.0, abs=3.0)
    assert np.abs(shot).max() == pytest.approx(1.0)


def test_silence_has_no_one_shot() -> None:
    assert most_alone(np.zeros(SAMPLE_RATE, np.float32)) == []


def test_a_folder_of_exported_stems_is_a_song(tmp_path: Path) -> None:
    song = tmp_path / "Somebody - A song"
    song.mkdir()
    tone = 0.2 * np.sin(2 * np.pi * 220 * np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE)
    soundfile.write(song / "Kick.wav", hits([0.5, 1.5, 3.0], thump(), 4.0), SAMPLE_RATE)
    soundfile.write(song / "Pad.wav", np.stack([tone, tone], axis=1), SAMPLE_RATE)
    soundfile.write(song / "mixture.wav", tone, SAMPLE_RATE)
    source = StemSource(tmp_path)
    assert source.songs() == ["Somebody - A song"]
    read = source.read("Somebody - A song")
    assert read is not None
    assert read.author == "Somebody"
    assert [stem.name for stem in read.stems] == ["Kick", "Pad"]
    assert [shot.role for shot in read.stems[0].one_shots] == ["kick"]
    assert len({len(stem.audio) for stem in read.stems}) == 1


def test_a_slakh_track_says_its_own_roles(tmp_path: Path) -> None:
    stems = tmp_path / "Track00001" / "stems"
    stems.mkdir(parents=True)
    (stems.parent / "metadata.yaml").write_text(
        "stems:\n  S00: {is_drum: false, program_num: 33}\n  S01: {is_drum: true, program_num: 0}\n"
    )
    soundfile.write(stems / "S00.wav", hits([0.5, 2.0], thump(2.0, 80.0), 4.0), SAMPLE_RATE)
    soundfile.write(stems / "S01.wav", hits([0.5, 2.0], thump(), 4.0), SAMPLE_RATE)
    read = StemSource(tmp_path).read("Track00001")
    assert read is not None
    assert [shot.role for shot in read.stems[0].one_shots] == ["bass"]
    assert "kick" in [shot.role for shot in read.stems[1].one_shots]


def test_a_kits_description_tells_what_its_files_names_do_not(tmp_path: Path) -> None:
    kit = tmp_path / "kits" / "One"
    kit.mkdir(parents=True)
    for name in ("a.wav", "SD_01.wav"):
        soundfile.write(kit / name, thump(), SAMPLE_RATE)
    loops = tmp_path / "kits" / "Loops"
    loops.mkdir()
    soundfile.write(loops / "loop.wav", thump(), SAMPLE_RATE)
    (kit / "drumkit.xml").write_text(
        "<drumkit_info><instrumentList><instrument><name>Bass Drum</name>"
        "<layer><filename>a.wav</filename></layer></instrument></instrumentList></drumkit_info>"
    )
    (found,) = find_kits(tmp_path / "kits")
    assert {role: [file.name for file in files] for role, files in found.files.items()} == {
        "kick": ["a.wav"],
        "snare": ["SD_01.wav"],
    }


def test_a_kits_files_without_sound_are_left_out_with_a_warning_each(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kit = tmp_path / "One"
    kit.mkdir()
    for name in ("kick.wav", "snare.wav"):
        soundfile.write(kit / name, thump(), SAMPLE_RATE)
    soundfile.write(kit / "kick empty.wav", thump()[:0], SAMPLE_RATE)
    soundfile.write(kit / "snare silent.wav", 0.0 * thump(), SAMPLE_RATE)
    soundfile.write(kit / "tom.wav", 0.0 * thump(), SAMPLE_RATE)
    (kit / "snare broken.wav").write_bytes(b"nothing")
    (kit / "._kick.wav").write_bytes(b"Mac OS X")
    (kit / "drumkit.xml").write_text("<drumkit_info>")
    with caplog.at_level(logging.WARNING):
        (found,) = find_kits(tmp_path)
    assert {role: len(found.sounds(role, 9)) for role in found.files} == {"kick": 1, "snare": 1}
    assert ["drumkit.xml" in caplog.text, "kick empty" in caplog.text, "snare broken" in caplog.text] == [
        True,
        True,
        True,
    ]
    assert "._kick" not in caplog.text
    assert f"a sound is left out: {kit / 'snare silent.wav'} is silent" in caplog.messages


def test_drums_are_told_apart_by_their_sound() -> None:
    rng = np.random.default_rng(0)
    t = np.arange(SAMPLE_RATE // 4) / SAMPLE_RATE
    hiss = np.diff(rng.standard_normal(len(t) + 1)) * np.exp(-60 * t)
    heard = drum_sounds.shipped()
    assert heard.role(thump().astype(np.float32)) == "kick"
    assert heard.role((hiss / np.abs(hiss).max()).astype(np.float32)) == "hat"


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Bass Drum 1", "kick"),
        ("SD_02", "snare"),
        ("1-HihatClosed", "hat"),
        ("Ride 2", "cymbal"),
        ("tom3", "tom"),
        ("slap bass", "bass"),
        ("high-strings", "pad"),
        ("music by nobody", ""),
        ("BassDrum", "kick"),
        ("Bass Dr. 2", "kick"),
        ("BassD 1", "kick"),
        ("Bass Drive", "bass"),
        ("Bass Drone", "bass"),
        ("Bassdrop", "bass"),
        ("Pedal", "hat"),
        ("Pedal HH", "hat"),
        ("Pedal Steel", ""),
        ("Bass Pedals", "bass"),
        ("Tom's Guitar", ""),
        ("Finger Snaps", "clap"),
        ("Snap Bass", "bass"),
    ],
)
def test_names_speak_of_roles(name: str, role: str) -> None:
    assert role_of_name(name) == role


def test_general_midi_speaks_of_roles() -> None:
    assert [role_of_drum_key(key) for key in (36, 38, 42, 49, 47, 60)] == [
        "kick",
        "snare",
        "hat",
        "cymbal",
        "tom",
        "percussion",
    ]
    assert [role_of_program(program) for program in (0, 33, 50, 80, 89, 24)] == [
        "keys",
        "bass",
        "pad",
        "lead",
        "pad",
        "",
    ]
