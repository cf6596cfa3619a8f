"""Folders of stems as people leave them: bounces among the parts, broken files, like-named songs."""

import logging
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from timbred_training.errors import TrainingError
from timbred_training.fit.prepare_songs import prepare_songs
from timbred_training.fit.song_set import read_song_set
from timbred_training.fit.song_store import read_sounds
from timbred_training.fit.stems import StemSource
from timbred_training.frontend import SAMPLE_RATE

SECONDS = 4
T = np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE


def kick() -> np.ndarray:
    """A decaying low tone each second."""
    return np.asarray(0.5 * np.sin(2 * np.pi * 60 * (T % 1.0)) * np.exp(-20 * (T % 1.0)))


def bass(hz: float = 110.0) -> np.ndarray:
    """A steady tone of half a second each second."""
    return np.asarray(0.3 * np.sin(2 * np.pi * hz * T) * (T % 1.0 > 0.5))


def write_song(folder: Path, **parts: np.ndarray) -> Path:
    """Writes WAV files; an underscore stands for a space in their names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, audio in parts.items():
        soundfile.write(folder / f"{name.replace('_', ' ')}.wav", audio, SAMPLE_RATE)
    return folder


def stems_of(collection: Path, song: str) -> list[str]:
    read = StemSource(collection).read(song)
    assert read is not None
    return [stem.name for stem in read.stems]


@pytest.mark.parametrize(
    "bounce",
    [
        "My Song Master",
        "My Song",
        "my-song mixdown",
        "Premaster v2",
        "Full",
        "full mix",
        "Bounce 01",
        "linear_mixture",
        "My Song - Final Mix 2",
        "My Song 3",
        "Song",
    ],
)
def test_a_file_named_as_the_whole_song_is_no_part(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, bounce: str
) -> None:
    song = write_song(tmp_path / "Me - My Song", My_Song_Kick=kick(), My_Song_Bass=bass())
    soundfile.write(song / f"{bounce}.wav", bass(220.0), SAMPLE_RATE)
    assert stems_of(tmp_path, "Me - My Song") == ["My Song Bass", "My Song Kick"]
    named = song / f"{bounce}.wav"
    assert caplog.messages[0] == f"{named} is left out: its name says that it is the whole song"


@pytest.mark.parametrize(
    ("song", "parts"),
    [
        ("My Song", ["Drum Bus Master", "Kick (bounce)", "Strings Full"]),
        ("My Song", ["My Song 01", "My Song 02", "My Song 03"]),
        ("My Song", ["01", "My Song Bass"]),
        ("03 - My Song", ["01", "02", "03"]),
    ],
)
def test_a_file_whose_name_says_more_is_a_part(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, song: str, parts: list[str]
) -> None:
    folder = write_song(tmp_path / song)
    for name, audio in zip(parts, (kick(), bass(), bass(330.0)), strict=False):
        soundfile.write(folder / f"{name}.wav", audio, SAMPLE_RATE)
    assert stems_of(tmp_path, song) == parts
    assert not caplog.messages


def test_a_part_that_sounds_as_all_others_together_is_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = kick() + bass() + bass(330.0)
    limited = np.tanh(1.5 * whole)
    song = write_song(tmp_path / "x", a_kick=kick(), b_bass=bass(), c_lead=bass(330.0))
    write_song(song, final=0.5 * whole, loud=limited)
    assert stems_of(tmp_path, "x") == ["a kick", "b bass", "c lead"]
    assert "loud of x is left out: it sounds as other parts together" in caplog.messages


def test_a_bus_of_some_parts_is_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    hat = np.random.default_rng(0).standard_normal(len(T)) * np.exp(-40 * (T % 0.5)) * 0.2
    song = write_song(tmp_path / "x", Kick=kick(), Hat=hat, Bass=bass(), Lead=bass(330.0))
    write_song(song, Drums=0.7 * kick() + 0.5 * hat, Tonal=bass() + bass(330.0))
    assert stems_of(tmp_path, "x") == ["Bass", "Hat", "Kick", "Lead"]
    assert sorted(caplog.messages) == [
        f"{bus} of x is left out: it sounds as other parts together" for bus in ("Drums", "Tonal")
    ]


@pytest.mark.parametrize("between", ["_", " - ", " "])
def test_what_all_names_begin_with_is_the_songs_name(tmp_path: Path, between: str) -> None:
    audio = {"Kick": kick(), "Vox": bass(330.0), "Insert 7": bass(), "808": bass(55.0)}
    audio |= {"Master": bass(220.0), "": bass(440.0)}
    song = tmp_path / "an export"
    song.mkdir()
    for name, sound in audio.items():
        title = f"Bass Face{between}{name}" if name else "Bass Face"
        soundfile.write(song / f"{title}.wav", sound, SAMPLE_RATE)
    read = StemSource(tmp_path).read("an export")
    assert read is not None
    roles = {
        stem.name.removeprefix(f"Bass Face{between}"): [s.role for s in stem.one_shots] for stem in read.stems
    }
    assert set(roles) == {"808", "Insert 7", "Kick", "Vox"}
    assert roles["Kick"] == ["kick"]
    assert not any("bass" in heard for heard in roles.values())


def test_what_names_begin_with_is_a_role_where_none_stands_behind_it(tmp_path: Path) -> None:
    sounds = {"Bass": bass(), "Bass 2": bass(55.0), "Bass DI": bass(82.0)}
    write_song(tmp_path / "x", **sounds)
    read = StemSource(tmp_path).read("x")
    assert read is not None
    assert [shot.role for stem in read.stems for shot in stem.one_shots] == ["bass"] * 3


def test_what_names_begin_with_stays_a_role_where_others_stand_behind_it(tmp_path: Path) -> None:
    write_song(tmp_path / "x", **{"Bass Synth": bass(), "Bass DI": bass(55.0), "Bass Sub": bass(82.0)})
    read = StemSource(tmp_path).read("x")
    assert read is not None
    assert [shot.role for stem in read.stems for shot in stem.one_shots] == ["bass"] * 3


@pytest.mark.parametrize("suffix", [".w64", ".caf", ".rf64"])
def test_stems_may_be_of_what_a_daw_writes_long_files_in(tmp_path: Path, suffix: str) -> None:
    song = write_song(tmp_path / "x", Kick=kick())
    soundfile.write(song / f"Bass{suffix}", bass(), SAMPLE_RATE, format=suffix[1:].upper())
    assert stems_of(tmp_path, "x") == ["Bass", "Kick"]


def test_stems_in_one_mp4_are_counted_and_not_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "A - B.stem.mp4").write_bytes(b"ftyp")
    with pytest.raises(TrainingError, match="has none"):
        StemSource(tmp_path)
    assert caplog.messages == ["1 files *.stem.mp4 are not read: each must be a folder of WAV files"]


def test_names_that_are_no_utf_8_are_read(tmp_path: Path) -> None:
    song = Path(os.fsdecode(os.fsencode(tmp_path / "songs") + b"/caf\xe9"))
    try:
        song.mkdir(parents=True)
    except OSError:
        pytest.skip("the file system takes UTF-8 names only")
    write_song(tmp_path, Kick=kick(), Bass=bass())
    for name, encoded in (("Kick", b"k\xefck"), ("Bass", b"bass")):
        (tmp_path / f"{name}.wav").rename(song / f"{os.fsdecode(encoded)}.wav")
    assert prepare_songs(StemSource(tmp_path / "songs"), tmp_path / "x.lance") == 1
    sounds = read_sounds(tmp_path / "x.lance")
    assert {sound.song for sound in sounds} == {"stems/caf\\xe9"}
    assert {sound.name for sound in sounds} == {"bass", "k\\xefck"}


@pytest.mark.parametrize("split", ["train", "test", "validation", "omitted"])
def test_a_split_is_no_author(tmp_path: Path, split: str) -> None:
    write_song(tmp_path / split / "Track00001" / "stems", Kick=kick(), Bass=bass())
    read = StemSource(tmp_path).read(f"{split}/Track00001")
    assert read is not None and read.author == "Track00001"


def test_a_part_and_its_bounce_alone_are_no_song(tmp_path: Path) -> None:
    write_song(tmp_path / "x", bass=bass(), final=0.7 * bass())
    assert StemSource(tmp_path).read("x") is None


def test_a_collection_may_be_a_folder_of_stems(tmp_path: Path) -> None:
    folder = write_song(tmp_path / "My Song" / "stems", Kick=kick(), Bass=bass(), My_Song=bass(220.0))
    assert StemSource(folder).songs() == ["My Song"]
    assert stems_of(folder, "My Song") == ["Bass", "Kick"]
    assert StemSource(tmp_path).songs() == ["My Song"]


def test_stems_beside_a_folder_stems_and_below_are_one_song(tmp_path: Path) -> None:
    write_song(tmp_path / "Both", Kick=kick(), Bass=bass())
    write_song(tmp_path / "Both" / "stems", Lead=bass(330.0), Pad=bass(440.0))
    assert StemSource(tmp_path).songs() == ["Both"]
    assert stems_of(tmp_path, "Both") == ["Bass", "Kick", "Lead", "Pad"]


def test_a_subfolder_of_a_song_belongs_to_it(tmp_path: Path) -> None:
    write_song(tmp_path / "Me" / "Nested" / "Drums", Kick=kick(), Hat=bass(5_000.0), Drums=bass(900.0))
    write_song(tmp_path / "Me" / "Nested", bass=bass(), lead=bass(330.0))
    write_song(tmp_path / "Me" / "Other", bass=bass(), lead=bass(330.0))
    write_song(tmp_path / "Me", Nested=bass(220.0), Other_Mix=bass(220.0))
    assert StemSource(tmp_path).songs() == ["Me/Nested", "Me/Other"]
    assert stems_of(tmp_path, "Me/Nested") == ["Drums", "Hat", "Kick", "bass", "lead"]


def test_a_stray_file_beside_an_authors_songs_joins_none(tmp_path: Path) -> None:
    write_song(tmp_path / "Me" / "One", bass=bass(), lead=bass(330.0))
    write_song(tmp_path / "Me" / "Two", bass=bass(), lead=bass(440.0))
    write_song(tmp_path / "Me", jingle=bass(220.0))
    assert StemSource(tmp_path).songs() == ["Me/One", "Me/Two"]


def test_the_subfolders_of_the_collection_are_songs_of_their_own(tmp_path: Path) -> None:
    write_song(tmp_path / "One", Kick=kick(), Bass=bass())
    write_song(tmp_path, Idea=bass(), Sketch=kick())
    assert StemSource(tmp_path).songs() == [tmp_path.name, "One"]


def test_stems_that_do_not_sound_are_named_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    song = write_song(tmp_path / "x", Kick=kick(), Bass=bass(), Silent=0.0 * T)
    for name, sample in (("NaN", np.nan), ("Infinite", np.inf)):
        soundfile.write(song / f"{name}.wav", np.append(bass(), sample), SAMPLE_RATE, subtype="FLOAT")
    soundfile.write(song / "Wide.wav", np.stack([bass(), -bass()], axis=1), SAMPLE_RATE)
    assert stems_of(tmp_path, "x") == ["Bass", "Kick"]
    silent = "a stem must sound within 32 s from 0.0 s on, and"
    assert [message.removeprefix(f"{song}/") for message in caplog.messages] == [
        "Infinite.wav is left out: a stem must hold finite numbers, and it holds others",
        "NaN.wav is left out: a stem must hold finite numbers, and it holds others",
        f"Silent.wav is left out: {silent} it is silent",
        f"Wide.wav is left out: {silent} its channels cancel out",
    ]


@pytest.mark.parametrize(
    "metadata",
    [
        "",
        "- a\n- list",
        "stems: [Kick, Bass]",
        "stems: {Kick: {program_num: 0}, Bass: {is_drum: false, program_num: 33}}",
        "stems: {Kick: {is_drum: true, program_num: none}}",
        "title: {of another",
        "title: of another program",
        "created: 2024-13-45",
        b"\xff\xfe\x00",
    ],
)
def test_metadata_that_are_not_slakhs_are_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, metadata: str | bytes
) -> None:
    stems = write_song(tmp_path / "x" / "stems", Kick=kick(), Bass=bass())
    content = metadata if isinstance(metadata, bytes) else metadata.encode()
    (stems.parent / "metadata.yaml").write_bytes(content)
    read = StemSource(tmp_path).read("x")
    assert read is not None
    assert [shot.role for stem in read.stems for shot in stem.one_shots] == ["bass", "kick"]
    (told,) = caplog.messages
    assert told.startswith(f"{stems.parent / 'metadata.yaml'} is passed over: it is not Slakh's: ")


def test_metadata_beside_no_folder_stems_are_another_programs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_song(tmp_path / "x", Kick=kick(), Bass=bass())
    (tmp_path / "metadata.yaml").write_text("- a\n- list")
    assert stems_of(tmp_path, "x") == ["Bass", "Kick"]
    assert not caplog.messages


def test_files_that_give_no_audio_are_named_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    song = write_song(tmp_path / "x", Kick=kick(), Bass=bass(), Empty=np.zeros(0))
    (song / "Broken.wav").write_bytes(b"nothing")
    (song / "._Kick.wav").write_bytes(b"\0\5\x16\7Mac OS X")
    soundfile.write(song / "Torn.flac", 0.1 * np.random.default_rng(0).standard_normal(len(T)), SAMPLE_RATE)
    (song / "Torn.flac").write_bytes((song / "Torn.flac").read_bytes()[:20_000])
    assert stems_of(tmp_path, "x") == ["Bass", "Kick"]
    told = [message.removeprefix(f"{song}/") for message in caplog.messages]
    assert [message.partition(":")[0] for message in told] == [
        "Broken.wav is left out",
        "Empty.wav is left out",
        "Torn.flac is left out",
    ]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


def test_like_named_songs_of_two_datasets_are_two_songs(tmp_path: Path) -> None:
    for number, hz in enumerate((110.0, 55.0)):
        collection = write_song(tmp_path / str(number) / "Song 1", Kick=kick(), Bass=bass(hz)).parent
        prepare_songs(StemSource(collection), tmp_path / f"{number}.lance")
    songs = read_song_set([tmp_path / "0.lance", tmp_path / "1.lance"])
    assert [len(song.stems) for song in songs.songs] == [2, 2]
    assert sorted(set(songs.song.tolist())) == [0, 1]
