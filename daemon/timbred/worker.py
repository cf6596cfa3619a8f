"""Makes lists: takes due windows in turn, embeds, searches, ranks, and sends what is new."""

import threading

from timbred.context import Window
from timbred.part import Part
from timbred.push import Outbox
from timbred.session import Session
from timbred.suggest import Suggester


class Worker(Part):
    """One thread for all sessions, each with one place in the queue.

    The queue is thus bounded by the number of sessions. A window that becomes due while an older one of
    its session still waits takes that one's place, and the session counts it as dropped.

    Args:
        suggester: The way from a window to the list.
        outbox: Where lists are sent.
    """

    name = "worker"

    def __init__(self, suggester: Suggester, outbox: Outbox) -> None:
        super().__init__()
        self._suggester = suggester
        self._outbox = outbox
        self._queue: dict[str, tuple[Session, Window | None]] = {}
        self._filled = threading.Condition()

    def put(self, session: Session, window: Window | None = None) -> None:
        """Asks for a session's list to be made anew, with a new window or because its settings changed."""
        with self._filled:
            queued = self._queue.get(session.id)
            if queued is not None and queued[0] is session and queued[1] is not None:
                if window is None:
                    return
                session.dropped += 1
            self._queue[session.id] = (session, window)
            self._filled.notify()

    def turn(self) -> None:
        """Makes the list of the session that has waited longest."""
        with self._filled:
            if not self._queue and not self._filled.wait(0.5):
                return
            if not self._queue:
                return
            session, window = self._queue.pop(next(iter(self._queue)))
        if window is not None:
            self._suggester.take(session, window)
        if self._suggester.suggest(session) and not session.closed:
            self._outbox.publish(session, session.listed.packets)

    def stop(self) -> None:
        """Ends the thread and waits for it."""
        with self._filled:
            self.stopping.set()
            self._filled.notify_all()
        super().stop()
