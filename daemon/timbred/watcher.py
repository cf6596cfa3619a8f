"""Keeps `timbred catalog watch` running for the folders of the settings, in a process of its own.

A long list of new files then takes neither the daemon's time nor its memory, and no decoder its life.
"""

import logging
import os
import subprocess
import sys
import time

from timbred.config import Cataloguing
from timbred.part import Part

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
FIRST_RESTART_SECONDS = 5.0
LONGEST_RESTART_SECONDS = 600.0
END_SECONDS = 4.0


class Watcher(Part):
    """One process, started again when it ends, later each time.

    Args:
        catalog: The catalogue's address.
        settings: The folders, and whether to pause for the music.
    """

    name = "watcher"

    def __init__(self, catalog: str, settings: Cataloguing) -> None:
        super().__init__()
        pause = ["--pause-while-playing"] if settings.pause_while_playing else []
        owner = ["--catalog", catalog, "--owner", str(os.getpid())]
        words = ["catalog", "watch", *settings.watch, *pause, *owner]
        self._command = [sys.executable, "-m", "timbred", *words]
        self._process: subprocess.Popen[bytes] | None = None
        self._start_at, self._wait_seconds = 0.0, FIRST_RESTART_SECONDS

    def turn(self) -> None:
        """Starts the process if none runs and it is time to."""
        if self._process is None and time.monotonic() >= self._start_at:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )
            log.info("folders are watched by process %d", self._process.pid)
        elif self._process is not None and (status := self._process.poll()) is not None:
            self._process = None
            self._start_at = time.monotonic() + self._wait_seconds
            log.warning("watching folders ended with status %d; again in %g s", status, self._wait_seconds)
            self._wait_seconds = min(2 * self._wait_seconds, LONGEST_RESTART_SECONDS)
        self.stopping.wait(LOOK_SECONDS)

    def stop(self) -> None:
        """Ends the process too; what it is at stays as it is, and the next one goes on."""
        super().stop()
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
