"""Waits for what changes in folders, and hands it on once it is quiet; a folder may go away and come back."""

import logging
import os
import stat
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from timbred.watch_names import own_path, utf8_names
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.rows import printable
from timbred_catalogs.tables import home_expanded

log = logging.getLogger(__name__)

# Changes are handed on when none came for so long, or, while a long copy goes on, after the second time.
QUIET_SECONDS = 0.5
LONGEST_SECONDS = 5.0
# A file that was written to since is perhaps not whole yet: a recording, or a slow copy.
WRITING_SECONDS = 2.0
# The system loses events when very many come at once: then the whole folder is looked at.
MOST_PATHS = 1000
RETRY_SECONDS = 30.0
POLL_SECONDS = 10.0
# Where the system watches no more folders, or a name cannot be told, this is how watchfiles says so.
WatchError = (OSError, RuntimeError)

Identity = tuple[int, int]
Take = Callable[[Sequence[str], Sequence[str] | None], None]
"""Takes up the changes of folders: only those of the given paths, or all for None."""


class FolderWatch:
    """Keeps a catalogue up with folders, on the thread that runs it.

    Args:
        folders: Their paths; those that are not there are waited for.
        concerns: Whether a changed path may be a sound or hold some.
        take: Called with what changed; what it refuses with a CatalogError is tried again later.
        may_work: Asked before each `take`; changes gather while it says no.
        stop: Ends `run`.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        concerns: Callable[[str], bool],
        take: Take,
        may_work: Callable[[], bool],
        stop: threading.Event,
    ) -> None:
        self._folders = [os.path.normpath(home_expanded(folder).absolute()) for folder in folders]
        self._concerns, self._take, self._may_work, self._stop = concerns, take, may_work, stop
        self._known: dict[str, Identity] = {}
        self._whole = dict.fromkeys(self._folders, False)
        self._paths: set[str] = set()
        self._retry_at = 0.0
        self._polling = False

    def run(self) -> None:
        """Looks through every folder once, then follows it until `stop` is set."""
        while not self._stop.is_set():
            there = self._there()
            for folder in there.keys() - self._known.keys():
                self._whole[folder] = True  # new to this run, or back from another disk
            for folder in self._known.keys() - there.keys():
                log.warning(
                    "%s is gone; its sounds stay in the catalogue until it is back", printable(folder)
                )
            self._known = there
            if not there:
                self._stop.wait(QUIET_SECONDS)
                continue
            try:
                self._follow(list(there))
            except WatchError as error:
                self._after(error)

    def _follow(self, folders: list[str]) -> None:
        """Until one of the folders goes away or comes back. Watching begins before the first look."""
        with utf8_names(folders) as names, closing(self._changes(names)) as batches:
            for changes in batches:
                self._gather(changes)
                if self._there() != self._known:
                    return
                self._work(folders)

    def _changes(self, names: Mapping[str, str]) -> Generator[set[str], None, None]:
        from watchfiles import watch

        changes = watch(
            *names,
            watch_filter=None,
            step=round(QUIET_SECONDS * 1000),
            debounce=round(LONGEST_SECONDS * 1000),
            rust_timeout=round(QUIET_SECONDS * 1000),
            yield_on_timeout=True,
            stop_event=self._stop,
            force_polling=self._polling or None,
            poll_delay_ms=round(POLL_SECONDS * 1000),
            ignore_permission_denied=True,
        )
        for batch in changes:
            yield {own_path(path, names) for _, path in batch}

    def _gather(self, paths: set[str]) -> None:
        self._paths.update(path for path in paths if self._concerns(path))
        if len(self._paths) > MOST_PATHS:
            self._whole = dict.fromkeys(self._whole, True)
            self._paths = set()

    def _work(self, there: list[str]) -> None:
        whole = [folder for folder in there if self._whole[folder]]
        if not (whole or self._paths) or time.monotonic() < self._retry_at or not self._may_work():
            return
        try:
            if whole:
                self._take(whole, None)
                self._whole.update(dict.fromkeys(whole, False))
            below = tuple(folder + os.sep for folder in there)
            unfinished = set(filter(_is_being_written, self._paths))
            paths = sorted(path for path in self._paths - unfinished if path.startswith(below))
            if paths:  # those of a folder that went away are looked at when it is back
                self._take(there, paths)
            self._paths = unfinished
        except (CatalogError, OSError) as error:
            log.warning("%s; trying again in %g s", error, RETRY_SECONDS)
            self._retry_at = time.monotonic() + RETRY_SECONDS
            # A catalogue that is made anew until then knows nothing of the rest of the folders.
            self._whole.update(dict.fromkeys(there, True))
            self._paths = set()

    def _there(self) -> dict[str, Identity]:
        """The folders that are there. An empty one in the place of another is a disk that is not mounted."""
        found: dict[str, Identity] = {}
        for folder in self._folders:
            try:
                status = os.stat(folder)  # noqa: PTH116
                identity = (status.st_dev, status.st_ino)
                with os.scandir(folder) as entries:
                    if self._known.get(folder) == identity or any(entries):
                        found[folder] = identity
            except OSError:
                continue
        return found

    def _after(self, error: Exception) -> None:
        """A name inside that is not UTF-8 ends watchfiles' stream, too many folders let it not begin."""
        if "limit" in str(error):
            log.warning("the system watches no more folders (%s): looking every %g s", error, POLL_SECONDS)
            self._polling = True
        else:
            log.info("looking through the folders anew: %s", error)
        self._known = {}
        self._stop.wait(QUIET_SECONDS)


def _is_being_written(path: str) -> bool:
    """Whether it is a file of a moment ago; a time that is still to come says nothing."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and 0.0 <= time.time() - status.st_mtime < WRITING_SECONDS
