"""Sounds of a known role: what a kit, a note table and a SoundFont give, and what they leave out."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile

from timbred_training.frontend import SAMPLE_RATE
from timbred_training.role_sources import LAYERS_A_VOICE, of_kits, of_notes


def write_hit(path: Path, silence_seconds: float = 0.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    hit = np.exp(-np.arange(4410) / 800) * np.sin(np.arange(4410) * 0.05)
    soundfile.write(path, np.concatenate([np.zeros(round(silence_seconds * 44_100)), 0.3 * hit]), 44_100)


def test_a_kits_clear_voices_are_given_from_their_onset_on(tmp_path: Path) -> None:
    write_hit(tmp_path / "Maker One" / "Kick.wav", silence_seconds=0.5)
    write_hit(tmp_path / "Maker Two" / "Hat Semi-Open.wav")
    write_hit(tmp_path / "Maker Two" / "Snare.wav")
    sounds = list(of_kits(tmp_path))
    assert [(sound.role, sound.group) for sound in sounds] == [
        ("kick", "kit Maker One"),
        ("snare", "kit Maker One"),
    ]
    kick = sounds[0].audio
    assert len(kick) == pytest.approx(0.105 * SAMPLE_RATE, abs=40)
    assert np.abs(kick).max() == pytest.approx(1.0, abs=0.05)


def write_author(kit: Path, author: str) -> None:
    kit.joinpath("drumkit.xml").write_text(f"<drumkit_info><author>{author}</author></drumkit_info>")


def test_kits_of_one_maker_or_with_one_recording_are_one_group(tmp_path: Path) -> None:
    for number, kit in enumerate(("Pearl", "Rock", "Gloves", "Zulu")):
        write_hit(tmp_path / kit / "Kick.wav", silence_seconds=0.01 * number)
    write_author(tmp_path / "Pearl", "Ann Lee [https://example.org]")
    write_author(tmp_path / "Rock", "Bo / ann lee")
    (tmp_path / "Gloves" / "Snare.wav").write_bytes((tmp_path / "Rock" / "Kick.wav").read_bytes())
    groups = {sound.group for sound in of_kits(tmp_path)}
    assert groups == {"kit Gloves", "kit Zulu"}


def test_of_a_voices_layers_a_few_are_given(tmp_path: Path) -> None:
    for layer in range(12):
        write_hit(tmp_path / "Kit" / f"{layer}-Kick.wav")
    assert len(list(of_kits(tmp_path))) == LAYERS_A_VOICE


def test_silence_and_what_is_no_audio_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "Kit").mkdir()
    (tmp_path / "Kit" / "Snare.wav").write_bytes(b"RIFF nonsense")
    soundfile.write(tmp_path / "Kit" / "Kick.wav", np.zeros(4410), 44_100)
    assert list(of_kits(tmp_path)) == []


def test_what_is_no_file_or_holds_no_numbers_is_left_out(tmp_path: Path) -> None:
    write_hit(tmp_path / "Kit" / "Kick.wav")
    (tmp_path / "Kit" / "Snare.wav").symlink_to("nowhere")
    (tmp_path / "Kit" / "Hat.wav").mkdir()
    soundfile.write(tmp_path / "Kit" / "Clap.wav", np.full(4410, np.nan), 44_100, subtype="FLOAT")
    assert [sound.role for sound in of_kits(tmp_path)] == ["kick"]


def test_a_name_that_is_no_utf_8_is_read(tmp_path: Path) -> None:
    write_hit(tmp_path / "Kit" / "Kick.wav")
    try:
        (tmp_path / "Kit" / "Kick.wav").rename(tmp_path / "Kit" / os.fsdecode(b"Kick \xe9.wav"))
    except OSError:
        pytest.skip("the file system takes UTF-8 names only")
    assert [sound.role for sound in of_kits(tmp_path)] == ["kick"]


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
