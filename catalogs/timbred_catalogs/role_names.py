"""What a sound's name and folders say of its role.

Names help and do not decide: a whole-token match in the file's own name is strong, one in a folder weaker,
and two in one name that disagree cancel each other.
"""

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import lru_cache

from timbred_catalogs.roles import DRUM_ROLES, DRUMS_AND_BASS, GENRE_PHRASES, ROLE_OF_PHRASE

# Two letters mean a drum only where drums are: "Ch 3" or "SD card" is nobody's hi-hat or snare.
SHORT_CONFIDENCE = 0.6
NAME_CONFIDENCE = 0.9
FOLDER_CONFIDENCE = 0.7
_MACHINES = "808 909 606 707 727 linn linndrum tr808 tr909 dmx cr78"
_PLACES = "drum drums kit kits drumkit drumkits percussion oneshot oneshots shot shots hits hydrogen"
DRUM_MACHINES = frozenset(_MACHINES.split())
PLACES_OF_DRUMS = DRUM_MACHINES | set(_PLACES.split())
# Say what a sound is for or which family it is of; they give way to an instrument, the first of them first:
# "crash fx", "glitch perc".
QUALIFIERS = ("effect", "percussion")
# Say how an instrument is played or what it is for; behind one they mean it: "string pad", "guitar lead".
PLAYED_AS = ("bass", "lead", "pad", "pluck")
# A hat that says none of these may be open, where its folder says so.
_CLOSED = "closed pedal ch chh hhc closedhat closedhihat closedhh"
CLOSED_WORDS = frozenset(_CLOSED.split())


@dataclass(frozen=True, slots=True)
class RoleGuess:
    """`role` is None where the names say nothing, or contradict each other."""

    role: str | None
    confidence: float
    source: str | None


NOTHING = RoleGuess(None, 0.0, None)


@lru_cache(maxsize=1024)
def tokens(name: str) -> tuple[str, ...]:
    """Lower-case words and numbers: `BassDrum_01-Long` is bass, drum, 01, long, `bassloops` bass, loops."""
    spaced = re.sub(
        r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})|(?<=[a-z]{3})(?=loops?(?![a-z]))", " ", name
    )
    return tuple(re.findall(r"[^\W\d_]+|\d+", spaced.lower()))


def guess_role(name: str, folders: Sequence[str] = ()) -> RoleGuess:
    """`name` without its extension; `folders` from the outermost to the innermost.

    The file's own name is asked first, then its folders from the innermost outwards.
    """
    words = tokens(name)
    drums_here = not DRUM_MACHINES.isdisjoint(words) or any(map(_is_of_drums, folders))
    own = _guess(words, drums_here) or _guess(words, drums_here, genres=DRUMS_AND_BASS)
    if own is not None:
        if own.role == "closed_hat" and _is_open(words, folders):
            return RoleGuess("open_hat", FOLDER_CONFIDENCE, "folder")
        confidence = NAME_CONFIDENCE if own.long else SHORT_CONFIDENCE
        return RoleGuess(own.role, confidence, "name") if own.role else NOTHING
    for inner in range(len(folders), 0, -1):
        words = tokens(folders[inner - 1])
        found = _guess(words, drums_here)
        if found is not None and found.long and found.role:
            is_open = found.role == "closed_hat" and _is_open(words, folders[inner:])
            return RoleGuess("open_hat" if is_open else found.role, FOLDER_CONFIDENCE, "folder")
    return NOTHING


@lru_cache(maxsize=1024)
def _is_of_drums(folder: str) -> bool:
    found = _guess(tokens(folder), drums_here=False)
    says_one = found is not None and found.long and found.role in DRUM_ROLES
    return says_one or not PLACES_OF_DRUMS.isdisjoint(tokens(folder))


def _is_open(words: tuple[str, ...], folders: Sequence[str]) -> bool:
    """Of a hat: whether the innermost of its folders that says so says open."""
    for said in (words, *map(tokens, reversed(folders))):
        if not CLOSED_WORDS.isdisjoint(said):
            return False
        found = _guess(said, drums_here=False)
        if said == ("open",) or (found is not None and found.role == "open_hat"):
            return True
    return False


@dataclass(frozen=True, slots=True)
class _Match:
    """`role` None: words were found, and they contradict each other. `long`: not a mere abbreviation."""

    role: str | None
    long: bool


def _guess(
    words: tuple[str, ...], drums_here: bool, genres: Container[tuple[str, ...]] = GENRE_PHRASES
) -> _Match | None:
    found: dict[str, bool] = {}
    place = 0
    while place < len(words):
        phrase = longest_phrase(words, place)
        if phrase in genres:
            place += len(phrase)
            continue
        role = ROLE_OF_PHRASE.get(phrase)
        if role is not None and (_is_long(phrase) or drums_here or _stands_alone(words, role)):
            found[role] = found.pop(role, False) or _is_long(phrase)
        place += len(phrase) if role is not None else 1
    return _settle(found) if found else None


def longest_phrase(words: Sequence[str], place: int) -> tuple[str, ...]:
    """The words from a place on that mean a role or a kind of music together; one word where none do."""
    for length in range(_LONGEST, 1, -1):
        phrase = tuple(words[place : place + length])
        if phrase in ROLE_OF_PHRASE or phrase in GENRE_PHRASES:
            return phrase
    return (words[place],)


def _is_long(phrase: tuple[str, ...]) -> bool:
    return sum(map(len, phrase)) > 2 or phrase == ("ep",)


def _stands_alone(words: tuple[str, ...], role: str) -> bool:
    """`BD.wav`, `SD 01.wav`, `CH-909.wav`: a drum's abbreviation that leads and has only numbers after it."""
    return (
        role in DRUM_ROLES and ROLE_OF_PHRASE.get((words[0],)) == role and all(w.isdigit() for w in words[1:])
    )


def _settle(found: dict[str, bool]) -> _Match:
    """A whole word outweighs an abbreviation, an instrument a qualifier; two of a weight cancel out.

    `found` is in the order of the words.
    """
    strong = {role for role, long in found.items() if long} or set(found)
    for qualifier in QUALIFIERS:
        strong = strong - {qualifier} or strong
    last = next(role for role in reversed(found) if role in strong)
    if last in PLAYED_AS and strong.isdisjoint(DRUM_ROLES):
        strong = {last}
    return _Match(last if len(strong) == 1 else None, any(found[role] for role in strong))


_LONGEST = max(map(len, ROLE_OF_PHRASE))
