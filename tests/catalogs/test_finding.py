"""Words, sounds and facts, each alone and together; the full-text index against a plain scan."""

import random
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from timbred_catalogs import finding, upkeep, words
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.filters import Where
from timbred_catalogs.finding import AGREEMENT_WEIGHT, Like, Wanted, find
from timbred_catalogs.marks import change_tags
from timbred_catalogs.musical_key import spellings
from timbred_catalogs.roles import ROLES
from timbred_catalogs.sound import Sound
from timbred_catalogs.words import has_text_index

MakeSound = Callable[..., Sound]
DIM = 4
NAMED: dict[int, dict[str, Any]] = {
    1: {"name": "DustyKick01", "pack": "Boom Bap", "role": "kick", "tags": ("warm", "lo-fi")},
    2: {"name": "SD_kick", "pack": "Dusty Crates", "role": "snare"},
    3: {"name": "x", "pack": "Y", "tags": ("dusty", "kicks"), "role": "kick", "favourite": True},
    4: {"name": "Kück 07", "pack": "Y", "role": "kick"},
    5: {"name": "Kick", "pack": "Dusty Crates", "role": "kick", "kind": "loop"},
    6: {"name": "Dusty Kick (gone)", "pack": "Y", "missing": True},
}


@pytest.fixture(params=["scanned", "indexed"])
def named(
    request: pytest.FixtureRequest,
    memory: Catalogue,
    make_sound: MakeSound,
    monkeypatch: pytest.MonkeyPatch,
) -> Catalogue:
    """Six sounds to find among fifty others, without and with a full-text index."""
    memory.declare_space("timbre", "model-1", DIM)
    sounds = [make_sound(number, **facts) for number, facts in NAMED.items()]
    sounds += [make_sound(number, name=f"Snd_{number}") for number in range(100, 150)]
    memory.add(sounds, {"timbre": np.random.default_rng(1).standard_normal((len(sounds), DIM))})
    if request.param == "indexed":
        monkeypatch.setattr(upkeep, "SCALAR_INDEX_FROM", 10)
        upkeep.build_indices(memory)
    assert has_text_index(memory) == (request.param == "indexed")
    return memory


def numbers(catalogue: Catalogue, wanted: Wanted, limit: int = 50) -> list[int]:
    return [int(found.sound.id, 16) for found in find(catalogue, wanted, limit)]


def vector_of(catalogue: Catalogue, number: int) -> np.ndarray:
    vector: np.ndarray = catalogue.vectors("timbre", [f"{number:032x}"])[0]
    return vector


@pytest.mark.parametrize(
    "text, found",
    [
        ("dusty kick", [1, 3, 5, 2]),
        ("dusty-kick", [1, 3, 5, 2]),
        ("_DUSTY_KICK-", [1, 3, 5, 2]),
        ("DUSTY", [1, 3, 5, 2]),
        ("lo-fi", [1]),
        ("kuck", [4]),
        ("KÜCK", [4]),
        ("01 kick", [1]),
        ("sd", [2]),
        ("dusty snare", [2]),
        ("dusty clap", []),
        ("-", [1]),
        ("sd_", [2]),
        ("100%_'\"", []),
    ],
)
def test_every_word_must_stand_somewhere_and_names_come_first(
    named: Catalogue, text: str, found: list[int]
) -> None:
    assert numbers(named, Wanted(text)) == found


@pytest.fixture(params=["scanned", "indexed"])
def build(
    request: pytest.FixtureRequest, memory: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Sequence[Sound]], Catalogue]:
    """A catalogue of the sounds, without and with a full-text index."""

    def built(sounds: Sequence[Sound]) -> Catalogue:
        memory.add(sounds, {})
        if request.param == "indexed":
            monkeypatch.setattr(upkeep, "SCALAR_INDEX_FROM", 1)
            upkeep.build_indices(memory)
        return memory

    return built


