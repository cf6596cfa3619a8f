"""Which roles the parts of a folder of stems have: by their names without the song's, or by their sound."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from timbred_training.fit.stems import StemSource
from timbred_training.frontend import SAMPLE_RATE


def struck(sounds: list[np.ndarray], every_seconds: float, seconds: float = 8.0) -> np.ndarray:
    """The sounds in turn, each cut by the next."""
    step = int(every_seconds * SAMPLE_RATE)
    audio = np.zeros(int(seconds * SAMPLE_RATE))
    for k, begin in enumerate(range(0, len(audio), step)):
        part = sounds[k % len(sounds)][: min(step, len(audio) - begin)]
        audio[begin : begin + len(part)] = part
    return 0.3 * audio


def time(seconds: float = 1.0) -> np.ndarray:
    return np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE


def thump(hz: float = 60.0) -> np.ndarray:
    return np.asarray(np.sin(2 * np.pi * hz * time(0.4)) * np.exp(-20 * time(0.4)))


def hiss() -> np.ndarray:
    noise = np.diff(np.random.default_rng(0).standard_normal(len(time(0.25)) + 1)) * np.exp(-60 * time(0.25))
    return np.asarray(noise / np.abs(noise).max())


def organ(hz: float) -> np.ndarray:
    """A held note of nine partials."""
    waves = [np.sin(2 * np.pi * k * hz * time() + k) / k for k in (1, 2, 3, 4, 6, 8)]
    held = np.sum(waves, axis=0) * np.minimum(1.0, 100 * time())
    return np.asarray(held / np.abs(held).max())


def pluck(note: int) -> np.ndarray:
    """A note that dies away as a drum does."""
    hz = 440 * 2 ** ((note - 69) / 12)
    return np.asarray(np.sin(2 * np.pi * hz * time(0.4)) * np.exp(-12 * time(0.4)))


def roles(folder: Path, **parts: np.ndarray) -> dict[str, list[str]]:
    """The roles of the parts of a song of this folder."""
    folder.mkdir(parents=True)
    for name, audio in parts.items():
        soundfile.write(folder / f"{name.replace('_', '-')}.wav", audio, SAMPLE_RATE)
    song = StemSource(folder.parent).read(folder.name)
    assert song is not None
    return {stem.name: [shot.role for shot in stem.one_shots] for stem in song.stems}


@pytest.mark.parametrize(
    ("folder", "prefix"),
    [("Sidekick", "Sidekick"), ("Me - Sidekick", "Sidekick"), ("Sidekick 2 stems", "Sidekick")],
)
def test_the_name_of_the_song_tells_no_role(tmp_path: Path, folder: str, prefix: str) -> None:
    notes = [pluck(note) for note in (50, 52, 54, 57, 59)]
    parts = {
        f"{prefix}_bass": struck([thump(80.0)], 1.0),
        f"{prefix}_drums": struck([thump(), hiss()], 0.5),
        f"{prefix}_vox": struck(notes, 0.5),
    }
    assert roles(tmp_path / folder, **parts) == {
        f"{prefix}-bass": ["bass"],
        f"{prefix}-drums": ["hat", "kick"],
        f"{prefix}-vox": [],
    }


def test_a_part_named_as_the_song_keeps_its_word(tmp_path: Path) -> None:
    parts = {"Bass_Guitar": struck([organ(80.0)], 1.0), "Lead": struck([organ(300.0)], 0.7)}
    assert roles(tmp_path / "Bass Odyssey", **parts) == {"Bass-Guitar": ["bass"], "Lead": ["lead"]}


@pytest.mark.parametrize("every_seconds", [0.2, 0.5, 0.9])
def test_held_notes_that_the_next_cuts_off_are_no_drum(tmp_path: Path, every_seconds: float) -> None:
    parts = {"A": struck([organ(110.0), organ(82.5)], every_seconds), "B": struck([thump()], 0.5)}
    assert roles(tmp_path / "x", **parts) == {"A": [], "B": ["kick"]}


@pytest.mark.parametrize(("sound", "every", "role"), [(thump, 0.2, "kick"), (hiss, 0.12, "hat")])
def test_drums_in_fast_patterns_are_drums(
    tmp_path: Path, sound: Callable[[], np.ndarray], every: float, role: str
) -> None:
    parts = {"A": struck([sound()], every), "B": struck([organ(220.0)], 1.0)}
    assert roles(tmp_path / "x", **parts) == {"A": [role], "B": []}


def test_a_part_of_many_pitches_is_no_drum(tmp_path: Path) -> None:
    few, many = ([pluck(note) for note in notes] for notes in ((45, 48), (45, 47, 49, 52, 54, 57)))
    found = roles(tmp_path / "x", A=struck(few, 0.5), B=struck(many, 0.5))
    assert [len(found["A"]), found["B"]] == [1, []]


def test_what_sounds_when_the_excerpt_begins_is_no_one_shot(tmp_path: Path) -> None:
    audio = np.zeros(40 * SAMPLE_RATE)
    t = np.arange(20 * SAMPLE_RATE) / SAMPLE_RATE
    for begin, hz in ((7.5, 220.0), (27.0, 330.0), (36.0, 220.0)):
        first = int(begin * SAMPLE_RATE)
        ringing = np.sin(2 * np.pi * hz * t) * np.exp(-0.5 * t)
        audio[first : first + len(t)] += 0.3 * ringing[: len(audio) - first]
    (tmp_path / "x").mkdir()
    soundfile.write(tmp_path / "x" / "Lead.wav", audio, SAMPLE_RATE)
    soundfile.write(tmp_path / "x" / "Kick.wav", struck([thump()], 0.5, 40.0), SAMPLE_RATE)
    song = StemSource(tmp_path).read("x")
    assert song is not None
    shot = next(stem for stem in song.stems if stem.name == "Lead").one_shots[0].audio
    assert np.abs(np.fft.rfft(shot, 2 * SAMPLE_RATE)).argmax() / 2 == pytest.approx(330.0, abs=2.0)
