"""All plugin instances that are connected, opened by their hello and dropped when they fall silent."""

import logging
import threading
import time
from pathlib import Path

from timbred.config import Config
from timbred.context import Context
from timbred.encoder import Encoder
from timbred.pool import Pool
from timbred.session import Session
from timbred.source import RingSource

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 4.0
"""A plugin pings once a second; one that did not for so long is gone."""


class Sessions:
    """The connected instances by id. Safe from several threads.

    Args:
        folder: The runtime folder, in which rings must lie.
        encoder: For whose sample rate and window the music is cut, or None.
        config: The settings.
        fit: The fit model's context encoder, or None.
    """

    def __init__(
        self, folder: Path, encoder: Encoder | None, config: Config, fit: Encoder | None = None
    ) -> None:
        self._folder = folder.resolve()
        self._encoder = encoder
        self._config = config
        self._fit = fit
        self._sessions: dict[str, Session] = {}
        self._rings: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()
        self.opened = threading.Event()
        """Set when there is a new session to listen to."""

    def hello(self, session_id: str, host: str, reply_port: int, ring: str) -> Session:
        """Opens a session, or takes up one that says hello again.

        An instance that comes with another ring keeps its settings and its list.

        Raises:
            ValueError: The ring lies elsewhere or is another's, or there are too many sessions.
            RingError: The ring can't be mapped.
        """
        path = self._inside(ring)
        with self._lock:
            known = self._sessions.get(session_id)
            if known is not None and known.ring == path and self._rings[session_id] == _identity(path):
                known.host, known.reply_port, known.pinged_at = host, reply_port, time.monotonic()
                return known
            limit = self._config.daemon.max_sessions
            if known is None and len(self._sessions) >= limit:
                raise ValueError(f"there must be at most {limit} sessions (daemon.max_sessions)")
            session = self._open(session_id, host, reply_port, path)
            if known is not None:
                known.close()
                session.settings, session.listed = known.settings, known.listed
            self._sessions[session_id] = session
            self._rings[session_id] = _identity(path)
        log.info("session %s of %s opened at %d Hz", session_id[:8], host, session.source.sample_rate)
        self.opened.set()
        return session

    def _inside(self, ring: str) -> Path:
        path = Path(ring).resolve()
        if path.parent != self._folder:
            raise ValueError(f"a ring must lie in {self._folder}, not at {ring}")
        return path

    def _open(self, session_id: str, host: str, reply_port: int, path: Path) -> Session:
        source = RingSource(path, self._config.listening.seconds_without_beats)
        if source.session_id != session_id:
            source.close()
            raise ValueError(f"the ring {path.name} is of session {source.session_id}, not {session_id}")
        encoder = self._encoder
        context = None
        if encoder is not None:
            seconds = longest_window_seconds(encoder, self._fit)
            context = Context(source.sample_rate, encoder.sample_rate, seconds, self._config.listening)
        pool, fit_pool = (Pool(hearing.roles if hearing else ()) for hearing in (encoder, self._fit))
        return Session(session_id, host, reply_port, path, source, context, pool, fit_pool)

    def get(self, session_id: str) -> Session:
        """The session of an id.

        Raises:
            ValueError: There is none.
        """
        session = self._sessions.get(session_id)
        if session is None:
            raise ValueError(f"session {session_id[:64]!r} must say hello first")
        return session

    def all(self) -> list[Session]:
        """All sessions, the oldest first."""
        with self._lock:
            return list(self._sessions.values())

    def drop(self, session_id: str, reason: str) -> None:
        """Ends a session, if it is there."""
        with self._lock:
            session = self._sessions.pop(session_id, None)
            self._rings.pop(session_id, None)
        if session is not None:
            session.close()
            log.info("session %s of %s closed: %s", session_id[:8], session.host, reason)

    def drop_silent(self) -> None:
        """Ends the sessions that did not ping for `TIMEOUT_SECONDS`."""
        oldest = time.monotonic() - TIMEOUT_SECONDS
        for session in self.all():
            if session.pinged_at < oldest:
                self.drop(session.id, f"no ping for {TIMEOUT_SECONDS:g} s")


def longest_window_seconds(encoder: Encoder, fit: Encoder | None) -> float:
    """How long windows are cut, so that the one that hears longest has enough."""
    return max(encoder.window_seconds, fit.window_seconds if fit else 0.0)


def _identity(path: Path) -> tuple[int, int]:
    """What tells a file from another that takes its place; a missing one is like no other."""
    try:
        status = path.stat()
    except OSError:
        return (0, 0)
    return (status.st_dev, status.st_ino)
