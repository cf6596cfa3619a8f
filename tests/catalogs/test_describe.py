"""A sound's facts where names and ears both say something, and where a name is no longer what it was."""

from dataclasses import replace

import pytest

from timbred_catalogs.describe import describe, renamed
from timbred_catalogs.measured import Measured
from timbred_catalogs.name_facts import Estimate
from timbred_catalogs.rows import sounds_of, sounds_table
from timbred_catalogs.scan import Found
from timbred_catalogs.sound import Sound

MEASURED = Measured(
    duration_seconds=9.6,
    peak_db=-1.0,
    loudness_lufs=-12.0,
    channels=2,
    sample_rate=44_100,
    attack_seconds=0.01,
    brightness_hz=900.0,
    pitch=None,
    tempo=None,
    key=None,
)


def described(path: str, measured: Measured = MEASURED) -> Sound:
    return describe(Found(path, "/s", 1000, 0), "0" * 32, measured)


@pytest.mark.parametrize(
    ("name", "heard", "tempo", "confidence"),
    [
        ("hiphop 87 loop", 174.0, 87.0, 0.9),
        ("dnb 174 loop", 87.1, 174.0, 0.9),
        ("house 124 loop", 124.2, 124.0, 0.9),
        ("techno 130 loop", 97.0, 97.0, 0.9),
        ("loop 90bpm", 180.0, 90.0, 0.95),
    ],
)
def test_a_name_knows_which_octave_of_a_tempo_is_meant(
    name: str, heard: float, tempo: float, confidence: float
) -> None:
    sound = described(f"/s/Loops/{name}.wav", replace(MEASURED, tempo=Estimate(heard, 0.9)))
    assert (sound.tempo_bpm, sound.tempo_confidence) == (tempo, confidence)


def test_a_letter_behind_a_drums_name_is_no_key() -> None:
    assert described("/s/Kick A.wav").key is None
    assert described("/s/Pad A.wav").key == "A"
    assert described("/s/Perc Loop F#m.wav").key == "F# minor"


def test_an_808_with_a_key_is_a_bass() -> None:
    assert described("/s/Spinz 808 (C).wav").role == "bass"
    assert described("/s/808 Kick C.wav").role == "kick"
    for name in ("Spinz 808", "808 Kick Snare Am", "808 Drums Am", "808 Loop Am 140", "Roland TR-808 Kit B"):
        assert described(f"/s/{name}.wav").role is None
    assert described("/s/Kicks/808 C.wav").role == "kick"


def test_what_an_old_name_said_goes_with_it_and_what_was_heard_stays() -> None:
    heard = replace(MEASURED, key=("A minor", 0.7))
    (sound,) = sounds_of(sounds_table([described("/s/Loops/beat 200bpm loop.wav", heard)]))
    assert (sound.tempo_bpm, sound.key) == (200.0, "A minor")
    moved = renamed(sound, "/s/Loops/beat loop.wav", "/s")
    assert (moved.tempo_bpm, moved.tempo_confidence, moved.key) == (None, 0.0, "A minor")
    assert renamed(sound, "/s/Loops/beat 100bpm loop.wav", "/s").tempo_bpm == 100.0
