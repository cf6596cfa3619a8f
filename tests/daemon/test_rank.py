"""Search and rank over a library in memory, in a plane where an angle is a distance."""

import re
from collections import Counter
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from fake_sounds import FakeSounds
from library_of_tones import sound

from timbred import rank as rank_module
from timbred.config import Suggesting
from timbred.pool import Heard
from timbred.rank import Row, matches, rank
from timbred.search import search
from timbred.settings import Settings
from timbred.slots import SLOT, Slot
from timbred_catalogs.sound import Hit, Sound

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


def test_a_bar_of_kicks_is_no_kick_and_a_loop_of_basses_is_a_bass() -> None:
    hit, loop = sound(1, name="hit", role="kick"), replace(sound(2, name="loop", role="kick"), kind="loop")
    drums = FakeSounds({loop: at(0), hit: at(1)})
    rows = listed(drums, slot=SLOT["kick"])
    assert names(rows) == ["hit"]
    assert rows[0].why == "nearest of 1 kick sound to the music"
    assert names(listed(FakeSounds({replace(sound(3, name="loop"), kind="loop"): at(0)}))) == ["loop"]


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


@pytest.mark.parametrize("name", ["Caf\u00e9 Sub", "Cafe\u0301 Sub", "CAFE sub"])
@pytest.mark.parametrize("word", ["caf\u00e9", "cafe\u0301", "cafe", "CAF\u00c9"])
def test_words_do_not_mind_accents(name: str, word: str) -> None:
    sounds = FakeSounds({sound(1, name=name): at(10), sound(2, name="Cave"): at(0)})
    assert names(listed(sounds, settings=Settings(words=(word,)))) == [name]


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


def test_one_instruments_velocities_are_one_row() -> None:
    names_of_a = (
        "Bell-Hard",
        "Bell-Softest",
        "tom_lo_soft",
        "tom_lo_hard",
        "Cello_A3_ff",
        "Cello_pp_C4",
        "Hard",
    )
    sounds = {sound(n, name=name, pack="A"): at(10 + 5 * n) for n, name in enumerate(names_of_a)}
    other = {sound(9, name="Bell-Hard", pack="B"): at(70)}
    rows = listed(FakeSounds(sounds | other), settings=Settings(counts=MappingProxyType({"bass": 8})))
    assert names(rows) == ["Bell-Hard", "tom_lo_soft", "Cello_A3_ff", "Hard", "Bell-Hard"]


def test_a_pinned_sound_hides_its_near_duplicates() -> None:
    growls = {
        sound(n, name=f"Growl {note}", pack="A"): at(10 * n) for n, note in enumerate(("A1", "E2", "C3"))
    }
    sounds = FakeSounds(growls | {sound(9, name="Other", pack="B"): at(40)})
    pinned = list(growls)[2]
    rows = listed(sounds, settings=Settings(verdicts=MappingProxyType({pinned.id: "pin"})))
    assert names(rows) == ["Growl C3", "Other"]


def test_one_pack_does_not_flood_a_slot_while_others_have_something() -> None:
    flood = {sound(n, name=f"f{n} x", pack="Flood"): at(n) for n in range(5)}
    other = {sound(9, name="other", pack="Other"): at(30)}
    assert names(listed(FakeSounds(flood | other))) == ["f0 x", "f1 x", "other"]
    assert names(listed(FakeSounds(flood))) == ["f0 x", "f1 x", "f2 x"]


def test_what_one_pack_has_beyond_its_share_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    compared, same_sound = [0], rank_module._same_sound

    def counting(one: Hit, other: Hit) -> bool:
        compared[0] += 1
        return same_sound(one, other)

    monkeypatch.setattr(rank_module, "_same_sound", counting)
    flood = {sound(n, name=f"f{n} x", pack="Flood"): at(10 + n / 20) for n in range(1000)}
    settings = Settings(words=("flood",), counts=MappingProxyType({"bass": 5}))
    assert names(listed(FakeSounds(flood), settings=settings)) == [f"f{n} x" for n in range(5)]
    assert compared[0] <= 5 * 5
    other = {sound(5000, name="other", pack="Other than Flood"): at(49.98)}
    rows = listed(FakeSounds(flood | other), settings=settings)
    assert names(rows) == ["f0 x", "f1 x", "f2 x", "f3 x", "other"], "a full pack hides no other"


def test_a_name_is_taken_apart_once(monkeypatch: pytest.MonkeyPatch) -> None:
    taken_apart: list[str] = []

    class Counting:
        def __init__(self, pattern: re.Pattern[str]) -> None:
            self._pattern = pattern

        def search(self, name: str) -> re.Match[str] | None:
            taken_apart.append(name)
            return self._pattern.search(name)

        def sub(self, by: str, name: str) -> str:
            taken_apart.append(name)
            return self._pattern.sub(by, name)

    for pattern in ("_NOTE", "_COPY_MARK"):
        monkeypatch.setattr(rank_module, pattern, Counting(getattr(rank_module, pattern)))
    sounds = library(**{f"taken_apart_{n}": 10 + n / 5 for n in range(30)})
    settings = Settings(counts=MappingProxyType({"bass": 30}))
    for degrees in (0.0, 1.0):
        assert len(listed(sounds, degrees, settings)) == 30
    assert max(Counter(taken_apart).values()) <= 2, "once for its note, once for its mark"