Build = Callable[[Sequence[Sound]], Catalogue]
DRUMS: dict[int, dict[str, Any]] = {
    1: {"name": "BD_01", "role": "kick"},
    2: {"name": "Sidekick drone", "role": "pad"},
    3: {"name": "Thump", "role": "kick", "pack": "Hard Crashes"},
    4: {"name": "Kick hard"},
    5: {"name": "CH-909", "role": "closed_hat"},
    6: {"name": "OHH 1", "role": "open_hat"},
    7: {"name": "Hi-Hat_02", "role": "closed_hat"},
    8: {"name": "Crash_Hard", "role": "cymbal"},
    9: {"name": "Ride hard", "role": "cymbal"},
    10: {"name": "Conga", "role": "percussion"},
    11: {"name": "Shaker", "role": "percussion"},
    12: {"name": "drum kit 7", "role": "bass"},
}


@pytest.mark.parametrize(
    "text, found",
    [
        ("kick", [4, 1, 3, 2]),
        ("Kicks", [1, 3]),
        ("hard kick", [4, 3]),
        ("kick hard crash", [3]),
        ("hi-hat", [7, 5]),
        ("HiHat", [5, 7]),
        ("hi_hat 02", [7]),
        ("open hat", [6]),
        ("open_hat", [6]),
        ("hat open", []),
        ("crash_hard", [8, 3]),
        ("conga", [10]),
        ("percussion", [10, 11]),
        ("drum bass", []),
        ("bass drum", [1, 3]),
        ("kick snare", []),
    ],
)
def test_a_word_that_means_a_role_finds_the_sounds_of_that_role(
    build: Build, make_sound: MakeSound, text: str, found: list[int]
) -> None:
    drums = build([make_sound(number, **facts) for number, facts in DRUMS.items()])
    assert numbers(drums, Wanted(text)) == found


@pytest.mark.parametrize("role", ROLES)
def test_every_role_is_found_by_its_own_name(build: Build, make_sound: MakeSound, role: str) -> None:
    assert numbers(build([make_sound(n, name="x", role=r) for n, r in enumerate(ROLES)]), Wanted(role)) == [
        ROLES.index(role)
    ]


def test_a_role_stays_within_what_is_narrowed_to(build: Build, make_sound: MakeSound) -> None:
    drums = build([make_sound(number, **facts) for number, facts in DRUMS.items()])
    assert numbers(drums, Wanted("kick", where=Where(roles=["kick", "pad"]))) == [1, 3, 2]
    assert numbers(drums, Wanted("kick", where=Where(packs=["Hard Crashes"]))) == [3]
    assert numbers(drums, Wanted("kick", where=Where(missing=True))) == []


SHARP = [
    "Gro\xdfe Stra\xdfe",
    "STRASSE",
    "Ba\xdf",
    "bass",
    "Ki\xdfen",
    "GRO\u1e9e",
    "\xdfub",
    "su\xdf",
    "a\xdf",
]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "stra\xdfe",
            "strasse",
            "STRASSE",
            "ba\xdf",
            "Bass",
            "kissen",
            "kis",
            "gros",
            "gross",
            "oss",
            "tras",
        ),
        *("sub", "ss", "ass", "\xdf", "sss", "sse", "ssen", "asse gro", "s" * 2000, "sa" * 2000, "ssa" * 9),
    ],
)
def test_a_sharp_s_is_two_and_the_index_misses_nothing(
    build: Build, make_sound: MakeSound, text: str
) -> None:
    sounds = build([make_sound(number, name=name) for number, name in enumerate(SHARP)])
    found = {
        number
        for number, name in enumerate(SHARP)
        if all(word in name.casefold() for word in text.casefold().split())
    }
    assert set(numbers(sounds, Wanted(text))) == found


def test_the_index_misses_nothing_of_letters_as_they_come(build: Build, make_sound: MakeSound) -> None:
    chance = random.Random(5)
    names = ["".join(chance.choices("s\xdfae", k=chance.randint(3, 8))) for _ in range(300)]
    sounds = build([make_sound(number, name=name, pack="") for number, name in enumerate(names)])
    for _ in range(60):
        word = "".join(chance.choices("s\xdfae", k=chance.randint(1, 6)))
        found = {number for number, name in enumerate(names) if word.casefold() in name.casefold()}
        assert set(numbers(sounds, Wanted(word), 300)) == found, word


