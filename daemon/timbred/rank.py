"""Makes a slot's rows of its candidates: thinned, held steady, and each with its reason."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from timbred.config import Suggesting
from timbred.search import Candidates
from timbred.settings import Settings
from timbred.why import empty_because, why
from timbred_catalogs.sound import Hit, Sound

SAME_COSINE = 1e-5
"""Two sounds of one role that are equally near to this are one recording in two files."""
SAME_NAME_COSINE = 0.01
"""Two sounds whose names differ by a copy's mark alone and that are equally near to this are too."""

_NOTE = re.compile(r"(?i)[\s_-]+[a-g][#b]?-?\d$")
_COPY_MARK = re.compile(r"(?i)[\s_-]*(\(\d+\)|copy( \d+)?|dup\d*|\d+(hz|k|bit))$")


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
    """

    slot: str
    rank: int
    sound: Sound | None
    score: float
    pinned: bool
    why: str


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
    return tuple(before) if _same_music(rows, before, suggesting.hold_similarity) else rows


def _rank_slot(
    found: Candidates, settings: Settings, held: frozenset[str], suggesting: Suggesting
) -> list[Row]:
    count = settings.counts.get(found.slot.name, suggesting.per_slot)
    pinned = sorted(found.pinned, key=lambda hit: -hit.similarity)
    least = suggesting.least_similarity if found.fit is None else -1.0
    hits = found.hits if found.fit is None or found.fit.anything_fits else ()
    wanted = _wanted(hits, settings, least, {hit.sound.id for hit in pinned})
    steady = sorted(
        wanted, key=lambda hit: -hit.similarity - suggesting.hold_similarity * (hit.sound.id in held)
    )
    room = max(0, count - len(pinned))
    chosen = _thinned(steady, room, suggesting.pack_share)
    if not pinned and not chosen:
        reason = empty_because(found, settings, suggesting.least_similarity)
        return [Row(found.slot.name, 0, None, 0.0, False, reason)]
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
        )
        for number, hit in enumerate([*pinned, *chosen], 1)
    ]


def _score(hit: Hit, place: int | None, found: Candidates) -> float:
    return min(1.0, max(0.0, hit.similarity)) if found.fit is None else found.fit.score(place)


def _wanted(hits: Iterable[Hit], settings: Settings, least: float, pinned: set[str]) -> list[Hit]:
    refused = settings.rejected() | pinned
    return [
        hit
        for hit in hits
        if hit.similarity >= least
        and hit.sound.id not in refused
        and (not settings.words or matches(hit.sound, settings.words))
    ]


def matches(sound: Sound, words: Sequence[str]) -> bool:
    """Whether each word is in the sound's name, pack, role or tags."""
    text = " ".join((sound.name, sound.pack, sound.role or "", *sound.tags)).lower()
    return all(word.lower() in text for word in words)


def _thinned(hits: Sequence[Hit], count: int, pack_share: float) -> list[Hit]:
    """The first `count`, without near-duplicates and, if it can be, no more of one pack than its share."""
    per_pack = max(1, ceil(count * pack_share))
    chosen: list[Hit] = []
    flood: list[Hit] = []
    packs: Counter[str] = Counter()
    for hit in hits:
        if len(chosen) == count:
            break
        if any(_same_sound(hit, other) for other in (*chosen, *flood)):
            continue
        if packs[hit.sound.pack] < per_pack:
            packs[hit.sound.pack] += 1
            chosen.append(hit)
        else:
            flood.append(hit)
    return chosen + flood[: count - len(chosen)]


def _same_sound(one: Hit, other: Hit) -> bool:
    """Whether two are one recording, or one instrument's samples of two notes."""
    apart = abs(one.similarity - other.similarity)
    if apart <= SAME_COSINE or _instrument(one.sound) == _instrument(other.sound):
        return True
    return apart <= SAME_NAME_COSINE and _plain(one.sound.name) == _plain(other.sound.name)


def _instrument(sound: Sound) -> tuple[str, str]:
    """What samples of one instrument have in common: the pack, and the name without its note."""
    note = _NOTE.search(sound.name)
    return (sound.pack, sound.name[: note.start()].lower() if note else sound.id)


def _plain(name: str) -> str:
    """A name without the mark that a copy of a file gets."""
    return _COPY_MARK.sub("", name).strip().lower()


def _ids(rows: Iterable[Row]) -> frozenset[str]:
    return frozenset(row.sound.id for row in rows if row.sound)


def _same_music(rows: Sequence[Row], before: Sequence[Row], hold: float) -> bool:
    """Whether a new list says nothing that the old one did not: the same sounds, scores hardly moved."""
    if [row.slot for row in rows] != [row.slot for row in before]:
        return False
    old = {(row.slot, row.sound.id): row for row in before if row.sound}
    new = {(row.slot, row.sound.id): row for row in rows if row.sound}
    return old.keys() == new.keys() and all(
        abs(row.score - old[key].score) <= hold and row.pinned == old[key].pinned for key, row in new.items()
    )