def test_a_list_changes_only_when_the_music_does() -> None:
    sounds = library(a=0, b=4, c=8, d=12, e=16)
    before = listed(sounds, 3.0)
    assert names(before) == ["b", "a", "c"]
    assert listed(sounds, 6.4, before=before) is before  # d is nearer than a by a hair
    after = listed(sounds, 40.0, before=before)
    assert names(after) == ["e", "d", "c"]


def test_a_slot_stays_as_it_is_while_another_changes() -> None:
    basses = {sound(n, name=f"bass {n}", pack=f"{n}"): at(4 * n) for n in range(2)}

    def both(degrees: float, kicks: tuple[float, float], before: tuple[Row, ...] = ()) -> list[str]:
        named = {sound(50 + n, name=f"kick {n}", pack=f"{n}", role="kick"): at(kicks[n]) for n in range(2)}
        found = search(FakeSounds(basses | named), Heard(at(degrees), {}), [SLOT["kick"], BASS], Settings())
        shown[:] = rank(found, Settings(), before, SUGGESTING)
        return names(tuple(shown))

    shown: list[Row] = []
    assert both(1.0, (10, 20)) == ["kick 0", "kick 1", "bass 0", "bass 1"]
    before = tuple(shown)
    assert both(3.0, (70, 40)) == ["kick 1", "kick 0", "bass 1", "bass 0"]
    assert both(3.0, (70, 40), before) == ["kick 1", "kick 0", "bass 0", "bass 1"]
    assert tuple(shown[2:]) == before[2:], "both basses are as near as before but for a hair"


def test_what_fits_is_held_by_its_cosine_and_not_by_its_place() -> None:
    sounds, settings = library(a=0, b=4, c=30, d=60, e=80, f=90), Settings(mode="fit")
    before = listed(sounds, 1.0, settings)
    assert names(before) == ["a", "b", "c"]
    assert names(listed(sounds, 3.0, settings)) == ["b", "a", "c"]
    assert listed(sounds, 3.0, settings, before) is before
    assert names(listed(sounds, 10.0, settings, before)) == ["b", "a", "c"]


def test_a_sound_that_moved_is_listed_where_it_is_now_and_as_near_as_before() -> None:
    sounds = {sound(n, name=name): at(angle) for n, (name, angle) in enumerate({"a": 0, "b": 8}.items())}
    before = listed(FakeSounds(sounds), 3.0)
    moved = {replace(one, path=f"/moved/{one.name}.wav"): vector for one, vector in sounds.items()}
    rows = listed(FakeSounds(moved), 3.5, before=before)
    assert [row.sound.path for row in rows if row.sound] == ["/moved/a.wav", "/moved/b.wav"]
    assert [(row.rank, row.score) for row in rows] == [(row.rank, row.score) for row in before]
    assert listed(FakeSounds(moved), 3.0, before=rows) is rows


def test_a_moved_sounds_reason_speaks_of_it_as_it_is_now() -> None:
    before = listed(library(a=0, b=80))
    measured = replace(sound(0, name="a", pack="a"), pitch_midi=36.0, pitch_confidence=1.0)
    rows = listed(FakeSounds({measured: at(0), sound(1, name="b", pack="b"): at(80)}), before=before)
    assert rows[0].why == "nearest of 2 bass sounds to the music; pitch C2"
    assert rows[1] is before[1]


def test_an_empty_slots_reason_follows_the_words() -> None:
    sounds = library(a=0, b=10)
    before = listed(sounds, settings=Settings(words=("dusty",)))
    assert before[0].why.endswith("has the words dusty")
    rows = listed(sounds, settings=Settings(words=("warm",)), before=before)
    assert rows[0].why.endswith("has the words warm")


def test_an_empty_slots_reason_follows_the_library_and_the_other_slots_stay() -> None:
    basses = {sound(n, name=f"{n} x", pack=f"{n}"): at(8 * n) for n in range(3)}
    kicks = {sound(50 + n, name=f"{n} x", role="kick"): at(110 + n) for n in range(4)}

    def both(sounds: FakeSounds, degrees: float, before: tuple[Row, ...]) -> tuple[Row, ...]:
        found = search(sounds, Heard(at(degrees), {}), [SLOT["kick"], BASS], Settings())
        return rank(found, Settings(), before, SUGGESTING)

    before = both(FakeSounds(basses), 3.0, ())
    assert before[0].why == "no kick among your sounds"
    rows = both(FakeSounds(basses | kicks), 3.5, before)
    assert rows[0].why == "none of 4 kick sounds is near: the nearest has cosine -0.28, under 0.1"
    assert rows[1:] == before[1:]
    assert both(FakeSounds(basses | kicks), 3.1, rows) is rows, "a cosine that hardly moved is no news"
    assert both(FakeSounds(basses | kicks), 6.0, rows)[0].why.endswith("has cosine -0.24, under 0.1")


def test_more_rows_where_the_user_asked() -> None:
    settings = Settings(counts=MappingProxyType({"bass": 1}))
    assert names(listed(library(a=0, b=10), settings=settings)) == ["a"]