def test_words_find_what_was_added_and_tagged_a_moment_ago(named: Catalogue, make_sound: MakeSound) -> None:
    named.add([make_sound(7, name="new dusty kick")], {"timbre": np.ones((1, DIM))})
    change_tags(named, [f"{4:032x}"], ["dusty kick"])
    assert set(numbers(named, Wanted("dusty kick"))) == {1, 2, 3, 4, 5, 7}
    named.remove([f"{1:032x}"])
    assert 1 not in numbers(named, Wanted("dusty kick"))


@pytest.mark.parametrize(
    "where, found",
    [
        (Where(roles=["kick"]), [1, 3, 5]),
        (Where(kinds=["loop"]), [5]),
        (Where(packs=["Dusty Crates"]), [5, 2]),
        (Where(tags=["warm"]), [1]),
        (Where(favourites=True), [3]),
        (Where(missing=True), [6]),
    ],
)
def test_words_and_facts_narrow_together(named: Catalogue, where: Where, found: list[int]) -> None:
    assert numbers(named, Wanted("dusty kick", where=where)) == found


def test_words_decide_what_comes_and_the_sound_in_which_order(named: Catalogue) -> None:
    query = vector_of(named, 2)
    wanted = Wanted("dusty kick", Like("timbre", query, "model-1"), Where(roles=["kick", "snare"]))
    cosines = {n: float(vector_of(named, n) @ query) for n in (1, 2, 3, 5)}
    found = find(named, wanted)
    assert [int(one.sound.id, 16) for one in found] == sorted(cosines, key=lambda n: -cosines[n])
    assert found[0].similarity == pytest.approx(1.0, abs=1e-5)
    assert found[0].relevance == pytest.approx(0.75)


def test_a_sound_alone_finds_what_brute_force_finds(named: Catalogue) -> None:
    query = np.array([1.0, -2.0, 0.5, 0.3], np.float32)
    unit = query / np.linalg.norm(query)
    cosines = {n: float(vector_of(named, n) @ unit) for n in (1, 3, 4, 5)}
    wanted = Wanted(like=Like("timbre", query), where=Where(roles=["kick"]))
    assert numbers(named, wanted) == sorted(cosines, key=lambda n: -cosines[n])


def test_a_text_of_spaces_is_none_and_nothing_wanted_is_a_listing(named: Catalogue) -> None:
    assert numbers(named, Wanted("  "), 3) == [1, 2, 3]


@pytest.fixture
def musical(memory: Catalogue, make_sound: MakeSound) -> Catalogue:
    """Loops of one direction whose tempo and key differ, and one of which nothing is known."""
    facts = [
        {"tempo_bpm": 120.0, "tempo_confidence": 0.9, "key": "A minor", "key_confidence": 0.9},
        {"tempo_bpm": 90.0, "tempo_confidence": 0.9, "key": "C major", "key_confidence": 0.9},
        {},
        {"tempo_bpm": 60.0, "tempo_confidence": 0.9, "key": "A", "key_confidence": 0.4},
        {"tempo_bpm": 90.0, "tempo_confidence": 0.1, "key": "G# minor", "key_confidence": 0.9},
    ]
    memory.declare_space("timbre", "model-1", DIM)
    sounds = [make_sound(n, name="loop", **given) for n, given in enumerate(facts, 1)]
    memory.add(sounds, {"timbre": np.ones((5, DIM))})
    return memory


@pytest.mark.parametrize("asked", [Wanted("loop"), Wanted(), Wanted(like=Like("timbre", np.ones(DIM)))])
def test_a_tempo_is_a_preference_as_strong_as_it_is_sure(musical: Catalogue, asked: Wanted) -> None:
    wanted = Wanted(asked.text, asked.like, tempo_bpm=(118, 122))
    assert numbers(musical, wanted) == [1, 4, 3, 5, 2]
    assert numbers(musical, wanted, 1) == [1]
    strict = Wanted(asked.text, asked.like, tempo_bpm=(118, 122), strict=True)
    assert numbers(musical, strict) == [1]


