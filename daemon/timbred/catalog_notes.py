"""The notes of a page's instruments, rendered before it is written, as far as time and the cache allow."""

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from timbred_catalogs.errors import CatalogError
from timbred_catalogs.note_cache import NoteCache
from timbred_catalogs.places import is_instrument
from timbred_catalogs.playable import playable
from timbred_catalogs.sound import Sound

log = logging.getLogger(__name__)

LONGEST_SECONDS = 120.0
SHARE = 0.5
"""Of the cache: so much is a page's at most, the rest is for lists."""


def rendered_notes(
    sounds: Sequence[Sound],
    cache: NoteCache,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    longest_seconds: float = LONGEST_SECONDS,
) -> dict[str, Path]:
    """The notes of the instruments among `sounds`, by the sounds' ids.

    Those that are in the cache come first, so that a second run goes on where the time of the first was over.
    What cannot be played is left out.
    """
    # A file's presets one after the other: it is loaded once.
    wanted = sorted({s.id: s for s in sounds if is_instrument(s.path)}.values(), key=lambda s: s.place)
    notes = {sound.id: found for sound in wanted if (found := cache.find(sound)) is not None}
    room = SHARE * cache.most_bytes - sum(path.stat().st_size for path in notes.values())
    until = time.monotonic() + longest_seconds
    for done, sound in enumerate(wanted):
        if room < 0 or time.monotonic() > until:
            break
        on_progress(done, len(wanted))
        if sound.id not in notes and (path := _rendered(sound, cache)) is not None:
            notes[sound.id] = path
            room -= path.stat().st_size
    return notes


def _rendered(sound: Sound, cache: NoteCache) -> Path | None:
    try:
        return playable(sound, cache)
    except CatalogError as error:
        log.info("%s", error)
        return None
