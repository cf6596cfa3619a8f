"""Talks to the running daemon over OSC, as `status`, `stop` and `watch` do."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

import psutil

from timbred.errors import DaemonError
from timbred.push import LOOPBACK, WATCH_SECONDS
from timbred_bridge import osc
from timbred_bridge.errors import BridgeError, PacketError
from timbred_bridge.runtime import ADDRESS_NAME, DaemonAddress, folder_path

ANSWER_SECONDS = 2.0
_RENEW_SECONDS = 5.0
# How exactly the system tells when a process began.
_CLOCK_SECONDS = 2.0


def find_daemon() -> DaemonAddress:
    """The running daemon's address.

    Raises:
        DaemonError: None runs, or one of another protocol version does.
    """
    address = DaemonAddress.read(folder_path())
    if address is None or not _alive(address.pid) or (_is_younger(address) and not _answers(address)):
        raise DaemonError("no daemon runs: 'timbred serve' starts one")
    if address.protocol != osc.PROTOCOL:
        raise DaemonError(
            f"the daemon (process {address.pid}, timbred {address.version}) must speak protocol "
            f"{osc.PROTOCOL}, not {address.protocol}: end it with 'kill {address.pid}', then 'timbred serve'"
        )
    return address


def _is_younger(address: DaemonAddress) -> bool:
    """Whether the process began after it said where it is: another has the number of a killed daemon now.

    A clock that was set forward makes any process look younger.
    """
    try:
        written = (folder_path() / ADDRESS_NAME).stat().st_mtime
        return float(psutil.Process(address.pid).create_time()) > written + _CLOCK_SECONDS
    except (OSError, psutil.Error):
        return False


def _answers(address: DaemonAddress) -> bool:
    try:
        with Client(address) as client:
            client.report()
    except (DaemonError, BridgeError, OSError):
        return False
    return True


def music_plays() -> bool:
    """Whether a plugin of the running daemon hears music; without a daemon nobody knows of any."""
    try:
        with Client(find_daemon()) as client:
            return any(group["state"] == "listening" for group in client.report().groups)
    except (DaemonError, BridgeError, OSError):
        return False


class Client:
    """One conversation with the daemon, from a port of its own.

    Args:
        address: The daemon's.
    """

    def __init__(self, address: DaemonAddress) -> None:
        self._address = address
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((LOOPBACK, 0))
        self._port = self._socket.getsockname()[1]

    def report(self) -> osc.Message:
        """How the daemon is.

        Raises:
            DaemonError: It does not answer, or answers with something else.
        """
        self._send("/timbred/inspect", self._port)
        message = self._receive(ANSWER_SECONDS)
        if message is None:
            raise self._silent()
        if message.address != "/timbred/report":
            said = message.values.get("message", message.address)
            raise DaemonError(f"the daemon (process {self._address.pid}) did not report: {said}")
        return message

    def session_beginning(self, digits: str) -> str:
        """The id of the one session that begins so; empty for no digits, which stand for all sessions.

        Raises:
            DaemonError: The daemon does not answer, or none or several sessions begin so.
        """
        ids = [str(group["session"]) for group in self.report().groups]
        if not digits:
            return ""
        found = [session for session in ids if session.startswith(digits)]
        if not found:
            raise DaemonError(f"there is no session {digits!r}: 'timbred status' lists them")
        if len(found) > 1:
            raise DaemonError(f"{digits!r} must begin the id of one session, not of {len(found)}")
        return found[0]

    def stop(self) -> None:
        """Ends the daemon and waits until it is gone.

        Raises:
            DaemonError: It does not go.
        """
        self._send("/timbred/stop")
        until = time.monotonic() + 10
        while time.monotonic() < until:
            if not _alive(self._address.pid):
                return
            time.sleep(0.05)
        raise DaemonError(f"the daemon does not stop: 'kill -9 {self._address.pid}' ends it")

    def watch(self, session: str = "") -> Iterator[osc.Message | None]:
        """Lists and status of one or all sessions as they come, now and then a report of who is there.

        None where a second brought nothing.

        Raises:
            DaemonError: The daemon is gone, does not answer, or refuses.
        """
        renewed_at, unanswered_since = float("-inf"), float("inf")
        while True:
            if time.monotonic() - renewed_at > _RENEW_SECONDS:
                self._send("/timbred/watch", self._port, session)
                self._send("/timbred/inspect", self._port)  # answered also where there is nothing to watch
                renewed_at = time.monotonic()
                unanswered_since = min(unanswered_since, renewed_at)
            message = self._receive(1.0)
            if message is not None:
                unanswered_since = float("inf")
                self._heed_refusal(message)
            elif not _alive(self._address.pid):
                raise DaemonError("the daemon is gone: 'timbred serve' starts one")
            elif time.monotonic() - unanswered_since > WATCH_SECONDS:
                raise self._silent()
            yield message

    def _heed_refusal(self, message: osc.Message) -> None:
        if message.address == "/timbred/error":
            raise DaemonError(f"the daemon (process {self._address.pid}) refuses: {message.text('message')}")

    def close(self) -> None:
        """Gives the port back."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send(self, address: str, *values: osc.Value) -> None:
        packet = osc.encode(address, self._address.token, *values)
        self._socket.sendto(packet, (LOOPBACK, self._address.port))

    def _silent(self) -> DaemonError:
        return DaemonError(f"the daemon (process {self._address.pid}) does not answer")

    def _receive(self, seconds: float) -> osc.Message | None:
        """The daemon's next message; what others send, and what is no message, is passed over."""
        until = time.monotonic() + seconds
        while (rest := until - time.monotonic()) > 0:
            self._socket.settimeout(rest)
            with suppress(TimeoutError, PacketError):
                packet, sender = self._socket.recvfrom(65536)
                if sender == (LOOPBACK, self._address.port):
                    return osc.decode(packet)
        return None


def _alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
