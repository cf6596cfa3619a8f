"""Roles by ear: names help and don't decide, and what the user said stands."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fixed_head import Says

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.ingest import ingest
from timbred_catalogs.marks import set_role
from timbred_catalogs.role_names import NOTHING, RoleGuess
from timbred_catalogs.role_sounds import joined, relabel, with_roles
from timbred_catalogs.sound import Sound

MakeWav = Callable[..., Path]
KICK_BY_NAME = RoleGuess("kick", 0.9, "name")


def test_a_sound_without_a_name_has_the_role_that_is_heard() -> None:
    guess = joined(NOTHING, {"snare": 0.8, "clap": 0.2})
    assert (guess.role, guess.source) == ("snare", "sound")
    assert guess.confidence == pytest.approx(0.80, abs=0.01)


def test_an_ear_that_agrees_makes_a_name_surer() -> None:
    guess = joined(KICK_BY_NAME, {"kick": 0.6, "tom": 0.4})
    assert (guess.role, guess.source) == ("kick", "name")
    assert guess.confidence > 0.98


def test_a_name_stands_against_an_ear_that_is_of_two_minds() -> None:
    assert joined(KICK_BY_NAME, {"kick": 0.1, "tom": 0.9}).role == "kick"


def test_an_ear_that_is_sure_overrules_a_folder() -> None:
    guess = joined(RoleGuess("kick", 0.7, "folder"), {"kick": 0.0, "pad": 1.0})
    assert (guess.role, guess.source) == ("pad", "sound")


def test_an_ear_that_is_sure_of_a_drum_overrules_a_name_and_one_for_instruments_does_not() -> None:
    named = RoleGuess("organ", 0.9, "name")
    assert joined(named, {"organ": 0.0, "kick": 1.0}).role == "kick"
    assert joined(named, {"organ": 0.0, "lead": 1.0}).role == "organ"


@pytest.mark.parametrize(
    ("seconds", "hertz", "role"),
    [(0.1, 60.0, None), (0.008, 4000.0, None), (0.1, 120.0, "kick"), (0.1, None, "kick")],
)
def test_one_cycle_of_a_wave_has_the_role_that_its_name_says(
    make_sound: Callable[..., Sound], seconds: float, hertz: float | None, role: str | None
) -> None:
    facts = {"duration_seconds": seconds, "brightness_hz": hertz}
    named = {"role": "snare", "role_confidence": 0.9, "role_source": "name"}
    sounds = [make_sound(1, **facts), make_sound(2, **facts, **named)]
    vectors = {"timbre": np.ones((2, 24), np.float32)}
    nameless, other = with_roles(sounds, vectors, Says({"kick": 1.0, "snare": 0.0}))
    assert nameless.role == role
    assert other.role == (role or "snare")


def test_what_lies_among_waveforms_is_no_drum(make_sound: Callable[..., Sound]) -> None:
    paths = ["/s/Single Cycles/a.wav", "/s/waveforms/b.flac", "/s/Hits/c.wav"]
    sounds = [make_sound(number, path=path) for number, path in enumerate(paths)]
    heard = with_roles(sounds, {"timbre": np.ones((3, 24), np.float32)}, Says({"kick": 1.0}))
    assert [sound.role for sound in heard] == [None, None, "kick"]


def test_a_role_that_the_head_does_not_know_stays_with_its_name() -> None:
    assert joined(RoleGuess("organ", 0.9, "name"), {"kick": 0.6, "pad": 0.4}).role == "organ"


def test_an_ear_that_hears_everything_alike_says_nothing() -> None:
    assert joined(NOTHING, dict.fromkeys(("kick", "snare", "clap", "tom"), 0.25)) == NOTHING


def test_loops_the_users_word_and_the_packs_are_left_alone(make_sound: Callable[..., Sound]) -> None:
    head = Says({"kick": 1.0})
    said = {"role": "pad", "role_confidence": 1.0}
    sounds = [
        make_sound(1),
        make_sound(2, kind="loop"),
        make_sound(3, role_source="user", **said),
        make_sound(4, role_source="library", **said),
    ]
    heard = with_roles(sounds, {"timbre": np.ones((4, 24), np.float32)}, head)
    assert [sound.role for sound in heard] == ["kick", None, "pad", "pad"]
    assert with_roles(sounds, {"fit.sample": np.ones((4, 24), np.float32)}, head) == sounds


def test_a_run_gives_nameless_sounds_their_roles(
    tmp_path: Path, memory: Catalogue, embedder: Embedder, make_wav: MakeWav
) -> None:
    make_wav(tmp_path / "untitled 7.wav", seed=1)
    make_wav(tmp_path / "Snare 3.wav", seed=2)
    ingest(memory, [tmp_path], [embedder], role_head=Says({"kick": 0.7, "snare": 0.3}))
    found = {sound.name: (sound.role, sound.role_source) for sound in memory.sounds()}
    assert found == {"untitled 7": ("kick", "sound"), "Snare 3": ("snare", "name")}


def test_a_new_head_hears_all_anew_but_not_what_the_user_said(
    tmp_path: Path, memory: Catalogue, embedder: Embedder, make_wav: MakeWav
) -> None:
    for number in range(3):
        make_wav(tmp_path / f"untitled {number}.wav", seed=number)
    ingest(memory, [tmp_path], [embedder])
    mine = next(sound for sound in memory.sounds() if sound.name == "untitled 0")
    set_role(memory, [mine.id], "pad")
    head = Says({"kick": 1.0})
    assert relabel(memory, head) == 2
    assert sorted(sound.role or "" for sound in memory.sounds()) == ["kick", "kick", "pad"]
    assert relabel(memory, head) == 0
    with pytest.raises(CatalogError, match="made by bands-1, not by other"):
        relabel(memory, Says({"kick": 1.0}, model_id="other"))
