"""What a file's header says of its music, and how far it is believed."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from timbred_catalogs.decode import decode
from timbred_catalogs.describe import describe, renamed
from timbred_catalogs.header_facts import NO_FACTS, header_facts
from timbred_catalogs.measured import measured
from timbred_catalogs.scan import Found
from timbred_catalogs.sound import Sound

RATE = 22_050
ONE_SHOT, HAS_ROOT = 1, 2


def acid(flags: int, *, root: int = 60, beats: int = 0, bpm: float = 0.0) -> tuple[bytes, bytes]:
    return b"acid", struct.pack("<IHHfIHHf", flags, root, 0x8000, 0.0, beats, 4, 4, bpm)


def smpl(note: int) -> tuple[bytes, bytes]:
    return b"smpl", struct.pack("<9I", 0, 0, 1_000_000_000 // RATE, note, 0, 0, 0, 0, 0)


def write(path: Path, *chunks: tuple[bytes, bytes], seconds: float = 2.0) -> Path:
    """A WAV with these chunks behind its sound."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0).normal(0, 0.1, round(seconds * RATE))
    sf.write(path, noise, RATE, subtype="PCM_16")
    body = path.read_bytes()[8:] + b"".join(
        name + struct.pack("<I", len(data)) + data for name, data in chunks
    )
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def described(path: Path) -> Sound:
    root = str(path.parent)
    return describe(Found(str(path), root, 1, 0), "0" * 32, measured(decode(str(path))))


@pytest.mark.parametrize(
    ("chunks", "tempo", "root"),
    [
        ([], None, None),
        ([acid(0, beats=4, bpm=120.0)], 120.0, None),
        ([acid(HAS_ROOT, root=57, beats=4, bpm=120.0)], 120.0, 57.0),
        ([acid(HAS_ROOT, root=60, beats=4, bpm=120.0)], 120.0, None),
        ([acid(0, root=57, beats=4, bpm=120.0), smpl(50)], 120.0, 50.0),
        ([acid(0, beats=4, bpm=126.0)], None, None),
        ([acid(0, beats=4, bpm=0.0)], None, None),
        ([acid(0, beats=0, bpm=120.0)], None, None),
        ([acid(0, beats=4, bpm=float("nan"))], None, None),
        ([acid(ONE_SHOT, beats=4, bpm=120.0)], None, None),
        ([smpl(45)], None, 45.0),
        ([smpl(60)], None, None),
        ([smpl(4_000_000_000)], None, None),
    ],
)
def test_a_header_is_believed_where_it_can_be_true(
    tmp_path: Path, chunks: list[tuple[bytes, bytes]], tempo: float | None, root: float | None
) -> None:
    with sf.SoundFile(write(tmp_path / "x.wav", *chunks)) as file:
        facts = header_facts(file)
    assert (facts.tempo.value if facts.tempo else None) == tempo
    assert (facts.root.value if facts.root else None) == root


def test_other_formats_say_nothing(tmp_path: Path) -> None:
    for suffix in (".flac", ".ogg", ".aiff"):
        sf.write(tmp_path / f"x{suffix}", np.zeros(1000), RATE)
        with sf.SoundFile(tmp_path / f"x{suffix}") as file:
            assert header_facts(file) == NO_FACTS


def test_a_loop_whose_name_says_nothing_is_one_by_its_header(tmp_path: Path) -> None:
    sound = described(write(tmp_path / "V" / "VEH1 044.wav", acid(HAS_ROOT, root=57, beats=4, bpm=120.0)))
    assert (sound.kind, sound.tempo_bpm) == ("loop", 120.0)
    assert sound.key is not None and sound.key.startswith("A")
    assert described(write(tmp_path / "V" / "VEH1 045.wav")).kind == "one_shot"


def test_a_name_that_says_its_tempo_is_surer_than_the_header(tmp_path: Path) -> None:
    sound = described(write(tmp_path / "V" / "beat 60bpm.wav", acid(0, beats=4, bpm=120.0)))
    assert (sound.kind, sound.tempo_bpm) == ("loop", 60.0)


def test_the_root_of_a_note_is_its_pitch_and_that_of_a_drum_means_nothing(tmp_path: Path) -> None:
    assert described(write(tmp_path / "V" / "Rhodes.wav", smpl(45), seconds=0.5)).pitch_midi == 45.0
    assert described(write(tmp_path / "V" / "Kick.wav", smpl(45), seconds=0.5)).pitch_midi is None
    loop = described(write(tmp_path / "V" / "Snare.wav", acid(HAS_ROOT, root=57, beats=4, bpm=120.0)))
    assert loop.kind == "loop" and not (loop.key or "").startswith("A")


@pytest.mark.parametrize("place", ["V/Hit OneShot 1.wav", "One Shots/Hit 1.wav"])
def test_a_name_that_says_one_shot_is_surer_than_the_header(tmp_path: Path, place: str) -> None:
    assert described(write(tmp_path / place, acid(0, beats=4, bpm=120.0))).kind == "one_shot"


def test_a_kind_that_the_folders_did_not_say_is_said_by_a_new_name(tmp_path: Path) -> None:
    sound = described(write(tmp_path / "Loops" / "V" / "a.wav"))
    assert sound.kind == "one_shot", "the folder above was not added"
    assert renamed(sound, str(tmp_path / "b" / "a 120bpm loop.wav"), str(tmp_path)).kind == "loop"


def test_what_a_header_said_outlasts_another_name(tmp_path: Path) -> None:
    sound = described(write(tmp_path / "a" / "044.wav", acid(0, beats=4, bpm=120.0)))
    moved = renamed(sound, str(tmp_path / "b" / "dusty.wav"), str(tmp_path))
    assert (moved.kind, moved.tempo_bpm, moved.name) == ("loop", 120.0, "dusty")
