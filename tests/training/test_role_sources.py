"""Sounds of a known role: what a kit, a note table and a SoundFont give, and what they leave out."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile

from timbred_training.frontend import SAMPLE_RATE
from timbred_training.role_sources import (
    DRUM_VELOCITIES,
    LAYERS_A_VOICE,
    of_drum_font,
    of_kits,
    of_notes,
)


def write_hit(path: Path, silence_seconds: float = 0.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    hit = np.exp(-np.arange(4410) / 800) * np.sin(np.arange(4410) * 0.05)
    soundfile.write(path, np.concatenate([np.zeros(round(silence_seconds * 44_100)), 0.3 * hit]), 44_100)


def test_a_kits_clear_voices_are_given_from_their_onset_on(tmp_path: Path) -> None:
    write_hit(tmp_path / "Maker One" / "Kick.wav", silence_seconds=0.5)
    write_hit(tmp_path / "Maker Two" / "Hat Semi-Open.wav")
    write_hit(tmp_path / "Maker Two" / "Snare.wav")
    sounds = list(of_kits(tmp_path))
    assert [(sound.role, sound.group) for sound in sounds] == [("kick", "kit Maker"), ("snare", "kit Maker")]
    kick = sounds[0].audio
    assert len(kick) == pytest.approx(0.105 * SAMPLE_RATE, abs=40)
    assert np.abs(kick).max() == pytest.approx(1.0, abs=0.05)


def test_of_a_voices_layers_a_few_are_given(tmp_path: Path) -> None:
    for layer in range(12):
        write_hit(tmp_path / "Kit" / f"{layer}-Kick.wav")
    assert len(list(of_kits(tmp_path))) == LAYERS_A_VOICE


def test_silence_and_what_is_no_audio_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "Kit").mkdir()
    (tmp_path / "Kit" / "Snare.wav").write_bytes(b"RIFF nonsense")
    soundfile.write(tmp_path / "Kit" / "Kick.wav", np.zeros(4410), 44_100)
    assert list(of_kits(tmp_path)) == []


def test_note_tables_give_reference_notes_of_the_train_split_up_to_a_limit(toy_table: Path) -> None:
    sounds = list(of_notes(toy_table, most=0))
    assert sounds
    assert len({sound.group for sound in sounds}) == len(sounds), "one note an instrument"
    few = list(of_notes(toy_table, most=1))
    assert len(few) == len({sound.role for sound in sounds})


def test_a_synthesizers_drum_has_the_role_that_its_patch_is_named_for(
    toy_table: Path, tmp_path: Path
) -> None:
    table = pq.read_table(toy_table / "toy.parquet")
    patches = {"toy_002": "a bank/Drums/Deep Kick.fxp", "toy_005": "a bank/Drums/Zap 3.fxp", "toy_008": None}
    named = [patches.get(name, "a bank/Snare Lead.fxp") for name in table["instrument_id"].to_pylist()]
    pq.write_table(table.append_column("patch", pa.array(named)), tmp_path / "named.parquet")
    sounds = list(of_notes(tmp_path, most=0))
    learnt_only = [sound for sound in sounds if not sound.judged]
    assert [sound.role for sound in learnt_only].count("kick") == 1
    assert {sound.role for sound in learnt_only} == {"kick", "snare"}, "left out where the name says nothing"
    assert {sound.role for sound in sounds if sound.judged} == {"bass", "lead"}


class OneKit:
    """A SoundFont whose drums lie in its first bank; each key sounds as loud as it is struck."""

    def __init__(self, path: Path) -> None:
        assert path.suffix == ".sf2"

    def presets(self) -> dict[tuple[int, int], str]:
        return {(0, 0): "Four Pieces"}

    def play(
        self, preset: tuple[int, int], pitch: int, velocity: int, hold_seconds: float, tail_seconds: float
    ) -> np.ndarray:
        assert preset == (0, 0)
        hit = np.exp(-np.arange(44_100) / 800) * np.sin(np.arange(44_100) * 0.001 * pitch)
        return (velocity / 127 * hit).astype(np.float32)


def test_a_drum_font_gives_each_key_softly_and_hard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("timbred_training.role_sources.SoundFontPlayer", OneKit)
    sounds = list(of_drum_font(Path("Pearl.sf2")))
    roles = [sound.role for sound in sounds]
    assert roles.count("clap") == len(DRUM_VELOCITIES)
    assert len(set(roles)) == 8
    assert {(sound.group, sound.judged) for sound in sounds} == {("font Pearl", False)}
    assert max(len(sound.audio) for sound in sounds) < SAMPLE_RATE / 2, "cut where it has faded"
