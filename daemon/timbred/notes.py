"""Renders the notes of the instruments on lists, so that they are dragged and played as samples are."""

import logging
import time
from collections.abc import Callable

from timbred.part import QueuePart
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.note_cache import NoteCache
from timbred_catalogs.places import is_instrument
from timbred_catalogs.sound import Sound

log = logging.getLogger(__name__)

MOST_WAITING = 512
"""Those asked for first go where more wait; the next list asks for its own again."""

RETRY_SECONDS = 60.0
NEWS_SECONDS = 1.0
"""While one note after the other is rendered, lists are told so often."""


class Notes(QueuePart[Sound]):
    """One thread, in front of it a bounded queue in which each instrument stands once.

    Args:
        cache: Where the notes are kept.
        on_news: Called when there are notes that lists lack.
    """

    name = "note renderer"

    def __init__(self, cache: NoteCache, on_news: Callable[[], None]) -> None:
        super().__init__()
        self._cache, self._on_news = cache, on_news
        self._failed_at: dict[str, float] = {}
        self._told_at = 0.0

    def file_of(self, sound: Sound) -> str:
        """The sound's own file, or an instrument's note; empty until that is rendered."""
        if not is_instrument(sound.path):
            return sound.path
        try:
            found = self._cache.find(sound)
        except OSError:
            return ""
        if found is None:
            self._want(sound)
        return str(found or "")

    def take(self, item: Sound) -> None:
        """Renders an instrument's note."""
        from timbred_catalogs.playable import playable  # the daemon's start does not wait for the decoders

        try:
            playable(item, self._cache)
        except CatalogError as error:
            log.info("%s", error)
            self._failed_at[item.id] = time.monotonic()
        if not self.waiting or time.monotonic() - self._told_at > NEWS_SECONDS:
            self._told_at = time.monotonic()
            self._on_news()

    def _want(self, sound: Sound) -> None:
        failed_at = self._failed_at.get(sound.id)
        if failed_at is not None and time.monotonic() - failed_at < RETRY_SECONDS:
            return
        with self.filled:
            self.waiting[sound.id] = sound
            if len(self.waiting) > MOST_WAITING:
                self.waiting.pop(next(iter(self.waiting)))
            self.filled.notify()