def test_a_key_is_a_preference_too(musical: Catalogue) -> None:
    assert numbers(musical, Wanted("loop", key="Am")) == [1, 4, 3, 2, 5]
    assert numbers(musical, Wanted("loop", key="am", strict=True)) == [1, 4]
    assert numbers(musical, Wanted("loop", key="Abm", strict=True)) == [5], "another name of the same key"


def test_a_near_sound_of_the_wrong_tempo_stands_before_a_far_one_of_the_right_tempo(
    musical: Catalogue, make_sound: MakeSound
) -> None:
    far = make_sound(9, tempo_bpm=120.0, tempo_confidence=0.9)
    musical.add([far], {"timbre": np.array([[1.0, 1.0, -1.0, -1.0]])})
    wanted = Wanted(like=Like("timbre", np.ones(DIM)), tempo_bpm=(118, 122))
    assert numbers(musical, wanted)[-2:] == [2, 9]


def agreement(sound: Sound, tempo_bpm: tuple[float, float] | None, keys: Sequence[str] | None) -> float:
    """Of one sound, as the docstring of `Finding` says it."""
    parts = []
    if tempo_bpm is not None:
        slowest, fastest = tempo_bpm
        fits = 0.0
        if sound.tempo_bpm is not None:
            near = [slowest <= sound.tempo_bpm * times <= fastest for times in (1, 0.5, 2)]
            fits = 1.0 if near[0] else 0.5 if any(near) else -1.0
        parts.append(fits * sound.tempo_confidence)
    if keys is not None:
        fits = 0.0 if sound.key is None else 1.0 if sound.key in keys else -1.0
        parts.append(fits * sound.key_confidence)
    return sum(parts) / len(parts) if parts else 0.0


@pytest.fixture
def many(memory: Catalogue, make_sound: MakeSound) -> Catalogue:
    """Three hundred loops of which each tempo and key is known, or not, as surely as it happens."""
    chance = random.Random(3)
    sounds = [
        make_sound(
            number,
            name=f"{chance.choice(['Loop', 'Loops', 'A preloop'])} {number}",
            tempo_bpm=chance.choice([None, 60.0, 87.0, 120.0, 174.0]),
            tempo_confidence=chance.random(),
            key=chance.choice([None, "A", "A minor", "C major"]),
            key_confidence=chance.random(),
        )
        for number in range(300)
    ]
    memory.declare_space("timbre", "model-1", DIM)
    memory.add(sounds, {"timbre": np.random.default_rng(3).standard_normal((300, DIM))})
    return memory


@pytest.mark.parametrize("text", ["", "loop"])
@pytest.mark.parametrize("tempo_bpm", [None, (172.0, 176.0)])
@pytest.mark.parametrize("key", [None, "Am"])
@pytest.mark.parametrize("strict", [False, True])
def test_tempo_and_key_order_as_a_plain_loop_over_all_sounds_does(
    many: Catalogue, text: str, tempo_bpm: tuple[float, float] | None, key: str | None, strict: bool
) -> None:
    keys = spellings(key) if key else None
    fitting = Where(tempo_bpm=tempo_bpm, keys=keys) if strict else Where()
    relevant = words.sounds_with(many, text, Where()) if text else {}
    scores = {
        sound.id: relevant.get(sound.id, 0.0) + AGREEMENT_WEIGHT * agreement(sound, tempo_bpm, keys)
        for sound in many.sounds(fitting)
    }
    found = find(many, Wanted(text, tempo_bpm=tempo_bpm, key=key, strict=strict), 5)
    assert [one.score for one in found] == pytest.approx(sorted(scores.values(), reverse=True)[:5])
    assert [scores[one.sound.id] for one in found] == pytest.approx([one.score for one in found])


