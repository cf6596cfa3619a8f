"""Once a second: takes up a changed catalogue, drops dead sessions, removes what dead plugins left."""

import logging
import time
from contextlib import suppress
from pathlib import Path

import psutil

from timbred.library import Library
from timbred.part import Part
from timbred.priority import stand_back
from timbred.sessions import Sessions
from timbred.worker import Worker
from timbred_bridge.errors import RingError
from timbred_bridge.ring import RingReader
from timbred_bridge.runtime import AUDITION_SUFFIX, RING_SUFFIX

log = logging.getLogger(__name__)

TURN_SECONDS = 1.0
LIBRARY_TURNS = 2
UNCLAIMED_SECONDS = 4.0
"""A ring of no session stays for so long, since its plugin may be about to say hello."""

UNHEARD_SECONDS = 10.0
"""A plugin takes what it is to play at once."""


class Caretaker(Part):
    """Keeps order.

    Args:
        folder: The runtime folder.
        sessions: Those that fell silent are dropped.
        library: Looked at anew.
        worker: Makes lists anew from a changed library.
        nice: How far the daemon stands back, from a second after its first look at the library on: a
            user whose daemon was killed waits for that look, and the list that follows it.
    """

    name = "caretaker"

    def __init__(self, folder: Path, sessions: Sessions, library: Library, worker: Worker, nice: int) -> None:
        super().__init__()
        self._folder = folder.resolve()
        self._sessions = sessions
        self._library = library
        self._worker = worker
        self._nice = nice
        self._unclaimed_since: dict[Path, float] = {}
        self._unheard_since: dict[Path, float] = {}
        self._turns = 0

    def turn(self) -> None:
        """Does all that, then sleeps."""
        if self._turns % LIBRARY_TURNS == 0:
            self._look_at_library()
        if self._turns == 1:
            stand_back(self._nice)
        self._sessions.drop_silent()
        self._remove_dead_rings()
        self._remove_unheard()
        self._turns += 1
        self.stopping.wait(TURN_SECONDS)

    def _look_at_library(self) -> None:
        if not self._library.refresh():
            return
        stock = self._library.stock
        if stock.problem:
            log.warning("%s", stock.problem)
        else:
            log.info("the catalogue %s has %d sounds", self._library.address, stock.sounds)
        for session in self._sessions.all():
            self._worker.put(session)

    def _remove_dead_rings(self) -> None:
        claimed = {session.ring for session in self._sessions.all()}
        now = time.monotonic()
        lonely = [path for path in self._folder.glob(f"*{RING_SUFFIX}") if path not in claimed]
        self._unclaimed_since = {path: self._unclaimed_since.get(path, now) for path in lonely}
        for path, since in self._unclaimed_since.items():
            if now - since >= UNCLAIMED_SECONDS and _writer_is_dead(path):
                path.unlink(missing_ok=True)
                log.info("removed the ring %s, whose host is gone", path.name)

    def _remove_unheard(self) -> None:
        now = time.monotonic()
        found = self._folder.glob(f"*{AUDITION_SUFFIX}")
        self._unheard_since = {path: self._unheard_since.get(path, now) for path in found}
        for path, since in self._unheard_since.items():
            if now - since >= UNHEARD_SECONDS:
                with suppress(OSError):
                    path.unlink()


def _writer_is_dead(path: Path) -> bool:
    try:
        with RingReader(path) as reader:
            pid = reader.format.writer_pid
    except RingError:
        return _is_old(path)  # half made: its plugin is at it, or died over it
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > 60
    except OSError:
        return False
