"""A part of the daemon: one thread that is started and stopped, and perhaps a queue in front of it."""

import logging
import threading
from abc import ABC, abstractmethod
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

STOP_SECONDS = 5.0

Item = TypeVar("Item")


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


class QueuePart(Part, Generic[Item]):
    """A part whose turn takes what has waited longest.

    What waits stands under a key, so that it can be replaced in its place; whoever changes `waiting` holds
    `filled`, and notifies it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.waiting: dict[str, Item] = {}
        self.filled = threading.Condition()

    @abstractmethod
    def take(self, item: Item) -> None:
        """Does what there is to do for one."""

    def turn(self) -> None:
        """Waits until there is one, or the end, and takes it."""
        with self.filled:
            self.filled.wait_for(lambda: self.waiting or self.stopping.is_set())
            if self.stopping.is_set():
                return
            item = self.waiting.pop(next(iter(self.waiting)))
        self.take(item)

    def stop(self) -> None:
        """Ends the thread and waits for it; what waits is not taken."""
        with self.filled:
            self.stopping.set()
            self.filled.notify_all()
        super().stop()
