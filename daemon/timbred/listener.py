"""Reads every session's ring when a window is due, and otherwise as rarely as it can."""

import time

from timbred.part import Part
from timbred.push import Outbox
from timbred.reporter import Reporter
from timbred.session import Session
from timbred.sessions import Sessions
from timbred.worker import Worker

SOONEST_SECONDS = 0.004
"""A due window whose last block has not arrived is looked for again after so long."""
PLAYING_SECONDS = 0.2
QUIET_SECONDS = 0.7
"""For silence, and a ring that stands still: music is found before its first window is due."""


class Listener(Part):
    """Feeds each session's context and hands due windows to the worker.

    Args:
        sessions: Whom to listen to.
        worker: Who embeds.
        reporter: Who says a session's state when it changes.
        outbox: Where it is sent.
    """

    name = "listener"

    def __init__(self, sessions: Sessions, worker: Worker, reporter: Reporter, outbox: Outbox) -> None:
        super().__init__()
        self._sessions = sessions
        self._worker = worker
        self._reporter = reporter
        self._outbox = outbox
        self._due: dict[str, tuple[Session, float]] = {}

    def turn(self) -> None:
        """Listens to those whose time has come, then sleeps until the next one's."""
        self._sessions.opened.clear()
        due: dict[str, tuple[Session, float]] = {}
        for session in self._sessions.all():
            known, at = self._due.get(session.id, (None, 0.0))
            if known is not session or at <= time.monotonic():
                at = next_look(time.monotonic(), self._listen(session))
            due[session.id] = (session, at)
        self._due = due
        next_at = min((at for _, at in due.values()), default=time.monotonic() + QUIET_SECONDS)
        self._sessions.opened.wait(max(0.0, next_at - time.monotonic()))

    def _listen(self, session: Session) -> float:
        """Hears what arrived; returns after how many seconds to listen again."""
        window = session.hear()
        if window is not None:
            self._worker.put(session, window)
        state = self._reporter.state(session)
        if state[0] != session.said_state:
            session.said_state = state[0]
            self._outbox.publish(session, [self._reporter.status(session)])
        return _patience(session)


def next_look(now: float, patience: float) -> float:
    """When a session that can wait so long is looked at again, by the monotonic clock, in seconds.

    Quiet ones are looked at together, so that the daemon wakes once for all of them.
    """
    return now + patience if patience < QUIET_SECONDS else (now // patience + 1) * patience


def _patience(session: Session) -> float:
    still_seconds = time.monotonic() - session.advanced_at
    if session.context is None or session.context.silent or still_seconds > QUIET_SECONDS:
        return QUIET_SECONDS
    seconds = session.context.seconds_until_due()
    return min(PLAYING_SECONDS, max(SOONEST_SECONDS, seconds))
