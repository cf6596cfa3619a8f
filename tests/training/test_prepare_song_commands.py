"""What the commands that prepare songs say and refuse."""

import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import mido
import numpy as np
import pytest
import soundfile
from toy_scores import write_score

from timbred_training import cli
from timbred_training.errors import TrainingError
from timbred_training.fit.kits import find_kits
from timbred_training.fit.scores import ScoreSource


def run(*line: object) -> None:
    cli.app([str(word) for word in line], standalone_mode=False)


def write_song(folder: Path, hz: float = 110.0) -> Path:
    """Two stems that are tones."""
    folder.mkdir(parents=True)
    t = np.arange(32_000) / 32_000
    for name, factor in (("Bass", 1.0), ("Lead", 2.5)):
        soundfile.write(folder / f"{name}.wav", 0.3 * np.sin(2 * np.pi * factor * hz * t), 32_000)
    return folder


def test_songs_that_were_there_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for collection in ("one", "two"):
        write_song(tmp_path / collection / "Song 1")
        run("prepare", "songs", tmp_path / collection, tmp_path / "out.lance")
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == f"1 songs written to {tmp_path / 'out.lance'}"
    assert lines[3:] == [
        f"0 songs written to {tmp_path / 'out.lance'}",
        "1 of their names were there already; another collection needs another --name",
    ]


@pytest.mark.parametrize("command", ["songs", "modules"])
def test_files_linked_from_a_folder_marked_no_train_are_refused(tmp_path: Path, command: str) -> None:
    pack, song = write_song(tmp_path / "pack" / "Song"), tmp_path / "songs" / "Song"
    song.mkdir(parents=True)
    for file in pack.iterdir():
        (song / file.name).symlink_to(file)
    (song / "song.mod").symlink_to(pack / "Bass.wav")
    (tmp_path / "pack" / "NO-TRAIN").touch()
    with pytest.raises(TrainingError, match=r"not be marked NO-TRAIN, but .*pack is"):
        run("prepare", command, tmp_path / "songs", tmp_path / "out.lance")


class FewPresets:
    """Of tinysoundfont's `Synth` what is asked of it; its font holds one bass and nothing else."""

    def __init__(self, **_: object) -> None:
        self._sounds = False

    def sfload(self, path: str) -> int:
        return 0

    def sfpreset_name(self, font: int, bank: int, preset: int) -> str | None:
        return "Bass" if preset == 35 else None

    def program_select(self, channel: int, font: int, bank: int, preset: int) -> None:
        if preset != 35:
            raise RuntimeError("Error in channel_set_preset_number")

    def sounds_off(self) -> None:
        self._sounds = False

    def noteon(self, channel: int, pitch: int, velocity: int) -> None:
        self._sounds = True

    def noteoff(self, channel: int, pitch: int) -> None:
        self._sounds = False

    def generate(self, frames: int) -> bytes:
        return np.full(2 * frames, 0.1 * self._sounds, np.float32).tobytes()


def test_a_soundfont_need_not_have_all_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tinysoundfont", SimpleNamespace(Synth=FewPresets))
    file = mido.MidiFile()
    for channel, program, pitches in ((9, 0, (36, 38)), (0, 33, (40,)), (1, 0, (60,))):
        track = mido.MidiTrack([mido.Message("program_change", channel=channel, program=program)])
        for pitch in pitches:
            track += [
                mido.Message("note_on", channel=channel, note=pitch),
                mido.Message("note_off", channel=channel, note=pitch, time=480),
            ]
        file.tracks.append(track)
    file.save(tmp_path / "a.mid")
    for name in ("kick", "snare"):
        (write_song(tmp_path / name) / "Bass.wav").rename(tmp_path / f"{name}.wav")
        shutil.rmtree(tmp_path / name)
    song = ScoreSource(tmp_path, find_kits(tmp_path), tmp_path / "font.sf2").read("a.mid#1")
    assert song is not None
    assert [shot.role for stem in song.stems for shot in stem.one_shots] == ["kick", "snare", "bass"]


@pytest.mark.parametrize("content", [b"", b"nothing"])
def test_a_soundfont_of_notes_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    pytest.importorskip("tinysoundfont")
    (tmp_path / "font.sf2").write_bytes(content)
    line = ("prepare", "soundfont", tmp_path / "font.sf2", tmp_path / "out.lance")
    with pytest.raises(TrainingError, match=r"must be a readable .*, not .*font\.sf2"):
        run(*line, "--name", "x", "--licence", "own")


@pytest.mark.parametrize("content", [None, b"", b"nothing"])
def test_a_soundfont_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    pytest.importorskip("tinysoundfont")
    write_score(tmp_path / "scores" / "a.mid")
    for name in ("kick", "snare"):
        write_song(tmp_path / "kits" / name)
        (tmp_path / "kits" / name / "Bass.wav").rename(tmp_path / "kits" / f"{name}.wav")
    font = tmp_path / "font.sf2"
    if content is not None:
        font.write_bytes(content)
    with pytest.raises(TrainingError, match=r"must be a readable .*, not .*font\.sf2"):
        run(
            "prepare",
            "scores",
            tmp_path / "scores",
            tmp_path / "out",
            "--kits",
            tmp_path / "kits",
            "--font",
            font,
        )
