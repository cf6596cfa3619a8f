"""What names say besides the role: tempo, key, note, kind, pack."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath

from timbred_catalogs.places import folder_of
from timbred_catalogs.role_names import tokens
from timbred_catalogs.roles import DRUM_ROLES, ROLE_OF_PHRASE

KINDS = ("one_shot", "loop", "long", "instrument")
LONG_SECONDS = 30.0
# Of a key that is but a letter at the end of a name.
LETTER_CONFIDENCE = 0.4
SLOWEST_BPM, FASTEST_BPM = 50.0, 220.0
# A loop's length is a whole number of bars; cutting and encoders' padding leave it this much off.
BAR_TOLERANCE = 0.015
# A beat of 150 a minute: what is shorter and lies among loops is a hit.
SHORTEST_LOOP_SECONDS = 0.4
LOOP_WORDS = frozenset(
    {"loop", "loops", "looped", "bpm", "groove", "grooves", "breakbeat", "break", "breaks"}
)
# Of a folder, for what is long enough to be one: a file of this name may be a hit as well.
BEATS = frozenset({"beats", "beat"})
SHORTEST_BEAT_SECONDS = 1.0
# Folders that sort sounds and are no pack.
_SORTING = "drum drums sample samples sound sounds one shot shots oneshot oneshots loop loops pack packs "
SORTING_WORDS = frozenset((_SORTING + "library libraries wav wavs aiff audio misc various user").split())

_BPM = re.compile(
    r"(?<!\d)(\d{2,3}(?:\.\d+)?)[ _-]?bpm(?![a-z])|(?<![a-z])bpm[ _-]?(\d{2,3}(?:\.\d+)?)(?!\d)", re.I
)
_NOTE = re.compile(r"(?<![A-Za-z0-9#])([A-G])(#|b|s)?(-?[0-8])(?![A-Za-z0-9#])")
_KEY = re.compile(
    r"(?<![A-Za-z0-9#])([A-G])(#|b|♯|♭)?(?:[ _-]?((?i:major|maj|minor|min))|(m))?(?![A-Za-z0-9#])"
)
_SEMITONE = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and how far to trust it, 0..1."""

    value: float
    confidence: float


def tempo_of(name: str, folders: Sequence[str], duration_seconds: float) -> Estimate | None:
    """Beats a minute: said with its unit, or a bare number that the length bears out."""
    said = _BPM.search(name)
    if said is not None:
        value = float(said.group(1) or said.group(2))
        return Estimate(value, 0.95) if SLOWEST_BPM <= value <= FASTEST_BPM else None
    bare = [
        float(word) for word in tokens(name) if word.isdigit() and SLOWEST_BPM <= int(word) <= FASTEST_BPM
    ]
    if len(bare) != 1:
        return None
    if _whole_bars(duration_seconds, bare[0]):
        return Estimate(bare[0], 0.8 if says_loop(name, folders) else 0.6)
    return Estimate(bare[0], 0.4) if says_loop(name, folders) else None


def _whole_bars(duration_seconds: float, bpm: float) -> bool:
    bars = duration_seconds * bpm / 240.0
    return bars > 0.9 and abs(bars - round(bars)) <= BAR_TOLERANCE * bars


def says_loop(name: str, folders: Sequence[str]) -> bool:
    """Whether the name or one of the two innermost folders says loop."""
    words = {word for part in (name, *folders[-2:]) for word in tokens(part)}
    return not words.isdisjoint(LOOP_WORDS)


def kind_of(name: str, folders: Sequence[str], duration_seconds: float) -> str:
    """Of what is no instrument: what does not say that it is a loop is a one-shot, up to LONG_SECONDS."""
    if duration_seconds > LONG_SECONDS:
        return "long"
    if "oneshot" in "".join(tokens(name)):
        return "one_shot"
    tempo = tempo_of(name, folders, duration_seconds)
    in_time = tempo is not None and tempo.confidence >= 0.8
    looped = in_time or says_loop(name, ()) or _lies_among_loops(folders, duration_seconds)
    return "loop" if looped else "one_shot"


def _lies_among_loops(folders: Sequence[str], duration_seconds: float) -> bool:
    beats = not BEATS.isdisjoint(word for folder in folders[-1:] for word in tokens(folder))
    least = SHORTEST_BEAT_SECONDS if beats else SHORTEST_LOOP_SECONDS
    return duration_seconds >= least and (beats or says_loop("", folders))


def key_of(name: str) -> tuple[str, float] | None:
    """`Am`, `F# min` and `C_major` are sure, `Eb` less, a bare letter only where it ends the name."""
    for match in reversed(list(_KEY.finditer(name))):
        letter, accidental, mode, short_minor = match.groups()
        root = letter + {"♯": "#", "♭": "b"}.get(accidental or "", accidental or "")
        if short_minor or (mode and mode.lower().startswith("min")):
            return f"{root} minor", 0.9
        if mode:
            return f"{root} major", 0.9
        if accidental:
            return root, 0.6
        if match.end() == len(name) and match.start() > 0:
            return root, LETTER_CONFIDENCE
    return None


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
    """The outermost folder below `root` that is more than an order (`Drums`, `Kicks`), else `root`'s name."""
    return _pack_of_folder(folder_of(path), root)


@lru_cache(maxsize=256)
def _pack_of_folder(folder: str, root: str) -> str:
    for part in PurePath(os.path.relpath(folder, root)).parts:
        if part != ".." and not _only_sorts(part):
            return part
    return PurePath(root).name or root


def _only_sorts(folder: str) -> bool:
    words = [word for word in tokens(folder) if not word.isdigit()]
    return bool(words) and all(word in SORTING_WORDS or (word,) in ROLE_OF_PHRASE for word in words)
