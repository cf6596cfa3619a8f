"""Makes a slot's rows of its candidates: thinned, held steady, and each with its reason."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from math import ceil

from timbred.config import Suggesting
from timbred.fit_scale import FitScale
from timbred.search import Candidates
from timbred.settings import Settings
from timbred.why import empty_because, why
from timbred_catalogs.sound import Hit, Sound
from timbred_catalogs.words import folded

SAME_COSINE = 1e-5
"""Two sounds of one role that are equally near to this are one recording in two files."""
SAME_NAME_COSINE = 0.01
"""Two sounds whose names differ by a copy's mark alone and that are equally near to this are too."""
REMEMBERED_NAMES = 2**14
"""Music that goes on asks for the same names again, several times in each slot."""
REMEMBERED_TEXTS = 2**15
"""As many as the candidates of all slots, which words are looked for in."""

_STRUCK = "softest|soft|medium|med|hard|hardest|pp|mp|mf|ff|vel\\d+"
_NOTE = re.compile(rf"(?i)([\s_-]+([a-g][#b]?-?\d|{_STRUCK}))+$")
_COPY_MARK = re.compile(r"(?i)[\s_-]*(\(\d+\)|copy( \d+)?|dup\d*|\d+(hz|k|bit))$")
_COSINE = re.compile(r"(?<=cosine )-?\d\.\d+")


@dataclass(frozen=True)
class Row:
    """One row of a list.

    Args:
        slot: The slot's name.
        rank: 1 for the best of its slot; 0 in a row without a sound.
        sound: The sound, or None where the slot has nothing worth saying.
        score: The cosine between the sound and the music (what is heard of the slot's role where the
            encoder hears roles), with nothing below 0; of what fits, the share of the slot's sounds that
            fit less.
        pinned: Whether the user holds it.
        why: The reason, in measured terms.
        similarity: The cosine that the sound is ranked by, by which a slot is held steady.
    """

    slot: str
    rank: int
    sound: Sound | None
    score: float
    pinned: bool
    why: str
    similarity: float


def rank(
    found: Sequence[Candidates], settings: Settings, before: Sequence[Row], suggesting: Suggesting
) -> tuple[Row, ...]:
    """The list.

    Args:
        found: The candidates, slot by slot.
        settings: The user's.
        before: The list that is shown now, whose sounds stay unless another is clearly nearer.
        suggesting: The thresholds.
    """
    rows = tuple(row for one in found for row in _rank_slot(one, settings, _ids(before), suggesting))
    return _steady(rows, before, suggesting.hold_similarity)


def _rank_slot(
    found: Candidates, settings: Settings, held: frozenset[str], suggesting: Suggesting
) -> list[Row]:
    count = settings.counts.get(found.slot.name, suggesting.per_slot)
    pinned = sorted(found.pinned, key=lambda hit: -hit.similarity)
    least = suggesting.least_similarity if found.fit is None else -1.0
    hits = found.hits if found.fit is None else _fitting(found.hits, found.fit, settings)
    wanted = _wanted(hits, settings, least)
    steady = sorted(
        wanted, key=lambda hit: -hit.similarity - suggesting.hold_similarity * (hit.sound.id in held)
    )
    room = max(0, count - len(pinned))
    chosen = _thinned(steady, room, suggesting.pack_share, pinned)
    if not pinned and not chosen:
        reason = empty_because(found, settings, suggesting.least_similarity)
        return [Row(found.slot.name, 0, None, 0.0, False, reason, 0.0)]
    place = {hit.sound.id: number for number, hit in enumerate(found.hits, 1)}
    chosen.sort(key=lambda hit: -hit.similarity)
    return [
        Row(
            found.slot.name,
            number,
            hit.sound,
            _score(hit, place.get(hit.sound.id), found),
            number <= len(pinned),
            why(hit, place.get(hit.sound.id), found),
            hit.similarity,
        )
        for number, hit in enumerate([*pinned, *chosen], 1)
    ]


def _fitting(hits: tuple[Hit, ...], fit: FitScale, settings: Settings) -> tuple[Hit, ...]:
    """The better half; whoever asks for words gets what has them."""
    if not fit.anything_fits:
        return ()
    return hits if settings.words else hits[: fit.listed]


def _score(hit: Hit, place: int | None, found: Candidates) -> float:
    return min(1.0, max(0.0, hit.similarity)) if found.fit is None else found.fit.score(place)


def _wanted(hits: Iterable[Hit], settings: Settings, least: float) -> list[Hit]:
    refused = settings.rejected()
    return [
        hit
        for hit in hits
        if hit.similarity >= least
        and hit.sound.id not in refused
        and (not settings.words or matches(hit.sound, settings.words))
    ]