def test_words_and_a_sound_with_a_tempo_order_as_a_plain_loop_does(many: Catalogue) -> None:
    query, tempo_bpm = np.array([1.0, -2.0, 0.5, 0.3]), (172.0, 176.0)
    sounds = list(many.sounds())
    cosines = many.similarities("timbre", query, [sound.id for sound in sounds])
    scores = {
        int(sound.id, 16): cosine + AGREEMENT_WEIGHT * agreement(sound, tempo_bpm, None)
        for sound, cosine in zip(sounds, cosines.tolist(), strict=True)
    }
    best = sorted(scores, key=lambda number: -scores[number])[:3]
    assert numbers(many, Wanted("loop", Like("timbre", query), tempo_bpm=tempo_bpm), 3) == best


@pytest.fixture
def wrong_first(memory: Catalogue, make_sound: MakeSound) -> Catalogue:
    """Loops named alike: sixty of another tempo, the nearest by sound, then forty unsure and five sure."""
    given = [(120.0, 0.9)] * 60 + [(174.0, 0.1)] * 40 + [(174.0, 0.9)] * 5
    sounds = [
        make_sound(number, name=f"loop {number:03}", tempo_bpm=bpm, tempo_confidence=confidence)
        for number, (bpm, confidence) in enumerate(given)
    ]
    vectors = np.ones((len(sounds), DIM))
    vectors[60:, 0] = 0.9
    memory.declare_space("timbre", "model-1", DIM)
    memory.add(sounds, {"timbre": vectors})
    return memory


