"""Search and rank over a library in memory, in a plane where an angle is a distance."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from fake_sounds import FakeSounds
from library_of_tones import sound

from timbred.config import Suggesting
from timbred.pool import Heard
from timbred.rank import Row, matches, rank
from timbred.search import search
from timbred.settings import Settings
from timbred.slots import SLOT, Slot
from timbred_catalogs.sound import Sound

SUGGESTING = Suggesting(per_slot=3, least_similarity=0.1, hold_similarity=0.02, pack_share=0.6)
BASS = SLOT["bass"]


def at(degrees: float) -> np.ndarray:
    """A unit vector, shape `(2,)`."""
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], np.float32)


def library(**angles: float) -> FakeSounds:
    """Basses by name, each from a pack of its own."""
    return FakeSounds({sound(n, name=name, pack=name): at(a) for n, (name, a) in enumerate(angles.items())})


def listed(
    sounds: FakeSounds,
    degrees: float = 0.0,
    settings: Settings | None = None,
    before: tuple[Row, ...] = (),
    slot: Slot = BASS,
    **by_role: float,
) -> tuple[Row, ...]:
    """The list for music at an angle."""
    settings = settings or Settings()
    heard = Heard(at(degrees), {role: at(angle) for role, angle in by_role.items()})
    return rank(search(sounds, heard, [slot], settings), settings, before, SUGGESTING)


def names(rows: tuple[Row, ...]) -> list[str]:
    """The rows' sounds."""
    return [row.sound.name if row.sound else "" for row in rows]


def test_the_nearest_come_first_and_say_so() -> None:
    rows = listed(library(far=60, near=10, middle=30, none=80))
    assert names(rows) == ["near", "middle", "far"]
    assert [row.rank for row in rows] == [1, 2, 3]
    assert rows[0].score == pytest.approx(np.cos(np.radians(10)), abs=1e-6)
    assert rows[0].why == "nearest of 4 bass sounds to the music"
    assert rows[1].why.startswith("2nd nearest of 4")


def test_a_role_that_the_encoder_hears_is_what_its_slot_asks_for() -> None:
    rows = listed(library(low=80, high=5), bass=80)
    assert names(rows) == ["low", "high"]
    assert rows[0].why == "nearest of 2 bass sounds to the bass in the music"


def test_only_the_slots_roles_fill_it() -> None:
    sounds = FakeSounds({sound(1, name="kick", role="kick"): at(0), sound(2, name="bass"): at(40)})
    assert names(listed(sounds)) == ["bass"]


def test_a_slot_with_nothing_near_says_what_was_measured() -> None:
    rows = listed(library(one=95, two=120))
    assert rows[0].sound is None and rows[0].rank == 0
    assert rows[0].why == "none of 2 bass sounds is near: the nearest has cosine -0.09, under 0.1"
    assert listed(FakeSounds({}))[0].why == "no bass among your sounds"


def test_words_must_all_be_there() -> None:
    sounds = library(Deep_Sub=10, Deep_Growl=20, Sub=0)
    assert names(listed(sounds, settings=Settings(words=("sub", "DEEP")))) == ["Deep_Sub"]
    rows = listed(sounds, settings=Settings(words=("violin",)))
    assert rows[0].why.endswith("has the words violin")
    tagged = replace(sound(1, name="x", role="bass"), tags=("warm",))
    assert matches(tagged, ("warm", "bass")) and not matches(tagged, ("cold",))


def test_what_is_rejected_is_gone_and_what_is_pinned_stays_on_top() -> None:
    sounds = library(a=0, b=10, c=20, d=85)
    verdicts = MappingProxyType({f"{0:032x}": "reject", f"{3:032x}": "pin"})
    rows = listed(sounds, settings=Settings(verdicts=verdicts))
    assert names(rows) == ["d", "b", "c"]
    assert [row.pinned for row in rows] == [True, False, False]


def test_a_pinned_sound_stays_though_it_is_beyond_the_candidates() -> None:
    many: dict[Sound, np.ndarray] = {sound(n, name=f"s{n} x", pack=f"{n}"): at(n / 10) for n in range(100)}
    pinned = Settings(verdicts=MappingProxyType({f"{99:032x}": "pin"}))
    rows = listed(FakeSounds(many), settings=pinned)
    assert names(rows)[0] == "s99 x"
    assert "not among the nearest of 100" in rows[0].why


def test_one_recording_in_two_files_is_one_row() -> None:
    sounds = FakeSounds(
        {
            sound(1, name="Sub", pack="A"): at(10),
            sound(2, name="Other name", pack="B"): at(10),
            sound(3, name="Sub (2)", pack="C"): at(10.5),
            sound(4, name="Sub 44100Hz", pack="D"): at(11),
            sound(5, name="Growl", pack="E"): at(10.5),
        }
    )
    assert names(listed(sounds)) == ["Sub", "Growl"]


def test_one_instruments_notes_are_one_row() -> None:
    sounds = FakeSounds(
        {
            sound(1, name="Growl A1", pack="A"): at(10),
            sound(2, name="Growl_E2", pack="A"): at(20),
            sound(3, name="Growl C#2", pack="B"): at(30),
            sound(4, name="Kick 01", pack="C"): at(40),
            sound(5, name="Kick 02", pack="C"): at(50),
        }
    )
    rows = listed(sounds, settings=Settings(counts=MappingProxyType({"bass": 5})))
    assert names(rows) == ["Growl A1", "Growl C#2", "Kick 01", "Kick 02"]


def test_one_pack_does_not_flood_a_slot_while_others_have_something() -> None:
    flood = {sound(n, name=f"f{n} x", pack="Flood"): at(n) for n in range(5)}
    other = {sound(9, name="other", pack="Other"): at(30)}
    assert names(listed(FakeSounds(flood | other))) == ["f0 x", "f1 x", "other"]
    assert names(listed(FakeSounds(flood))) == ["f0 x", "f1 x", "f2 x"]


def test_a_list_changes_only_when_the_music_does() -> None:
    sounds = library(a=0, b=4, c=8, d=12, e=16)
    before = listed(sounds, 3.0)
    assert names(before) == ["b", "a", "c"]
    assert listed(sounds, 6.4, before=before) is before  # d is nearer than a by a hair
    after = listed(sounds, 40.0, before=before)
    assert names(after) == ["e", "d", "c"]


def test_more_rows_where_the_user_asked() -> None:
    settings = Settings(counts=MappingProxyType({"bass": 1}))
    assert names(listed(library(a=0, b=10), settings=settings)) == ["a"]
