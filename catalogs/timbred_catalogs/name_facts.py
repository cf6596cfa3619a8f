"""What names say besides the role: tempo, key, note, kind, pack."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import PurePath

from timbred_catalogs.places import folder_of
from timbred_catalogs.role_names import longest_phrase, tokens
from timbred_catalogs.roles import DRUM_ROLES, ROLE_OF_PHRASE

KINDS = ("one_shot", "loop", "long", "instrument")
LONG_SECONDS = 30.0
# Of a key that is but a letter at the end of a name.
LETTER_CONFIDENCE = 0.4
# Of a key that could as well be two English words: `I Am Here`.
PROSE_CONFIDENCE = 0.4
SLOWEST_BPM, FASTEST_BPM = 50.0, 220.0
# What a number with its unit may say.
SLOWEST_SAID_BPM, FASTEST_SAID_BPM = 20.0, 400.0
SAID_CONFIDENCE, FOLDER_SAID_CONFIDENCE = 0.95, 0.85
# Of a tempo that makes what has it a loop.
LOOP_CONFIDENCE = 0.8
# A loop's length is a whole number of bars; cutting and encoders' padding leave it this much off.
BAR_TOLERANCE = 0.015
# A beat of 150 a minute: what is shorter and lies among loops is a hit.
SHORTEST_LOOP_SECONDS = 0.4
# `Piano 60` is a note.
FEWEST_WORDS_OF_A_LOOP = 3
LOOP_WORDS = frozenset(
    {"loop", "loops", "looped", "bpm", "groove", "grooves", "breakbeat", "break", "breaks"}
)
# Of what is long enough: a shorter one of this name may be a hit as well.
_PHRASES = """
roll rolls fill fills build builds buildup buildups riff riffs arp arps melody melodies phrase phrases
progression progressions
"""
PHRASE_WORDS = frozenset(_PHRASES.split())
# The same of a folder alone.
BEATS = frozenset({"beats", "beat"})
SHORTEST_PHRASE_SECONDS = 1.0
ONE_SHOT_WORDS = frozenset({"oneshot", "oneshots", "shot", "shots", "hit", "hits"})
# What says that it is a loop is one up to this length.
LONGEST_LOOP_SECONDS = 90.0
# Folders that sort sounds and are no pack.
_SORTING = """
drum drums sample samples sound sounds one shot shots oneshot oneshots loop loops pack packs library libraries
wav wavs aiff audio misc various user open closed full dry wet short long content fill fills melody melodies
bassline basslines instrument instruments imported recorded presets hits hit expansion expansions
"""
SORTING_WORDS = frozenset(_SORTING.split())
# Folders whose subfolders are packs, and shops and programs, which hold packs of many makers.
HOLDERS = frozenset({"packs", "expansions", "live packs", "factory packs", "sample packs"})
_SHOPS = """
splice, native instruments, ableton, cymatics, loopmasters, loopcloud, noiiz, landr, output, fl studio, image
line, mpc, akai, logic, user library, core library, downloads, music, documents, desktop, data, patches
"""
SHOPS = frozenset(" ".join(shop.split()) for shop in _SHOPS.split(","))
# Where a climb from the added folder to a name ends: homes and disks lie in the one, programs in the other.
_OF_HOMES_AND_DISKS = frozenset({"/", "/home", "/mnt", "/media", "/run/media", "/Users", "/Volumes"})
_OF_PROGRAMS = frozenset({"/usr", "/usr/share", "/usr/local", "/usr/local/share", "/opt"})

_NUMBER = r"(\d{2,3}(?:[.,]\d+)?)"
_BPM = re.compile(rf"(?<!\d){_NUMBER}[ _-]?bpm(?![a-z])|(?<![a-z])bpm[ _-]?{_NUMBER}(?!\d)", re.I)
_NOTE = re.compile(r"(?<![A-Za-z0-9#])([A-G])(#|b|s)?(-?[0-8])(?![A-Za-z0-9#])")
_KEY = re.compile(
    r"(?<![A-Za-z0-9#])(?:([A-G])(#|b|♯|♭)?(?:[ _-]?((?i:major|maj|minor|min))|(m))?"
    r"|([a-g])([#b♯♭])?(major|maj|minor|min))(?:7|9|11)?(?![A-Za-z0-9#])"
)
_SEMITONE = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and how far to trust it, 0..1."""

    value: float
    confidence: float


