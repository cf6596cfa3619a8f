"""Says how sessions and the daemon are, in one word, in one sentence for people, and as packets."""

import time
from collections.abc import Iterable

from timbred.library import OPENING
from timbred.packets import report_packet, status_packet, welcome_packet
from timbred.push import Outbox
from timbred.session import Session
from timbred.suggest import Suggester

STALLED_SECONDS = 1.5
"""A ring that has not grown for so long belongs to a host that processes nothing."""

_DETAILS = {
    "frozen": "the list is held as it is",
    "waiting": "no audio arrives: the host is stopped, or the plugin is bypassed",
    "silent": "nothing plays on this bus",
    "listening": "the list follows the music",
}
_NOTHING_HELD = "there is no list to hold yet: let it go to get one"


class Reporter:
    """Reads the daemon's parts and changes none.

    Args:
        suggester: Knows the model and the library.
        outbox: Knows what was dropped.
    """

    def __init__(self, suggester: Suggester, outbox: Outbox) -> None:
        self._suggester = suggester
        self._outbox = outbox
        self._started_at = time.monotonic()

    def state(self, session: Session) -> tuple[str, str]:
        """A session's state as OSC's table names it, and what it means and what to do."""
        if problem := self._suggester.problem(session.settings.mode):
            return "unavailable", problem
        if problem := self._suggester.library.stock.problem:
            return _state_without_library(problem), problem
        state = _hearing(session)
        return state, _NOTHING_HELD if state == "frozen" and not session.listed.rows else _DETAILS[state]

    def welcome(self, session: Session) -> bytes:
        """The answer to hello."""
        return welcome_packet(session, self._suggester.library.stock.sounds, self._suggester.model_id)

    def status(self, session: Session) -> bytes:
        """The answer to ping."""
        stock = self._suggester.library.stock
        dropped = self._outbox.dropped
        return status_packet(session, self.state(session), stock.sounds, self._suggester.model_id, dropped)

    def report(self, sessions: Iterable[Session], bad_packets: int) -> bytes:
        """The answer to inspect."""
        library = self._suggester.library
        return report_packet(
            self._started_at,
            library.address,
            library.stock.sounds,
            self._suggester.model_id,
            bad_packets,
            library.stock.problem,
            [(session, self.state(session)[0]) for session in sessions],
        )


def _state_without_library(problem: str) -> str:
    if problem == OPENING:
        return "waiting"
    return "unavailable" if "rebuild" in problem else "empty"


def _hearing(session: Session) -> str:
    if session.settings.frozen:
        return "frozen"
    if time.monotonic() - session.advanced_at > STALLED_SECONDS:
        return "waiting"
    return "silent" if session.context is None or session.context.silent else "listening"