def matches(sound: Sound, words: Sequence[str]) -> bool:
    """Whether each word is in the sound's name, pack, role or tags; case and accents do not matter."""
    text = _folded(" ".join((sound.name, sound.pack, sound.role or "", *sound.tags)))
    return all(_folded(word) in text for word in words)


_folded = lru_cache(maxsize=REMEMBERED_TEXTS)(folded)


def _thinned(hits: Sequence[Hit], count: int, pack_share: float, pinned: Sequence[Hit]) -> list[Hit]:
    """The first `count`, without near-duplicates and, if it can be, no more of one pack than its share.

    What is pinned hides its near-duplicates too.
    """
    per_pack = max(1, ceil(count * pack_share))
    chosen: list[Hit] = []
    flood: list[Hit] = []
    packs: Counter[str] = Counter()
    for hit in hits:
        if len(chosen) == count:
            break
        has_its_share = packs[hit.sound.pack] >= per_pack
        if has_its_share and len(flood) >= count - len(chosen):
            continue
        if any(_same_sound(hit, other) for other in (*pinned, *chosen, *flood)):
            continue
        if has_its_share:
            flood.append(hit)
        else:
            packs[hit.sound.pack] += 1
            chosen.append(hit)
    return chosen + flood[: count - len(chosen)]


def _same_sound(one: Hit, other: Hit) -> bool:
    """Whether two are one recording, or one instrument's samples of two notes or of two velocities."""
    apart = abs(one.similarity - other.similarity)
    if apart <= SAME_COSINE or _instrument(one.sound) == _instrument(other.sound):
        return True
    return apart <= SAME_NAME_COSINE and _plain(one.sound.name) == _plain(other.sound.name)


def _instrument(sound: Sound) -> tuple[str, str]:
    """What samples of one instrument have in common: the pack, and the name without its note and velocity."""
    name = _without_note(sound.name)
    return (sound.pack, sound.id if name is None else name)


@lru_cache(maxsize=REMEMBERED_NAMES)
def _without_note(name: str) -> str | None:
    """A name without the note and the velocity it ends with; None where it ends with neither."""
    note = _NOTE.search(name)
    return name[: note.start()].lower() if note else None


@lru_cache(maxsize=REMEMBERED_NAMES)
def _plain(name: str) -> str:
    """A name without the mark that a copy of a file gets."""
    return _COPY_MARK.sub("", name).strip().lower()


def _ids(rows: Iterable[Row]) -> frozenset[str]:
    return frozenset(row.sound.id for row in rows if row.sound)


def _steady(rows: Sequence[Row], before: Sequence[Row], hold: float) -> tuple[Row, ...]:
    """The new list; a slot of which the music asks for nothing else stays as it was."""
    old = {slot: tuple(shown) for slot, shown in groupby(before, key=lambda row: row.slot)}
    steady: list[Row] = []
    for slot, grouped in groupby(rows, key=lambda row: row.slot):
        wanted = tuple(grouped)
        shown = old.get(slot, ())
        steady += _kept(shown, wanted, hold) if _same_music(wanted, shown, hold) else wanted
    return tuple(before) if steady == list(before) else tuple(steady)


def _kept(shown: Sequence[Row], wanted: Sequence[Row], hold: float) -> list[Row]:
    """The rows as they are shown, with what the catalogue now says of their sounds."""
    new = {_key(row): row for row in wanted}
    return [_held(row, new[_key(row)], hold) for row in shown]


def _same_music(rows: Sequence[Row], shown: Sequence[Row], hold: float) -> bool:
    """Whether a slot is to have the sounds that it shows, which hardly came nearer or went away."""
    old = {_key(row): row for row in shown}
    new = {_key(row): row for row in rows}
    return old.keys() == new.keys() and all(
        abs(row.similarity - old[key].similarity) <= hold and row.pinned == old[key].pinned
        for key, row in new.items()
    )


def _key(row: Row) -> tuple[str, str]:
    return (row.slot, row.sound.id if row.sound else "")


def _held(old: Row, new: Row, hold: float) -> Row:
    """The old row, at its old place and score, unless what it says of its sound is no longer so."""
    if old.sound is None:
        return old if _same_reason(old.why, new.why, hold) else new
    return old if old.sound == new.sound else replace(old, sound=new.sound, why=new.why)


def _same_reason(one: str, other: str, hold: float) -> bool:
    """Whether two reasons are the same but for a cosine that hardly moved."""
    if _COSINE.sub("", one) != _COSINE.sub("", other):
        return False
    cosines = zip(_COSINE.findall(one), _COSINE.findall(other), strict=True)
    return all(abs(float(a) - float(b)) <= hold for a, b in cosines)