def tempo_of(name: str, folders: Sequence[str], duration_seconds: float) -> Estimate | None:
    """Beats a minute: said with its unit, or a bare number that the length bears out."""
    for said, confidence in (
        (name, SAID_CONFIDENCE),
        *((f, FOLDER_SAID_CONFIDENCE) for f in folders[:-3:-1]),
    ):
        if (found := _BPM.search(said)) is not None:
            value = float((found.group(1) or found.group(2)).replace(",", "."))
            return Estimate(value, confidence) if SLOWEST_SAID_BPM <= value <= FASTEST_SAID_BPM else None
    bare = [
        float(word) for word in tokens(name) if word.isdecimal() and SLOWEST_BPM <= int(word) <= FASTEST_BPM
    ]
    in_time = [bpm for bpm in bare if _whole_bars(duration_seconds, bpm)]
    if len(in_time) == 1:
        sure = says_loop(name, folders) or _is_loops_length(duration_seconds, in_time[0], name)
        return Estimate(in_time[0], LOOP_CONFIDENCE if sure else 0.6)
    return Estimate(bare[0], 0.4) if len(bare) == 1 and says_loop(name, folders) else None


def _whole_bars(duration_seconds: float, bpm: float) -> bool:
    bars = duration_seconds * bpm / 240.0
    return bars > 0.9 and abs(bars - round(bars)) <= BAR_TOLERANCE * bars


def _is_loops_length(duration_seconds: float, bpm: float, name: str) -> bool:
    """Whether loops of whole bars last so long.

    One bar may be chance, unless the name says a key, too, and so may the number that ends the name of one
    word: of an instrument's samples it is the note.
    """
    bars = round(duration_seconds * bpm / 240.0)
    key = key_of(name)
    if len(tokens(name)) < FEWEST_WORDS_OF_A_LOOP:
        return False
    return bars in (2, 4, 8, 16, 32) or (bars == 1 and key is not None and " " in key[0])


def says_loop(name: str, folders: Sequence[str]) -> bool:
    """Whether the name or one of the two innermost folders says loop."""
    words = {word for part in (name, *folders[-2:]) for word in tokens(part)}
    return not words.isdisjoint(LOOP_WORDS)


def says_one_shot(name: str, folders: Sequence[str]) -> bool:
    """Whether the name or one of the two innermost folders says that it is one hit, and no loop as well."""
    if "oneshot" in "".join(tokens(name)):
        return True
    return any(not ONE_SHOT_WORDS.isdisjoint(tokens(f)) and not says_loop("", [f]) for f in folders[-2:])


def kind_of(name: str, folders: Sequence[str], duration_seconds: float) -> str:
    """Of what is no instrument: what does not say that it is a loop is a one-shot, up to LONG_SECONDS."""
    if duration_seconds > LONGEST_LOOP_SECONDS:
        return "long"
    if "oneshot" not in "".join(tokens(name)) and _is_loop(name, folders, duration_seconds):
        return "loop"
    return "long" if duration_seconds > LONG_SECONDS else "one_shot"


def _is_loop(name: str, folders: Sequence[str], duration_seconds: float) -> bool:
    """The name decides, then a folder of one-shots, then a tempo that both length and names bear out."""
    if says_loop(name, ()) or _BPM.search(name) is not None:
        return True
    if says_one_shot(name, folders):
        return False
    tempo = tempo_of(name, folders, duration_seconds)
    if (
        duration_seconds >= SHORTEST_LOOP_SECONDS
        and tempo is not None
        and tempo.confidence >= LOOP_CONFIDENCE
    ):
        return True
    if duration_seconds >= SHORTEST_PHRASE_SECONDS and (
        not PHRASE_WORDS.isdisjoint(tokens(name))
        or not (PHRASE_WORDS | BEATS).isdisjoint(word for folder in folders[-1:] for word in tokens(folder))
    ):
        return True
    return duration_seconds >= SHORTEST_LOOP_SECONDS and _lies_among_loops(folders)


def _lies_among_loops(folders: Sequence[str]) -> bool:
    """The two innermost folders may say it beside a pack's name, those above with nothing else."""
    for inner, folder in enumerate(reversed(folders)):
        if says_loop("", [folder]) and (inner < 2 or _only_sorts(folder)):
            return True
        if not ONE_SHOT_WORDS.isdisjoint(tokens(folder)):
            return False
    return False


