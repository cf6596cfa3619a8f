"""Renders the notes of the instruments on lists, so that they are dragged and played as samples are."""

import logging
import threading
import time
from collections.abc import Callable

from timbred.part import Part
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


class Notes(Part):
    """One thread, in front of it a bounded queue in which each instrument stands once.

    Args:
        cache: Where the notes are kept.
        on_news: Called when there are notes that lists lack.
    """

    name = "note renderer"

    def __init__(self, cache: NoteCache, on_news: Callable[[], None]) -> None:
        super().__init__()
        self._cache, self._on_news = cache, on_news
        self._waiting: dict[str, Sound] = {}
        self._failed_at: dict[str, float] = {}
        self._told_at = 0.0
        self._filled = threading.Condition()

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

    def turn(self) -> None:
        """Renders the note that was asked for first."""
        from timbred_catalogs.playable import playable  # the daemon's start does not wait for the decoders

        with self._filled:
            if not self._waiting and not self._filled.wait(0.5):
                return
            if not self._waiting:
                return
            sound = self._waiting.pop(next(iter(self._waiting)))
        try:
            playable(sound, self._cache)
        except CatalogError as error:
            log.info("%s", error)
            self._failed_at[sound.id] = time.monotonic()
        if not self._waiting or time.monotonic() - self._told_at > NEWS_SECONDS:
            self._told_at = time.monotonic()
            self._on_news()

    def stop(self) -> None:
        """Ends the thread and waits for it."""
        with self._filled:
            self.stopping.set()
            self._filled.notify_all()
        super().stop()

    def _want(self, sound: Sound) -> None:
        failed_at = self._failed_at.get(sound.id)
        if failed_at is not None and time.monotonic() - failed_at < RETRY_SECONDS:
            return
        with self._filled:
            self._waiting[sound.id] = sound
            if len(self._waiting) > MOST_WAITING:
                self._waiting.pop(next(iter(self._waiting)))
            self._filled.notify()
