"""The demo's song: its arrangement as data, and that what is said to play does play."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from timbred_catalogs.starter import song
from timbred_catalogs.starter.packs import library_sounds
from timbred_catalogs.starter.score import Score, Section, demo_score

SCORE = demo_score()
PATHS = {sound.path for sound in library_sounds()}


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Score:
    """Two bars: drums alone, then with the bass."""
    sections = (Section("drums", 1, 1, ("kick",)), Section("bass", 2, 2, ("kick", "bass")))
    voices = {name: SCORE.voices[name] for name in ("kick", "bass")}
    made = replace(SCORE, bars=2, sections=sections, voices=voices)
    monkeypatch.setattr(song, "demo_score", lambda: made)
    return made


def test_the_song_lasts_between_sixty_and_ninety_seconds() -> None:
    assert 60 <= SCORE.seconds(SCORE.bars * 16) <= 90


def test_sections_follow_one_another_to_the_end() -> None:
    assert SCORE.sections[0].from_bar == 1
    assert SCORE.sections[-1].to_bar == SCORE.bars
    for before, after in zip(SCORE.sections, SCORE.sections[1:], strict=False):
        assert after.from_bar == before.to_bar + 1


def test_some_voices_are_in_the_library_and_some_are_not() -> None:
    held = [voice for voice in SCORE.voices.values() if voice.library_paths]
    assert 5 <= len(held) <= len(SCORE.voices) - 3
    assert all(set(voice.library_paths) <= PATHS for voice in held)


def test_a_pitched_voice_of_the_library_plays_notes_that_the_library_does_not_hold() -> None:
    for name in ("bass", "pad", "keys", "bell", "strings"):
        assert {note.sound.path for note in SCORE.notes(SCORE.voices[name])} - PATHS, name


def test_every_voice_of_a_section_plays_in_it() -> None:
    for section in SCORE.sections:
        for name in section.voices:
            starts = [note.start_sixteenth // 16 + 1 for note in SCORE.notes(SCORE.voices[name])]
            assert any(section.from_bar <= bar <= section.to_bar for bar in starts), (section.name, name)


def test_the_file_and_its_json_agree(tmp_path: Path, short: Score) -> None:
    told = song.write_demo_song(tmp_path / "demo" / "song.wav")
    assert json.loads((tmp_path / "demo" / "song.json").read_text()) == told
    assert [section["in_library"] for section in told["sections"]] == [["kick"], ["kick", "bass"]]
    audio, rate = soundfile.read(tmp_path / "demo" / "song.wav")
    assert (rate, audio.shape[1]) == (44_100, 2)
    assert 0.85 < np.abs(audio).max() < 0.9


def test_a_kick_falls_on_each_beat(tmp_path: Path, short: Score) -> None:
    song.write_demo_song(tmp_path / "song.wav")
    audio, rate = soundfile.read(tmp_path / "song.wav")
    for beat in range(4):
        at = round(beat * 60 / short.tempo * rate)
        just_before = np.abs(audio[max(0, at - 400) : at]).max(initial=0)
        assert np.abs(audio[at : at + 1500]).max() > 3 * just_before + 0.1


def test_a_seed_gives_the_same_song(tmp_path: Path, short: Score) -> None:
    for name in ("one.wav", "two.wav"):
        song.write_demo_song(tmp_path / name, seed=3)
    assert (tmp_path / "one.wav").read_bytes() == (tmp_path / "two.wav").read_bytes()