def key_of(name: str) -> tuple[str, float] | None:
    """`Am`, `F# min` and `c_major` are sure, `Eb` less, a bare letter only where it ends the name."""
    for match in reversed(list(_KEY.finditer(name))):
        upper, accidental, mode, short_minor, lower, lower_accidental, lower_mode = match.groups()
        accidental = accidental or lower_accidental or ""
        root = (upper or lower).upper() + {"♯": "#", "♭": "b"}.get(accidental, accidental)
        mode = (mode or lower_mode or short_minor or "").lower()
        if mode:
            confidence = PROSE_CONFIDENCE if _may_be_prose(name, match) else 0.9
            return f"{root} {'major' if mode.startswith('maj') else 'minor'}", confidence
        if accidental:
            return root, 0.6
        if not name[match.end() :].strip(" )]}") and match.start() > 0:
            return root, LETTER_CONFIDENCE
    return None


def _may_be_prose(name: str, match: re.Match[str]) -> bool:
    """`Am` and `Em` between two words are a key only where the second is no word of a sentence."""
    after = name[match.end() :]
    if (
        match.group() not in ("Am", "Em")
        or not after.startswith(" ")
        or not name[: match.start()].endswith(" ")
    ):
        return False
    known = (word.isdigit() or word in LOOP_WORDS or (word,) in ROLE_OF_PHRASE for word in tokens(after))
    return not all(known)


def pitch_of(name: str, role: str | None) -> Estimate | None:
    """MIDI note with C4 = 60. Makers disagree about the octave, and `Kick A1` is a number, not a note."""
    found = _NOTE.search(name)
    if found is None or role in DRUM_ROLES:
        return None
    letter, accidental, octave = found.groups()
    shift = {"#": 1, "s": 1, "b": -1}.get(accidental or "", 0)
    note = 12 * (int(octave) + 1) + _SEMITONE[letter] + shift
    return Estimate(float(note), 0.5) if 0 <= note <= 127 else None


def pack_of(path: str, root: str) -> str:
    """The outermost folder below `root` that is more than an order (`Drums`, `Kicks`) or a shop of packs.

    What lies in a folder of packs is one. Where no folder below says it, those above `root` are asked: which
    folder was added first does not decide.
    """
    return _pack_of_folder(folder_of(path), root)


@lru_cache(maxsize=256)
def _pack_of_folder(folder: str, root: str) -> str:
    below = [part for part in PurePath(os.path.relpath(folder, root)).parts if part != ".."]
    named = [part for part in below if not _only_sorts(part)]
    for holder, held in pairwise(below):
        if _plain(holder) in HOLDERS and held in named:
            return held
    of_a_maker = [part for part in named if not _is_shop(part)]
    if of_a_maker or named:
        return (of_a_maker or named)[0]
    above = (
        place.name for place in _up_to_a_disk(root) if not (_only_sorts(place.name) or _is_shop(place.name))
    )
    return next(above, PurePath(root).name or root)


def _up_to_a_disk(root: str) -> Iterator[PurePath]:
    """A folder and those above, below a user's home, a disk or the folder of all programs."""
    for place in (PurePath(root), *PurePath(root).parents):
        above = {str(place.parent), str(place.parent.parent)}
        is_disk = str(place.parent) in _OF_HOMES_AND_DISKS or above & {"/media", "/run/media"}
        if is_disk or str(place) in _OF_PROGRAMS:
            return
        yield place


def _is_shop(folder: str) -> bool:
    return _plain(folder) in SHOPS | HOLDERS


def _plain(folder: str) -> str:
    return " ".join(tokens(folder))


def _only_sorts(folder: str) -> bool:
    """By roles, kinds and tempos; `808` is a machine, and more than an order."""
    words = [word for word in tokens(folder) if not word.isdigit()]
    if not words:
        return folder.isdecimal() and SLOWEST_BPM <= int(folder) <= FASTEST_BPM
    place = 0
    while place < len(words):
        phrase = longest_phrase(words, place)
        if phrase[0] not in SORTING_WORDS and phrase not in ROLE_OF_PHRASE:
            return False
        place += len(phrase)
    return True
