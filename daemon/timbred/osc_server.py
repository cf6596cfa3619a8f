"""Takes OSC packets from the daemon's socket, checks them, and hands each to its row's handler."""

import hmac
import logging
import socket
import time
from collections.abc import Callable, Mapping
from functools import lru_cache

from timbred.part import Part
from timbred.push import LOOPBACK, Outbox
from timbred_bridge import osc
from timbred_bridge.errors import BridgeError, PacketError

log = logging.getLogger(__name__)

Handler = Callable[[osc.Message], None]

_LOG_SECONDS = 10.0
_RECEIVE_BYTES = 65536
_PACKETS_KEPT = 256
"""A session's pings are the same bytes again and again; without room for every session's none is found."""


class OscServer(Part):
    """The daemon's ear for packets.

    Who does not know the token is not answered: a packet that breaks the table, or has another token, is
    counted, and one line in ten seconds says so. Who knows it learns what was wrong.

    Args:
        receiving: The daemon's UDP socket.
        token: Without which nobody is answered.
        handlers: One for each row that goes to the daemon, by address.
        outbox: Where errors are sent.
    """

    name = "OSC server"

    def __init__(
        self, receiving: socket.socket, token: str, handlers: Mapping[str, Handler], outbox: Outbox
    ) -> None:
        super().__init__()
        self._socket = receiving
        self._socket.settimeout(0.5)
        self._token = token.encode()
        self._handlers = handlers
        self._outbox = outbox
        self._decode = lru_cache(_PACKETS_KEPT)(osc.decode)
        self._logged_at = float("-inf")
        self.bad_packets = 0

    def turn(self) -> None:
        """Waits for one packet."""
        try:
            packet, sender = self._socket.recvfrom(_RECEIVE_BYTES)
        except TimeoutError:
            return
        except ConnectionError:
            return  # some systems report here that an earlier packet's receiver was gone
        except OSError:
            if not self.stopping.is_set():
                raise
            return
        self.take(packet, sender)

    def take(self, packet: bytes, sender: tuple[str, int]) -> None:
        """Handles one packet.

        Args:
            packet: Its bytes.
            sender: Address and port that it came from.
        """
        try:
            message = self._decode(packet)
            handler = self._handlers.get(message.address)
            if handler is None:
                raise PacketError(f"{message.address} does not go to the daemon")
        except PacketError as error:
            return self._refuse(sender, str(error))
        if not hmac.compare_digest(message.text("token").encode("utf-8", "replace"), self._token):
            return self._refuse(sender, f"{message.address} has another token")
        try:
            handler(message)
        except (ValueError, BridgeError) as error:
            self._refuse(sender, f"{message.address}: {error}")
            self._answer(message, str(error), sender)

    def _refuse(self, sender: tuple[str, int], reason: str) -> None:
        self.bad_packets += 1
        now = time.monotonic()
        if now - self._logged_at > _LOG_SECONDS:
            self._logged_at = now
            log.warning("refused a packet of %s:%d, %d so far: %s", *sender, self.bad_packets, reason)

    def _answer(self, message: osc.Message, reason: str, sender: tuple[str, int]) -> None:
        session = str(message.values.get("session", ""))[:64]
        if sender[0] == LOOPBACK:
            self._outbox.send(osc.encode("/timbred/error", session, message.address, reason[:400]), sender[1])
