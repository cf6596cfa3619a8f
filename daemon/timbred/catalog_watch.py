"""What `timbred catalog watch` does with a change: takes it up, in the music's pauses if asked."""

import os
import threading
import time
from collections.abc import Callable, Sequence

from timbred.role_head import find_role_head
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.filters import Where
from timbred_catalogs.ingest import ingest
from timbred_catalogs.scan import is_sound_name
from timbred_catalogs.summary import Progress, Summary

ASK_SECONDS = 2.0
WAIT_SECONDS = 3600.0


class Taker:
    """Takes changes into one catalogue.

    Args:
        catalogue: Open for writing.
        embedders: The models whose vectors its sounds get.
        plays: Whether music plays, in whose pauses the work is done.
        stop: Ends a run in order, also one that waits for the music.
        say: Told what a run did, if it did anything.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        embedders: Sequence[Embedder],
        plays: Callable[[], bool],
        stop: threading.Event,
        say: Callable[[Summary], None],
    ) -> None:
        self._catalogue, self._embedders = catalogue, embedders
        self._plays, self._stop, self._say = plays, stop, say
        self._asked_at, self._playing = float("-inf"), False

    def concerns(self, path: str) -> bool:
        """A sound's file, a folder, or what was one with sounds in it; not the files of a DAW."""
        return is_sound_name(path) or os.path.isdir(path) or self._held_sounds(path)  # noqa: PTH112

    def _held_sounds(self, path: str) -> bool:
        if os.path.lexists(path):
            return False
        try:
            self._catalogue.tables.reopen()  # another process may have put new tables in place
            return self._catalogue.count(Where(under=path)) > 0
        except CatalogError:
            return True  # whoever takes it up meets the reason again, and tries again

    def may_work(self) -> bool:
        """Whether no music plays; asked at most every `ASK_SECONDS`."""
        now = time.monotonic()
        if now - self._asked_at >= ASK_SECONDS:
            self._asked_at, self._playing = now, self._plays()
        return not self._playing

    def take(self, folders: Sequence[str], paths: Sequence[str] | None) -> None:
        """Takes up the changes of folders, of all or of these paths; one thread, so that a DAW has the rest.

        Raises:
            CatalogError: It can't be written, or another's run does not end.
        """
        summary = ingest(
            self._catalogue,
            folders,
            self._embedders,
            workers=1,
            within=paths,
            role_head=find_role_head(self._embedders).head,
            on_progress=self._wait_for_a_pause,
            wait_seconds=WAIT_SECONDS,
        )
        if any((summary.added, summary.moved, summary.returned, summary.copies, summary.missing)):
            self._say(summary)

    def _wait_for_a_pause(self, progress: Progress) -> None:
        if progress.phase == "tidying":
            return
        while not self._stop.is_set() and not self.may_work():
            self._stop.wait(ASK_SECONDS / 4)
        if self._stop.is_set():
            raise KeyboardInterrupt  # ends the run in order; what was done stays
