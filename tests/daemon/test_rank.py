"""Search and rank over a library in memory, in a plane where an angle is a distance."""

import re
from collections import Counter
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from fake_sounds import FakeSounds
from library_of_tones import sound

from timbred import rank as rank_module
from timbred.config import Suggesting
from timbred.pool import Heard
from timbred.rank import Row, matches, rank
from timbred.search import Candidates, search
from timbred.settings import Settings
from timbred.slots import SLOT, SLOTS, Slot, chosen
from timbred.why import why
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


def test_slots_come_in_the_tables_order_and_all_where_none_is_chosen() -> None:
    assert [slot.name for slot in chosen(("bass", "kick"))] == ["kick", "bass"]
    assert chosen(()) == SLOTS


@pytest.mark.parametrize(
    ("slot", "role", "kind"),
    [
        ("kick", "kick", "instrument"),
        ("hat", "closed_hat", "one_shot"),
        ("hat", "open_hat", "one_shot"),
        ("keys", "keys", "loop"),
        ("keys", "organ", "instrument"),
    ],
)
def test_a_slot_takes_every_role_and_kind_that_can_play_it(slot: str, role: str, kind: str) -> None:
    fitting = replace(sound(1, name="fitting", role=role), kind=kind)
    assert names(listed(FakeSounds({fitting: at(0)}), slot=SLOT[slot])) == ["fitting"]


@pytest.mark.parametrize(
    ("heard", "nearest"),
    [
        ({"kick": 80.0, "drums": 40.0, "percussion": 0.0}, "by kick"),
        ({"drums": 40.0, "percussion": 0.0}, "by drums"),
        ({"percussion": 0.0}, "by percussion"),
    ],
)
def test_a_drum_is_asked_for_by_the_most_exact_role_that_is_heard(
    heard: dict[str, float], nearest: str
) -> None:
    angles = {"by kick": 80, "by drums": 40, "by percussion": 0}
    kicks = {sound(n, name=name, role="kick"): at(angles[name]) for n, name in enumerate(angles)}
    music = Heard(at(20), {role: at(angle) for role, angle in heard.items()})
    rows = rank(search(FakeSounds(kicks), music, [SLOT["kick"]], Settings()), Settings(), (), SUGGESTING)
    assert names(rows)[0] == nearest
    assert rows[0].why == f"nearest of 3 kick sounds to the {nearest.removeprefix('by ')} in the music"


def test_a_slot_with_nothing_near_says_what_was_measured() -> None:
    rows = listed(library(one=95, two=120))
    assert rows[0].sound is None and rows[0].rank == 0
    assert rows[0].why == "none of 2 bass sounds is near: the nearest has cosine -0.09, under 0.1"
    assert listed(FakeSounds({}))[0].why == "no bass among your sounds"


def test_a_slot_whose_sounds_have_no_vectors_says_so() -> None:
    (row,) = rank([Candidates(BASS, (), (), 3, "")], Settings(), (), SUGGESTING)
    assert row.why == "none of 3 bass sounds has been measured by this model"


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


def pins(*numbers: int) -> Settings:
    """Those sounds pinned, in that order."""
    return Settings(verdicts=MappingProxyType({f"{number:032x}": "pin" for number in numbers}))


def test_what_is_pinned_comes_nearest_first_and_takes_room_of_the_slots_rows() -> None:
    sounds = library(a=5, b=10, c=50, d=30, e=60, f=70)
    assert names(listed(sounds, settings=pins(4, 2))) == ["c", "e", "a"]
    assert names(listed(sounds, settings=pins(2, 3, 4, 5))) == ["d", "c", "e", "f"]


def test_a_pinned_sound_stays_where_nothing_is_near() -> None:
    (row,) = listed(library(a=100, b=120), settings=pins(1))
    assert row.sound is not None and (row.sound.name, row.pinned) == ("b", True)
    assert (row.rank, row.score) == (1, 0.0)
    assert row.similarity == pytest.approx(-0.5)


def test_a_sound_is_listed_from_the_least_similarity_on() -> None:
    assert names(listed(library(just_near=83, just_too_far=84.5))) == ["just_near"]


