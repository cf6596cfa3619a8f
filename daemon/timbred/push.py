"""Sends packets to plugins and to those who watch, without ever waiting."""

import logging
import socket
import time
from collections.abc import Iterable

from timbred.session import Session

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
MAX_WATCHERS = 16
WATCH_SECONDS = 10.0


class Outbox:
    """Sends packets from the daemon's socket without ever waiting, also to those who watch.

    A packet that the system has no room for is thrown away and counted: the next ping brings it again.

    Args:
        sending: The daemon's UDP socket.
    """

    def __init__(self, sending: socket.socket) -> None:
        self._socket = sending
        self._watchers: dict[int, tuple[float, str]] = {}
        self.dropped = 0

    def send(self, packet: bytes, port: int) -> None:
        """Sends to a port on this machine."""
        try:
            self._socket.sendto(packet, socket.MSG_DONTWAIT, (LOOPBACK, port))
        except OSError as error:
            self.dropped += 1
            log.debug("a packet to port %d was dropped: %s", port, error)

    def publish(self, session: Session, packets: Iterable[bytes]) -> None:
        """Sends to the session's plugin and to all who watch it."""
        now = time.monotonic()
        watching = [
            port
            for port, (until, wanted) in list(self._watchers.items())
            if until > now and wanted in ("", session.id)
        ]
        for packet in packets:
            for port in (session.reply_port, *watching):
                self.send(packet, port)

    def watch(self, port: int, session_id: str) -> None:
        """Copies what is published to a port for a while.

        Raises:
            ValueError: Too many watch already.
        """
        now = time.monotonic()
        for other, (until, _) in list(self._watchers.items()):
            if until <= now:
                self._watchers.pop(other, None)
        if port not in self._watchers and len(self._watchers) >= MAX_WATCHERS:
            raise ValueError(f"at most {MAX_WATCHERS} programs may watch")
        self._watchers[port] = (now + WATCH_SECONDS, session_id)
