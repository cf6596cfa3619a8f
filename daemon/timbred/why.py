"""Says in measured terms why a sound is on the list, or why a slot is empty."""

from timbred.search import Candidates
from timbred.settings import Settings
from timbred_catalogs.sound import Hit, Sound

SURE = 0.5
"""Confidence from which a measured pitch or tempo is worth a word."""

_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def why(hit: Hit, place: int | None, found: Candidates) -> str:
    """The reason of one row.

    Args:
        hit: The sound and its cosine.
        place: Its place among all sounds of the slot's roles, 1 for the nearest; None beyond those searched.
        found: Where it comes from.
    """
    if found.fit is not None:
        return "; ".join([_fits(place, found), *_facts(hit.sound)])
    sounds = _sounds(found)
    music = f"the {found.heard_as} in the music" if found.heard_as else "the music"
    if place is None:
        reason = f"cosine {hit.similarity:.2f} to {music}, not among the nearest of {sounds}"
    else:
        reason = f"{_ordinal(place)}nearest of {sounds} to {music}"
    return "; ".join([reason, *_facts(hit.sound)])


def empty_because(found: Candidates, settings: Settings, least: float) -> str:
    """Why a slot has no row."""
    if not found.total:
        return f"no {found.slot.name} among your sounds"
    sounds = _sounds(found)
    if not found.hits:
        return f"none of {sounds} has been measured by this model"
    if found.fit is not None and not found.fit.anything_fits:
        return f"nothing here fits: none of {sounds} stands out"
    best = found.hits[0].similarity
    if found.fit is None and best < least:
        return f"none of {sounds} is near: the nearest has cosine {best:.2f}, under {least:g}"
    if settings.words:
        return f"none of {sounds} that are near has the words {' '.join(settings.words)}"
    return f"you rejected every near one of {sounds}"


def _fits(place: int | None, found: Candidates) -> str:
    sounds = _sounds(found)
    if place is None:
        return f"not among the best fits of {sounds}"
    return f"fits best of {sounds}" if place == 1 else f"{_ordinal(place)}best fit of {sounds}"


def _sounds(found: Candidates) -> str:
    return f"{found.total} {found.slot.name} sound{'' if found.total == 1 else 's'}"


def _ordinal(place: int) -> str:
    if place == 1:
        return ""
    ending = "th" if 10 <= place % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending} "


def _facts(sound: Sound) -> list[str]:
    facts = []
    if sound.pitch_midi is not None and sound.pitch_confidence >= SURE:
        note = round(sound.pitch_midi)
        facts.append(f"pitch {_NOTES[note % 12]}{note // 12 - 1}")
    if sound.kind == "loop" and sound.tempo_bpm is not None and sound.tempo_confidence >= SURE:
        facts.append(f"{sound.tempo_bpm:.0f} BPM")
    return facts
