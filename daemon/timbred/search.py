"""Asks the library for each slot's candidates, by what the music holds of the slot's role."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from timbred.fit_scale import FitScale
from timbred.library import Sounds
from timbred.pool import Heard
from timbred.settings import Settings
from timbred.slots import Slot
from timbred_catalogs.sound import Hit

CANDIDATES = 48
CANDIDATES_WITH_WORDS = 1000
CANDIDATES_TO_FIT = 1000
"""So many tell where the middle of the library lies."""


@dataclass(frozen=True)
class Candidates:
    """What the library has for one slot.

    Args:
        slot: The slot.
        hits: The nearest sounds, best first: `hits[n]` is the nearest but n of all.
        pinned: The sounds that the user holds in this slot, wherever they rank.
        total: How many sounds of the slot's roles and kinds the library has.
        heard_as: The role under which the encoder heard the slot in the music; empty where it only
            heard the music as a whole.
    """

    slot: Slot
    hits: tuple[Hit, ...]
    pinned: tuple[Hit, ...]
    total: int
    heard_as: str
    fit: FitScale | None = None


def search(sounds: Sounds, heard: Heard, slots: Sequence[Slot], settings: Settings) -> list[Candidates]:
    """The candidates of each slot.

    Args:
        sounds: The library.
        heard: The music's vectors.
        slots: The slots to fill.
        settings: What the user rejected, pinned and wants as words makes the search wider.
    """
    limit = (CANDIDATES_WITH_WORDS if settings.words else CANDIDATES) + len(settings.rejected())
    if settings.mode == "fit":
        limit = max(limit, CANDIDATES_TO_FIT)
    found = [_search_slot(sounds, heard, slot, settings.pinned(), limit) for slot in slots]
    if settings.mode == "fit":
        return [replace(one, fit=FitScale.of(one.hits, one.total)) for one in found]
    return found


def _search_slot(sounds: Sounds, heard: Heard, slot: Slot, pinned: tuple[str, ...], limit: int) -> Candidates:
    heard_as = next((role for role in slot.heard_as if role in heard.by_role), "")
    vector = heard.by_role[heard_as] if heard_as else heard.whole
    hits = sounds.search(vector, slot.roles, limit, slot.kinds)
    held = sounds.hits(vector, pinned) if pinned else ()
    mine = tuple(hit for hit in held if hit.sound.role in slot.roles)
    return Candidates(slot, tuple(hits), mine, sounds.size(slot.roles, slot.kinds), heard_as)
