"""Every kind of bad file ends in the catalogue or among the unreadable with its reason; the rest goes on."""

import gzip
import io
import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from timbred_catalogs import scan as scan_module
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.decode import STRETCH_SECONDS, decode
from timbred_catalogs.describe import describe
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.ingest import ingest
from timbred_catalogs.rows import printable
from timbred_catalogs.sound import Sound

RATE = 22_050
MakeWav = Callable[..., Path]


class Library:
    """A folder with one good file, what a run makes of it, and what became of each name."""

    def __init__(self, folder: Path, embedder: Embedder, make_wav: MakeWav) -> None:
        self.folder = folder
        self._embedder = embedder
        make_wav(folder / "zz good.wav", seed=99)

    def run(self) -> tuple[dict[str, Sound], dict[str, str]]:
        catalogue = Catalogue.open(self.folder.parent / "catalog", mode="create")
        ingest(catalogue, [self.folder], [self._embedder], workers=2)
        sounds = {os.path.relpath(sound.path, self.folder): sound for sound in catalogue.sounds()}
        assert "zz good.wav" in sounds, "the rest must go on"
        return sounds, {os.path.relpath(f.path, self.folder): f.reason for f in catalogue.unreadable()}


@pytest.fixture
def library(tmp_path: Path, embedder: Embedder, make_wav: MakeWav) -> Library:
    return Library(tmp_path / "Samples", embedder, make_wav)


