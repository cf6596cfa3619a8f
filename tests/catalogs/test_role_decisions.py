"""Whose word a sound's role comes from: the names', the ear's, the user's; and how sure one has to be."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fixed_head import Says

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.marks import set_role
from timbred_catalogs.role_names import NOTHING, RoleGuess
from timbred_catalogs.role_sounds import joined, relabel, with_roles
from timbred_catalogs.sound import Sound

MakeSound = Callable[..., Sound]
VECTORS = np.eye(8, dtype=np.float32)


@pytest.mark.parametrize("source", [None, "name", "folder", "sound"])
def test_what_names_or_an_ear_said_is_heard_anew(make_sound: MakeSound, source: str | None) -> None:
    said = {} if source is None else {"role": "snare", "role_confidence": 0.5, "role_source": source}
    (sound,) = with_roles([make_sound(1, **said)], {"timbre": VECTORS[:1]}, Says({"kick": 1.0, "snare": 0.0}))
    assert (sound.role, sound.role_source) == ("kick", "sound")


def test_a_role_that_half_is_said_for_is_taken_and_one_that_a_third_is_said_for_is_not() -> None:
    assert joined(NOTHING, {"kick": 0.5, "snare": 0.3, "tom": 0.2}).role == "kick"
    assert joined(NOTHING, {"kick": 0.36, "snare": 0.34, "tom": 0.3}) == NOTHING


def test_the_surer_of_name_and_ear_is_the_source_of_what_both_say() -> None:
    heard = {"kick": 0.95, "tom": 0.05}
    assert joined(RoleGuess("kick", 0.6, "folder"), heard).source == "sound"
    assert joined(RoleGuess("kick", 0.99, "name"), heard).source == "name"


def test_an_instrument_among_waveforms_has_the_role_that_is_heard(make_sound: MakeSound) -> None:
    instrument = make_sound(1, path="/s/Wavetables/a.sfz", kind="instrument")
    (heard,) = with_roles([instrument], {"timbre": VECTORS[:1]}, Says({"bass": 1.0}))
    assert heard.role == "bass"


@pytest.fixture
def address(tmp_path: Path, make_sound: MakeSound) -> str:
    """A catalogue of two sounds with vectors and one without."""
    catalogue = Catalogue.open(tmp_path / "catalog", mode="create")
    catalogue.declare_space("timbre", "bands-1", 8)
    catalogue.add([make_sound(1), make_sound(2)], {"timbre": VECTORS[:2]})
    catalogue.add([make_sound(3)], {})
    return str(tmp_path / "catalog")


def roles(address: str) -> list[str | None]:
    return [sound.role for sound in sorted(Catalogue.open(address).sounds(), key=lambda sound: sound.id)]


def test_a_sound_without_a_vector_has_no_role_that_is_heard(address: str) -> None:
    assert relabel(Catalogue.open(address, mode="write"), Says({"kick": 1.0})) == 2
    assert roles(address) == ["kick", "kick", None]


def test_the_same_role_with_another_confidence_is_stored(address: str) -> None:
    catalogue = Catalogue.open(address, mode="write")
    relabel(catalogue, Says({"kick": 0.9, "tom": 0.1}))
    before = [sound.role_confidence for sound in catalogue.sounds()]
    assert relabel(catalogue, Says({"kick": 0.85, "tom": 0.15})) == 2
    after = [sound.role_confidence for sound in Catalogue.open(address).sounds()]
    assert max(after) == pytest.approx(max(before) - 0.05, abs=0.01)


def test_what_the_user_says_while_all_is_heard_anew_stands(address: str, make_sound: MakeSound) -> None:
    mine = make_sound(1).id
    head = Says({"kick": 1.0})
    saying = replace(head, meanwhile=lambda: set_role(Catalogue.open(address, mode="write"), [mine], "pad"))
    assert relabel(Catalogue.open(address, mode="write"), saying) == 1
    assert roles(address) == ["pad", "kick", None]
