"""Makes lists: takes due windows in turn, embeds, searches, ranks, and sends what is new."""

from timbred.context import Window
from timbred.part import QueuePart
from timbred.push import Outbox
from timbred.session import Session
from timbred.suggest import Suggester


class Worker(QueuePart[tuple[Session, Window | None]]):
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

    def put(self, session: Session, window: Window | None = None) -> None:
        """Asks for a session's list to be made anew, with a new window or because its settings changed."""
        with self.filled:
            queued = self.waiting.get(session.id)
            if queued is not None and queued[0] is session and queued[1] is not None:
                if window is None:
                    return
                session.dropped += 1
            self.waiting[session.id] = (session, window)
            self.filled.notify()

    def take(self, item: tuple[Session, Window | None]) -> None:
        """Makes a session's list."""
        session, window = item
        if window is not None:
            self._suggester.take(session, window)
        if self._suggester.suggest(session) and not session.closed:
            self._outbox.publish(session, session.listed.packets)
