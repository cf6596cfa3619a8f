"""A part of the daemon: one thread that is started and stopped."""

import logging
import threading
from abc import ABC, abstractmethod

log = logging.getLogger(__name__)

STOP_SECONDS = 5.0


class Part(ABC):
    """One thread that does its turn again and again until it is stopped.

    A turn that raises is a bug: it is logged with its stack, and the next turn begins.
    """

    name = "part"

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)

    @abstractmethod
    def turn(self) -> None:
        """Does what there is to do, or waits for at most a second."""

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread and waits for it."""
        self.stopping.set()
        self._thread.join(STOP_SECONDS)
        if self._thread.is_alive():
            log.warning("the %s did not stop within %g s", self.name, STOP_SECONDS)

    def _run(self) -> None:
        while not self.stopping.is_set():
            try:
                self.turn()
            except Exception:
                log.exception("the %s failed; it goes on", self.name)
                self.stopping.wait(0.1)