@pytest.mark.parametrize(
    "asked",
    [
        Wanted("loop"),
        Wanted(),
        Wanted(like=Like("timbre", np.ones(DIM))),
        Wanted("loop", Like("timbre", np.ones(DIM))),
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_what_surely_has_the_tempo_is_found_behind_many_others(
    wrong_first: Catalogue, asked: Wanted, strict: bool
) -> None:
    wanted = replace(asked, tempo_bpm=(172, 176), strict=strict)
    assert set(numbers(wrong_first, wanted, 5)) == set(range(100, 105))


def test_what_has_the_tempo_is_found_where_the_index_gives_only_a_part(
    wrong_first: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "SCALAR_INDEX_FROM", 10)
    upkeep.build_indices(wrong_first)
    monkeypatch.setattr(words, "MOST_SOUNDS", 50)
    assert has_text_index(wrong_first)
    found = find(wrong_first, Wanted("loop", tempo_bpm=(172, 176)), 5)
    assert {int(one.sound.id, 16) for one in found} == set(range(100, 105))


def test_a_tempo_finds_as_well_where_more_sounds_have_the_word_than_one_query_names(
    wrong_first: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "IDS_A_QUERY", 10)
    assert set(numbers(wrong_first, Wanted("loop", tempo_bpm=(172, 176)), 5)) == set(range(100, 105))


def test_a_preference_stays_within_what_is_narrowed_to(musical: Catalogue) -> None:
    wanted = Wanted(like=Like("timbre", np.ones(DIM)), where=Where(keys=["A"]), tempo_bpm=(118, 122))
    assert numbers(musical, wanted) == [4]


@pytest.mark.parametrize("asked", [Wanted("nothing like it"), Wanted(where=Where(packs=["none"]))])
def test_a_tempo_and_a_key_of_no_sounds_find_nothing(musical: Catalogue, asked: Wanted) -> None:
    assert find(musical, replace(asked, tempo_bpm=(118, 122), key="Am")) == []


@pytest.mark.parametrize("written", ["Bbm", "bbm", "Bb minor", "B♭ min", "A#m", "a#-minor"])
def test_a_key_may_be_written_in_many_ways(written: str) -> None:
    assert set(spellings(written)) == {"Bb", "Bb minor", "A#", "A# minor"}


def test_a_root_alone_is_every_mode_and_what_is_no_key_is_refused() -> None:
    assert {"C", "C major", "C minor", "B# major"} <= set(spellings("C"))
    with pytest.raises(CatalogError, match=r"key must be written like Am, .* not 'H'"):
        spellings("H")


def _forms(text: str) -> list[str]:
    """As Linux and as macOS write it."""
    return [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]


@pytest.mark.parametrize(
    "name, words",
    [
        ("Cr\u00e8me Br\u00fbl\u00e9e", ["creme", "BR\u00dbL\u00c9E", "e br\u00fclee"]),
        ("\u0419\u043e\u0433\u0430 02", ["\u0439\u043e\u0433\u0430", "\u0438\u043e\u0433\u0430"]),
        ("\u30ac\u30e9\u30b9", ["\u30ac\u30e9", "\u30ab\u30e9"]),
        ("\ud55c\uad6d \ub4dc\ub7fc", ["\ud55c\uad6d"]),
        ("\u0e01\u0e35\u0e15\u0e32\u0e23\u0e4c", ["\u0e01\u0e35\u0e15\u0e32"]),
        ("100% 'it' \\d [x](y)*", ["100% 'IT'", "\\D [X](y)*"]),
    ],
)
def test_a_listing_does_not_mind_accents_either(
    memory: Catalogue, make_sound: MakeSound, name: str, words: list[str]
) -> None:
    written = [make_sound(number, name=form) for number, form in enumerate(_forms(name))]
    memory.add([*written, make_sound(5, pack=name), make_sound(6, tags=(name,)), make_sound(7)], {})
    for word in words:
        for form in _forms(word):
            found = [int(sound.id, 16) for sound in memory.sounds(Where(text=form))]
            assert found == [0, 1, 5, 6], form


@pytest.mark.parametrize(
    "stored, asked",
    [
        ("Samples", ["SAMPLES", "samples", "S\xe1mples"]),
        ("Cr\u00e8me Br\u00fbl\u00e9e", ["creme brulee", "CR\u00c8ME BR\u00dbL\u00c9E"]),
        (
            "Gro\xdfe 'Trommel' 100% (x)*\\d",
            ["GROSSE 'TROMMEL' 100% (X)*\\D", "gro\xdfe 'trommel' 100% (x)*\\d"],
        ),
        ("Gasse", ["Ga\xdfe"]),
    ],
)
def test_packs_and_tags_do_not_mind_case_and_accents(
    memory: Catalogue, make_sound: MakeSound, stored: str, asked: list[str]
) -> None:
    others = [make_sound(3, pack=f"{stored} 2", tags=(f"{stored} 2", f"a {stored}")), make_sound(4, pack="")]
    memory.add([make_sound(1, pack=stored), make_sound(2, tags=("one", stored, "two")), *others], {})
    for said in [stored, *asked]:
        for form in _forms(said):
            assert numbers(memory, Wanted(where=Where(packs=["none", form]))) == [1], form
            assert numbers(memory, Wanted(where=Where(tags=[form, "ONE"]))) == [2], form
            assert numbers(memory, Wanted(where=Where(tags=[form, "none"]))) == []


def test_a_pack_and_a_tag_without_a_letter_are_themselves(memory: Catalogue, make_sound: MakeSound) -> None:
    memory.add([make_sound(1, pack=""), make_sound(2, tags=("a", "b"))], {})
    assert numbers(memory, Wanted(where=Where(packs=[""]))) == [1]
    assert numbers(memory, Wanted(where=Where(packs=[]))) == []
    assert numbers(memory, Wanted(where=Where(tags=[""]))) == []
    assert numbers(memory, Wanted(where=Where(tags=["a\nb"]))) == []
    with pytest.raises(CatalogError, match="a pack or tag must have up to 1000 letters, not 1001"):
        find(memory, Wanted(where=Where(tags=["a" * 1001])))


@pytest.mark.parametrize("text", ["gro\xdfe", "GROSSE", "Gro\xdfe"])
def test_a_listing_takes_a_sharp_s_for_two(memory: Catalogue, make_sound: MakeSound, text: str) -> None:
    names = ["Gro\xdfe 1", "grosse 2", "GRO\u1e9eE", "grose"]
    memory.add([make_sound(number, name=name) for number, name in enumerate(names)], {})
    assert [int(sound.id, 16) for sound in memory.sounds(Where(text=text))] == [0, 1, 2]
