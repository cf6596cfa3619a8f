"""A daemon of one socket for host tests: welcomes every instance, answers it, and keeps what it was sent."""

import os
import secrets
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np

from timbred_bridge import osc
from timbred_bridge.runtime import AUDITION_SUFFIX, DaemonAddress

AUDITION_FRAMES = 5 * 48_000
"""Of what it has to be heard, for hosts of 48 kHz."""

Row = tuple[str, int, str, str, str, str, float, int, str, str]
"""A suggestion: slot, rank, sound, name, pack, role, score, pinned, why, path."""


class HostDaemon:
    """Sends one list to every instance that says hello.

    Args:
        folder: The runtime folder.
        rows: The list.
    """

    def __init__(self, folder: Path, rows: Sequence[Row] = ()) -> None:
        self.folder, self.rows = folder, rows
        self.token = secrets.token_hex(8)
        self.messages: list[osc.Message] = []
        self._ports: dict[str, int] = {}
        self._settings: dict[str, dict[str, osc.Value]] = {}
        self._stopping = threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        port = self._socket.getsockname()[1]
        DaemonAddress(os.getpid(), port, self.token, osc.PROTOCOL, "0.1.0").write(self.folder)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._socket.close()
        DaemonAddress.remove(self.folder, os.getpid())

    def of(self, name: str) -> list[osc.Message]:
        """The messages `/timbred/<name>` so far."""
        return [message for message in list(self.messages) if message.address == f"/timbred/{name}"]

    def has_list(self, session: str | None = None) -> bool:
        """Whether an instance has said that it received the whole list."""
        return any(
            ping.integer("revision") == 1 and session in (None, ping.text("session"))
            for ping in self.of("ping")
        )

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                message = osc.decode(self._socket.recv(65536))
            except TimeoutError:
                continue
            if message.text("token") != self.token:
                continue
            self.messages.append(message)
            self._answer(message)

    def _answer(self, message: osc.Message) -> None:
        session = message.text("session")
        settings = self._settings.setdefault(session, dict(_DEFAULTS))
        settings.update({name: value for name, value in message.values.items() if name in settings})
        if message.address == "/timbred/hello":
            self._ports[session] = message.integer("reply_port")
            self._send(
                session, osc.encode("/timbred/welcome", session, osc.PROTOCOL, "0.1.0", 200, "model-1")
            )
            for packet in self._list(session):
                self._send(session, packet)
        elif message.address == "/timbred/ping":
            self._send(session, self._status(session))
        elif message.address == "/timbred/audition":
            file = self.folder / f"{session}-1{AUDITION_SUFFIX}"
            file.write_bytes(np.full((AUDITION_FRAMES, 2), 0.5, np.float32).tobytes())
            number = message.integer("number")
            self._send(session, osc.encode("/timbred/audio", session, number, 48_000, file.name, ""))

    def _status(self, session: str) -> bytes:
        echoed = [self._settings[session][name] for name in _DEFAULTS]
        text = "Hearing the last 4 bars."
        return osc.encode("/timbred/status", session, "listening", text, *echoed, 1, 200, "model-1", 0, 0)

    def _list(self, session: str) -> list[bytes]:
        parts = osc.in_parts(self.rows)
        return [
            osc.encode("/timbred/suggestions", session, 1, number, len(parts), "match", groups=part)
            for number, part in enumerate(parts)
        ]

    def _send(self, session: str, packet: bytes) -> None:
        self._socket.sendto(packet, ("127.0.0.1", self._ports[session]))


_DEFAULTS: dict[str, osc.Value] = {
    "mode": "match",
    "context_unit": "bars",
    "context_length": 4.0,
    "slots": "",
    "words": "",
    "frozen": 0,
}
"""What status echoes, in its order."""