def test_behind_many_that_are_rejected_the_next_are_found() -> None:
    many: dict[Sound, np.ndarray] = {sound(n, name=f"s{n} x", pack=f"{n}"): at(n / 2) for n in range(100)}
    verdicts = MappingProxyType(dict.fromkeys([one.id for one in list(many)[:60]], "reject"))
    rows = listed(FakeSounds(many), settings=Settings(verdicts=verdicts))
    assert names(rows) == ["s60 x", "s61 x", "s62 x"]


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
            sound(3, name="SUB (2)", pack="C"): at(10.5),
            sound(4, name="Sub 44100Hz", pack="D"): at(11),
            sound(5, name="Growl", pack="E"): at(10.5),
        }
    )
    assert names(listed(sounds)) == ["Sub", "Growl"]


def test_one_recording_is_known_by_its_cosine_and_a_copys_name_only_where_they_are_nearly_as_near() -> None:
    sounds = library(Sub=10, Another=10.0003, **{"Sub (2)": 20, "Sub (3)": 20.2})
    assert names(listed(sounds)) == ["Sub", "Sub (2)"]


def test_one_instruments_notes_are_one_row() -> None:
    sounds = FakeSounds(
        {
            sound(1, name="Growl A1", pack="A"): at(10),
            sound(2, name="GROWL_E2", pack="A"): at(20),
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
    another = {sound(10, name="another", pack="Another"): at(40)}
    assert names(listed(FakeSounds(flood | other | another))) == ["f0 x", "f1 x", "other"]
    twice = {sound(8, name="f3 x (2)", pack="Flood"): at(3.1)}
    rows = listed(FakeSounds(flood | twice), settings=Settings(counts=MappingProxyType({"bass": 5})))
    assert names(rows) == ["f0 x", "f1 x", "f2 x", "f3 x", "f4 x"]


def test_of_each_pack_one_comes_before_a_second_where_packs_have_no_share() -> None:
    flood = {sound(n, name=f"f{n} x", pack="Flood"): at(n) for n in range(5)}
    other = {sound(9, name="other", pack="Other"): at(30)}
    found = search(FakeSounds(flood | other), Heard(at(0), {}), [BASS], Settings())
    rows = rank(found, Settings(), (), replace(SUGGESTING, pack_share=0.0))
    assert names(rows) == ["f0 x", "f1 x", "other"]


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


def test_a_list_is_held_until_a_sound_came_nearer_or_went_away_by_more_than_a_hair() -> None:
    sounds = library(a=0, b=40)
    before = listed(sounds, 30.0)
    assert listed(sounds, 32.0, before=before) is before
    rows = listed(sounds, 33.5, before=before)
    assert [row.score for row in rows] == pytest.approx(np.cos(np.radians([6.5, 33.5])), abs=1e-6)


def test_a_pin_is_shown_at_once_and_taken_off_at_once() -> None:
    sounds = library(a=0, b=10, c=20)
    before = listed(sounds)
    pinned = listed(sounds, settings=pins(0), before=before)
    assert (names(pinned), [row.pinned for row in pinned]) == (["a", "b", "c"], [True, False, False])
    assert listed(sounds, before=pinned) == before


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


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"pitch_midi": 35.6, "pitch_confidence": 0.5}, "; pitch C2"),
        ({"pitch_midi": 58.0, "pitch_confidence": 1.0}, "; pitch A#3"),
        ({"pitch_midi": 36.0, "pitch_confidence": 0.49}, ""),
        ({"kind": "loop", "tempo_bpm": 119.6, "tempo_confidence": 0.5}, "; 120 BPM"),
        ({"kind": "loop", "tempo_bpm": 120.0, "tempo_confidence": 0.49}, ""),
        ({"kind": "one_shot", "tempo_bpm": 120.0, "tempo_confidence": 1.0}, ""),
    ],
)
def test_a_reason_tells_the_pitch_and_a_loops_tempo_where_they_are_sure(
    facts: dict[str, Any], said: str
) -> None:
    (row,) = listed(FakeSounds({replace(sound(1), **facts): at(0)}))
    assert row.why == f"nearest of 1 bass sound to the music{said}"


def test_a_reasons_place_is_written_as_it_is_said() -> None:
    found = Candidates(BASS, (), (), 500, "")
    said = [why(Hit(sound(1), 0.5), place, found).split()[0] for place in (2, 3, 4, 11, 12, 13, 21, 101, 111)]
    assert said == ["2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "101st", "111th"]


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