def tone(seconds: float, rate: int = RATE, hertz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def test_an_empty_file_is_unreadable(library: Library) -> None:
    (library.folder / "empty.wav").write_bytes(b"")
    _, unreadable = library.run()
    assert unreadable == {"empty.wav": "empty file"}


def test_a_header_without_audio_is_unreadable(library: Library) -> None:
    sf.write(library.folder / "header.wav", np.zeros(0), RATE)
    _, unreadable = library.run()
    assert unreadable == {"header.wav": "holds no audio"}


def test_text_under_a_sounds_name_is_unreadable(library: Library) -> None:
    (library.folder / "text.wav").write_text("not audio at all\n" * 100)
    _, unreadable = library.run()
    assert unreadable["text.wav"].startswith("not decodable: ")


@pytest.mark.parametrize("extension", ["wav", "aiff", "flac", "ogg", "mp3"])
def test_a_truncated_file_is_in_one_of_the_two_lists(library: Library, extension: str) -> None:
    path = library.folder / f"cut.{extension}"
    sf.write(path, tone(2.0), 44_100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    sounds, unreadable = library.run()
    assert (path.name in sounds) != (path.name in unreadable)
    if path.name in unreadable:
        assert unreadable[path.name]


def test_a_long_flac_that_breaks_off_is_unreadable_in_words_that_help(library: Library) -> None:
    path = library.folder / "long.flac"
    sf.write(path, np.resize(tone(4.0), 31 * RATE), RATE)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 9 // 10])
    _, unreadable = library.run()
    assert unreadable == {"long.flac": "not decodable: damaged, or its end is missing"}


@pytest.mark.parametrize("picture_bytes", [400_000, 1_400_000])
@pytest.mark.parametrize("seconds", [4.0, 35.0])
def test_a_picture_does_not_make_an_mp3_longer(tmp_path: Path, picture_bytes: int, seconds: float) -> None:
    """Where it does not count its frames, as those of iTunes, the length is told by its bytes."""
    path = tmp_path / "loop.mp3"
    with sf.SoundFile(path, "w", 44_100, 1, bitrate_mode="CONSTANT", compression_level=0.5) as file:
        file.write(np.resize(tone(4.0), round(44_100 * seconds)))
    coded = path.read_bytes()
    second = coded.index(coded[:2], 2)  # the first frame is the count
    picture = b"APIC" + (picture_bytes + 14).to_bytes(4) + b"\0\0\0image/jpeg\0\3\0" + bytes(picture_bytes)
    size = bytes(len(picture) >> shift & 127 for shift in (21, 14, 7, 0))
    path.write_bytes(b"ID3\3\0\0" + size + picture + coded[second:])
    assert decode(str(path)).duration_seconds == pytest.approx(seconds, abs=0.06)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_samples_that_are_not_numbers_are_unreadable(library: Library, bad: float) -> None:
    audio = tone(0.5)
    audio[1000] = bad
    sf.write(library.folder / "bad.wav", audio, RATE, subtype="FLOAT")
    _, unreadable = library.run()
    assert unreadable == {"bad.wav": "holds samples that are not numbers"}


def test_silence_is_unreadable(library: Library) -> None:
    sf.write(library.folder / "silence.wav", np.zeros(RATE), RATE)
    _, unreadable = library.run()
    assert unreadable == {"silence.wav": "silent: no sample above -80 dBFS"}


@pytest.mark.parametrize("seconds", [0.5, 31.0])
def test_a_constant_is_unreadable(library: Library, seconds: float) -> None:
    sf.write(library.folder / "constant.wav", np.full(round(seconds * RATE), 0.5), RATE)
    _, unreadable = library.run()
    assert unreadable == {"constant.wav": "silent: nothing but a constant offset"}


@pytest.mark.parametrize("seconds", [0.5, 7.0, 31.0])
@pytest.mark.parametrize("left", [-1.0, -0.9])
def test_where_channels_cancel_the_loudest_stands_for_them(
    tmp_path: Path, seconds: float, left: float
) -> None:
    right = tone(seconds)
    sf.write(tmp_path / "side.wav", np.stack([left * right, right], axis=1), RATE, subtype="FLOAT")
    decoded = decode(str(tmp_path / "side.wav"))
    loudest = 0 if left == -1.0 else 1
    np.testing.assert_allclose(decoded.audio, (left * right if loudest == 0 else right)[: len(decoded.audio)])
    assert decoded.channels == 2
    assert decoded.duration_seconds == pytest.approx(seconds)


@pytest.mark.parametrize("left", [-0.5, 0.0, 1.0])
def test_channels_that_do_not_cancel_are_mixed(tmp_path: Path, left: float) -> None:
    sf.write(tmp_path / "wide.wav", np.stack([left * tone(0.5), tone(0.5)], axis=1), RATE, subtype="FLOAT")
    mixed = (left + 1.0) / 2 * tone(0.5)
    np.testing.assert_allclose(decode(str(tmp_path / "wide.wav")).audio, mixed, atol=1e-6)


def test_channels_that_cancel_are_unreadable_where_they_cannot_be_read_again(library: Library) -> None:
    path = library.folder / "side.flac"
    sf.write(path, np.stack([tone(0.5), -tone(0.5)], axis=1), RATE)
    leave_length_open(path)
    _, unreadable = library.run()
    assert unreadable == {"side.flac": "silent in mono: its channels cancel each other"}


@pytest.mark.parametrize("name", ["a loop.rx2", "a loop.REX", "a loop.rcy"])
def test_a_rex_loop_is_unreadable_in_words_that_help(library: Library, name: str) -> None:
    (library.folder / name).write_bytes(b"CAT \0\0\0\x08REX2HEAD")
    _, unreadable = library.run()
    assert unreadable == {name: "REX loops cannot be read: export them as WAV"}


def test_a_packed_kit_is_unreadable_in_words_that_help(library: Library) -> None:
    (library.folder / "Rock.h2drumkit").write_bytes(gzip.compress(b"Rock/drumkit.xml"))
    _, unreadable = library.run()
    assert unreadable == {
        "Rock.h2drumkit": "a packed Hydrogen kit: unpack it (tar xf), its samples are then found"
    }


def test_what_only_another_system_plays_is_unreadable_not_passed_over(library: Library) -> None:
    (library.folder / "song.wma").write_bytes(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11" * 8)
    (library.folder / "strings.nki").write_bytes(b"no sound file")
    _, unreadable = library.run()
    assert unreadable == {"song.wma": "not decodable: Format not recognised"}


def test_a_few_samples_are_too_short(library: Library) -> None:
    sf.write(library.folder / "click.wav", np.full(10, 0.5), RATE)
    sf.write(library.folder / "nearly.wav", np.full(88, 0.5), 44_100)
    sf.write(library.folder / "still nearer.wav", np.full(1000, 0.5), 500_001)
    _, unreadable = library.run()
    assert unreadable == {
        "click.wav": "too short: 0.453 ms, must be 2 ms",
        "nearly.wav": "too short: 1.995 ms, must be 2 ms",
        "still nearer.wav": "too short: 1.999 ms, must be 2 ms",
    }


@pytest.mark.parametrize("rate", [4, 1_000_000])
def test_a_sample_rate_that_no_music_has_is_unreadable(library: Library, rate: int) -> None:
    sf.write(library.folder / "rate.wav", tone(0.5), rate)
    _, unreadable = library.run()
    assert unreadable == {"rate.wav": f"sample rate must be 1000..768000 Hz, not {rate}"}


def leave_length_open(flac: Path) -> None:
    """As one that was written through a pipe."""
    content = bytearray(flac.read_bytes())
    content[21] &= 0xF0  # the header's count of samples, 36 bits
    content[22:26] = bytes(4)
    flac.write_bytes(content)


@pytest.mark.parametrize("seconds", [0.5, 31.0])
def test_a_flac_that_leaves_its_length_open_is_a_sound(library: Library, seconds: float) -> None:
    path = library.folder / "piped.flac"
    sf.write(path, tone(seconds), RATE)
    leave_length_open(path)
    sounds, _ = library.run()
    assert sounds["piped.flac"].duration_seconds == pytest.approx(seconds)


def test_a_file_that_timbred_fails_on_is_listed_and_tried_again(
    library: Library, make_wav: MakeWav, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_wav(library.folder / "odd.wav", seed=8)
    real = describe

    def fail_on_odd(found: scan_module.Found, *rest: Any) -> Sound:
        if found.path.endswith("odd.wav"):
            raise ZeroDivisionError("by zero")
        return real(found, *rest)

    with monkeypatch.context() as patch:
        patch.setattr("timbred_catalogs.prepare.describe", fail_on_odd)
        assert library.run()[1] == {"odd.wav": "timbred failed on it: ZeroDivisionError('by zero')"}
    assert "ZeroDivisionError" in caplog.text, "the stack is in the log"
    sounds, unreadable = library.run()
    assert ("odd.wav" in sounds, unreadable) == (True, {})


def test_eight_channels_are_a_sound(library: Library) -> None:
    sf.write(library.folder / "eight.wav", np.repeat(tone(0.3)[:, None], 8, axis=1), RATE)
    sounds, unreadable = library.run()
    assert (sounds["eight.wav"].channels, unreadable) == (8, {})


def test_192_khz_is_a_sound(library: Library) -> None:
    sf.write(library.folder / "high.wav", tone(0.3, 192_000), 192_000)
    sounds, _ = library.run()
    assert sounds["high.wav"].sample_rate == 192_000
    assert sounds["high.wav"].duration_seconds == pytest.approx(0.3, abs=1e-3)
    assert sounds["high.wav"].peak_db == pytest.approx(-6.02, abs=0.1)


@pytest.mark.parametrize(
    "shown, real", [("mp3", "WAV"), ("wav", "FLAC"), ("wav", "OGG"), ("flac", "AIFF"), ("wav", "MP3")]
)
def test_a_wrong_extension_does_not_matter(library: Library, shown: str, real: str) -> None:
    sf.write(library.folder / f"wrong.{shown}", tone(0.5, 44_100), 44_100, format=real)
    sounds, unreadable = library.run()
    assert sounds[f"wrong.{shown}"].duration_seconds == pytest.approx(0.5, abs=0.06)
    assert unreadable == {}


@pytest.mark.parametrize(
    "format_, subtype, name",
    [
        ("OGG", "OPUS", "a.opus"),
        ("OGG", "VORBIS", "a.ogg"),
        ("AIFF", None, "a.aif"),
        ("CAF", None, "a.caf"),
        ("W64", None, "a.w64"),
        ("WAV", "IMA_ADPCM", "a.wav"),
        ("AU", None, "a.au"),
        ("AU", None, "a.SND"),
        ("MPC2K", None, "a.snd"),
        ("AVR", None, "a.avr"),
        ("SVX", None, "a.8svx"),
    ],
)
def test_every_format_is_taken(library: Library, format_: str, subtype: str | None, name: str) -> None:
    sf.write(library.folder / name, tone(0.5, 48_000), 48_000, format=format_, subtype=subtype)
    sounds, _ = library.run()
    assert sounds[name].duration_seconds == pytest.approx(0.5, abs=0.02)


def vorbis_in_wav(audio: np.ndarray, rate: int) -> bytes:
    """As old trackers and samplers wrote it: a WAV whose data chunk is an Ogg stream."""
    ogg = io.BytesIO()
    sf.write(ogg, audio, rate, format="OGG", subtype="VORBIS")
    data = ogg.getvalue() + bytes(len(ogg.getvalue()) % 2)
    extra = struct.pack("<II", 0x02010008, 0x12312002)
    form = struct.pack("<HHIIHHH", 0x674F, 1, rate, 11_000, 1, 16, len(extra)) + extra
    chunks = [(b"fmt ", form), (b"fact", struct.pack("<I", len(audio))), (b"data", data)]
    body = b"WAVE" + b"".join(name + struct.pack("<I", len(chunk)) + chunk for name, chunk in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_what_the_first_decoder_refuses_the_second_takes_whatever_its_name(library: Library) -> None:
    content = vorbis_in_wav(tone(0.5, 44_100), 44_100)
    (library.folder / "plain.wav").write_bytes(content)
    (library.folder / os.fsdecode(b"caf\xe9.ogg")).write_bytes(content + bytes(16))
    sounds, unreadable = library.run()
    assert unreadable == {}
    for name in ("plain.wav", os.fsdecode(b"caf\xe9.ogg")):
        assert sounds[name].duration_seconds == pytest.approx(0.5, abs=1e-3)
        assert sounds[name].peak_db == pytest.approx(-6.0, abs=0.3)
        assert (sounds[name].sample_rate, sounds[name].channels) == (44_100, 1)


def test_a_long_file_of_the_second_decoder_is_not_read_whole(tmp_path: Path) -> None:
    audio = np.concatenate([0.1 * tone(50.0), tone(10.0)])
    (tmp_path / "long.wav").write_bytes(vorbis_in_wav(audio, RATE))
    decoded = decode(str(tmp_path / "long.wav"))
    assert decoded.duration_seconds == pytest.approx(60.0, abs=0.01)
    assert len(decoded.audio) == STRETCH_SECONDS * RATE
    assert decoded.peak_db == pytest.approx(-6.0, abs=0.3), "the loudest stretch stands for it"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems decode it, once it is whole")
def test_what_both_decoders_refuse_has_one_reason(library: Library) -> None:
    (library.folder / "song.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(1000))
    whole = vorbis_in_wav(tone(0.5, 44_100), 44_100)
    (library.folder / "cut.wav").write_bytes(whole[: len(whole) // 2])
    _, unreadable = library.run()
    assert unreadable == {
        "song.m4a": "not decodable: MPEG-4 audio (AAC, ALAC), for which this system has no decoder",
        "cut.wav": "not decodable: Error in WAV/W64/RF64 file. Malformed 'fmt ' chunk",
    }


def test_three_hours_are_a_long_sound_and_not_read_whole(library: Library) -> None:
    path = library.folder / "long.wav"
    with sf.SoundFile(path, "w", 2000, 1, "PCM_U8") as file:
        minute = np.zeros(2000 * 60, np.float32)
        for number in range(180):
            file.write(tone(60, 2000) if number == 179 else minute)
    sounds, _ = library.run()
    assert sounds["long.wav"].kind == "long"
    assert sounds["long.wav"].duration_seconds == pytest.approx(3 * 3600)
    assert sounds["long.wav"].peak_db == pytest.approx(-6.02, abs=0.2), "the loudest stretch stands for it"


def test_an_unreadable_folder_is_listed_and_its_known_sounds_stay(
    library: Library, make_wav: MakeWav, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_wav(library.folder / "closed" / "inside.wav", seed=3)
    library.run()
    real = os.scandir

    def closed(folder: str) -> object:
        if folder.endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return real(folder)

    monkeypatch.setattr(os, "scandir", closed)
    sounds, unreadable = library.run()
    assert unreadable == {"closed": "folder cannot be read: Permission denied"}
    assert "closed/inside.wav" in sounds
    monkeypatch.undo()
    assert library.run()[1] == {}


def test_a_loop_of_links_ends(library: Library) -> None:
    (library.folder / "loop").symlink_to(library.folder)
    (library.folder / "a").mkdir()
    (library.folder / "a" / "b").symlink_to(library.folder / "loop" / "a")
    sounds, unreadable = library.run()
    assert (set(sounds), unreadable) == ({"zz good.wav"}, {})


def test_a_link_to_nothing_and_a_link_to_itself_are_unreadable(library: Library) -> None:
    (library.folder / "gone.wav").symlink_to(library.folder / "nowhere.wav")
    (library.folder / "self.wav").symlink_to(library.folder / "self.wav")
    _, unreadable = library.run()
    assert unreadable == {
        "gone.wav": "file cannot be read: No such file or directory",
        "self.wav": "file cannot be read: Too many levels of symbolic links",
    }


def test_xml_that_is_no_file_or_cannot_be_reached_is_passed_over(library: Library) -> None:
    (library.folder / "self.xml").symlink_to(library.folder / "self.xml")
    (library.folder / "far.xml").symlink_to(library.folder / ("x" * 300) / "kit.xml")
    (library.folder / "folder.xml").mkdir()
    os.mkfifo(library.folder / "pipe.xml")
    sounds, unreadable = library.run()
    assert (set(sounds), unreadable) == ({"zz good.wav"}, {})


def test_a_pipe_is_unreadable_and_nobody_waits_for_it(library: Library) -> None:
    os.mkfifo(library.folder / "pipe.wav")
    _, unreadable = library.run()
    assert unreadable == {"pipe.wav": "not a regular file"}


def test_a_name_that_is_not_utf8_is_a_sound_that_can_be_opened_and_printed(
    library: Library, make_wav: MakeWav
) -> None:
    name = os.fsdecode(b"caf\xe9 kick.wav")
    make_wav(library.folder / name, seed=5)
    (library.folder / os.fsdecode(b"\xff.wav")).write_bytes(b"")
    sounds, unreadable = library.run()
    sound = sounds[name]
    assert Path(sound.path).exists()
    assert sound.name.encode() == b"caf\\xe9 kick"
    assert unreadable == {os.fsdecode(b"\xff.wav"): "empty file"}
    assert library.run() == (sounds, unreadable), "a second run knows it again"


def test_a_name_that_would_speak_to_the_terminal_is_escaped(library: Library, make_wav: MakeWav) -> None:
    make_wav(library.folder / "red\x1b[31m\nkick.wav", seed=5)
    sounds, _ = library.run()
    assert sounds["red\x1b[31m\nkick.wav"].name == r"red\x1b[31m\nkick"
    assert printable("red\x1b[31m\nkick") == r"red\x1b[31m\nkick"


@pytest.mark.parametrize(
    "name", ["キック.wav", "набор.wav", "قلب.wav", "🥁.wav", 'it\'s 100% "x".wav', "line\nbreak.wav"]
)
def test_names_in_every_script_are_sounds(library: Library, make_wav: MakeWav, name: str) -> None:
    make_wav(library.folder / name, seed=6)
    first, _ = library.run()
    assert name in first
    assert library.run()[0] == first


def test_a_file_that_vanishes_while_it_is_read_is_listed(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = scan_module.Found(str(library.folder / "gone.wav"), str(library.folder), 10, 10)
    real = scan_module.scan
    monkeypatch.setattr("timbred_catalogs.ingest.scan", lambda roots: [gone, *real(roots)])
    _, unreadable = library.run()
    assert unreadable == {"gone.wav": "file cannot be read: No such file or directory"}


def test_a_file_that_grows_while_it_is_read_waits_for_the_next_run(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = library.folder / "zz good.wav"
    other = library.folder / "growing.wav"
    other.write_bytes(good.read_bytes() + b"\0\0")
    before = scan_module.Found(str(other), str(library.folder), 10, 10)
    real = scan_module.scan
    with monkeypatch.context() as patch:
        patch.setattr(
            "timbred_catalogs.ingest.scan",
            lambda roots: [before if getattr(f, "path", "") == str(other) else f for f in real(roots)],
        )
        assert library.run()[1] == {"growing.wav": "changed while it was read; the next run takes it"}
    sounds, unreadable = library.run()
    assert ("growing.wav" in sounds, unreadable) == (True, {})


def test_a_bad_file_that_is_mended_leaves_the_list(library: Library, make_wav: MakeWav) -> None:
    (library.folder / "later.wav").write_bytes(b"")
    assert "later.wav" in library.run()[1]
    make_wav(library.folder / "later.wav", seed=4)
    sounds, unreadable = library.run()
    assert ("later.wav" in sounds, unreadable) == (True, {})


def test_a_bad_file_that_is_deleted_leaves_the_list(library: Library) -> None:
    (library.folder / "later.wav").write_bytes(b"")
    library.run()
    (library.folder / "later.wav").unlink()
    assert library.run()[1] == {}


def test_macos_leftovers_and_other_files_are_passed_over(library: Library) -> None:
    (library.folder / "._zz good.wav").write_bytes(b"\0\5\x16\7")
    (library.folder / "readme.txt").write_text("hello")
    sounds, unreadable = library.run()
    assert (set(sounds), unreadable) == ({"zz good.wav"}, {})


def test_a_path_of_four_thousand_characters_stops_nothing(library: Library) -> None:
    deep = library.folder
    here = os.open(deep, os.O_RDONLY)
    try:
        for _ in range(20):
            os.mkdir("d" * 200, dir_fd=here)
            below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        sounds, unreadable = library.run()
    finally:
        os.close(here)
    assert set(sounds) == {"zz good.wav"}
    assert all("File name too long" in reason for reason in unreadable.values())


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_thousand_files_in_one_folder_are_all_taken(library: Library) -> None:
    noise = np.random.default_rng(2).standard_normal((10_000, 441)).astype(np.float32) / 8
    for number, audio in enumerate(noise):
        sf.write(library.folder / f"{number}.wav", audio, RATE)
    sounds, unreadable = library.run()
    assert (len(sounds), unreadable) == (10_001, {})
