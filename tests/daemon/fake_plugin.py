"""A plugin instance by hand: writes a ring at the music's own pace, finds the daemon, keeps what it says."""

import secrets
import select
import socket
import threading
import time
from pathlib import Path

import numpy as np

from timbred_bridge import osc
from timbred_bridge.errors import RuntimeFolderError
from timbred_bridge.runtime import DaemonAddress
from timbred_bridge.wire import Transport
from timbred_bridge.writer import RingWriter

BLOCK_SECONDS = 0.02


class FakePlugin:
    """One instance on a thread of its own, from `start` to `stop`.

    Args:
        folder: The runtime folder.
        audio: What it plays round and round, float32 `(channels, frames)`.
        sample_rate: Hz.
        link_seconds: How often it looks for the daemon and pings.
        tempo_bpm: The transport's, or None where it tells no beats.
    """

    def __init__(
        self,
        folder: Path,
        audio: np.ndarray,
        sample_rate: int = 48_000,
        *,
        link_seconds: float = 0.25,
        tempo_bpm: float | None = 120.0,
    ) -> None:
        self.folder, self.audio, self.sample_rate, self.tempo_bpm = folder, audio, sample_rate, tempo_bpm
        self.session = secrets.token_hex(16)
        self.link_seconds = link_seconds
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.writer = self.new_ring(sample_rate)
        self.address: DaemonAddress | None = None
        self.messages: list[osc.Message] = []
        self.lists: list[tuple[float, int, list[dict[str, osc.Value]]]] = []
        self.revision = 0
        self._parts: dict[int, dict[int, list[dict[str, osc.Value]]]] = {}
        self.written: list[tuple[float, int]] = []
        self.settings: list[tuple[osc.Value, ...]] = []
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def new_ring(self, sample_rate: int) -> RingWriter:
        """Makes a ring, as a changed sample rate asks for."""
        self.sample_rate = sample_rate
        path = self.folder / f"{self.session}-{secrets.token_hex(4)}.ring"
        return RingWriter(path, self.audio.shape[0], sample_rate, session_id=self.session)

    def change_rate(self, sample_rate: int) -> None:
        """Takes another ring and says hello again."""
        old, self.writer = self.writer, self.new_ring(sample_rate)
        self.address = None
        old.close()

    def start(self) -> "FakePlugin":
        """Begins to play."""
        self.thread.start()
        return self

    def restart(self) -> None:
        """Plays on after `stopping` was set."""
        self.stopping.clear()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def stop(self, *, unlink: bool = True) -> None:
        """Ends without a bye, as a killed host does."""
        self.stopping.set()
        self.thread.join()
        self.writer.close(unlink=unlink)
        self.socket.close()

    def send(self, address: str, *values: osc.Value) -> None:
        """Sends a message of this session."""
        if self.address is not None:
            packet = osc.encode(address, self.address.token, self.session, *values)
            self.socket.sendto(packet, ("127.0.0.1", self.address.port))

    def say(self, address: str, *values: osc.Value) -> None:
        """Says a setting now and after every welcome."""
        self.settings.append((address, *values))
        self.send(address, *values)

    @property
    def rows(self) -> list[dict[str, osc.Value]]:
        """The newest whole list."""
        return self.lists[-1][2] if self.lists else []

    def names(self, slot: str) -> list[osc.Value]:
        """The names in a slot of the newest list."""
        return [row["name"] for row in self.rows if row["slot"] == slot and row["sound"]]

    def status(self) -> osc.Message | None:
        """The newest status."""
        return next((m for m in reversed(self.messages) if m.address == "/timbred/status"), None)

    def _run(self) -> None:
        begun, linked_at, place = time.monotonic(), 0.0, 0
        block = int(BLOCK_SECONDS * self.sample_rate)
        while not self.stopping.is_set():
            self._write(place, block)
            place += block
            if time.monotonic() - linked_at >= self.link_seconds:
                linked_at = time.monotonic()
                self._link()
            while True:
                self._receive()
                rest = begun + place / block * BLOCK_SECONDS - time.monotonic()
                if rest <= 0 or not select.select([self.socket], [], [], rest)[0]:
                    break

    def _write(self, place: int, frames: int) -> None:
        indices = np.arange(place, place + frames) % self.audio.shape[1]
        beats = (self.tempo_bpm or 0.0) / 60 * (self.writer.written_frames / self.sample_rate)
        bar = beats // 4 * 4
        self.writer.write_transport(Transport(self.writer.written_frames, True, self.tempo_bpm, beats, bar))
        self.writer.write(np.ascontiguousarray(self.audio[:, indices]))
        self.written.append((time.monotonic(), self.writer.written_frames))

    def _link(self) -> None:
        try:
            found = DaemonAddress.read(self.folder)
        except RuntimeFolderError:
            found = None
        if found is None:
            return
        if found != self.address:
            self.address = found
            port = self.socket.getsockname()[1]
            self.send("/timbred/hello", port, osc.PROTOCOL, str(self.writer.path), "fake host", "0")
        self.send("/timbred/ping", self.revision)

    def _receive(self) -> None:
        while True:
            try:
                packet = self.socket.recv(65536)
            except BlockingIOError:
                return
            arrived_at, message = time.monotonic(), osc.decode(packet)
            self.messages = [*self.messages[-500:], message]
            if message.address == "/timbred/welcome":
                self.revision = 0  # a new daemon counts anew
                for address, *values in self.settings:
                    self.send(str(address), *values)
            elif message.address == "/timbred/suggestions":
                self._gather(message, arrived_at)

    def _gather(self, message: osc.Message, arrived_at: float) -> None:
        revision, parts = message.integer("revision"), message.integer("parts")
        known = self._parts.setdefault(revision, {})
        known[message.integer("part")] = [dict(group) for group in message.groups]
        if len(known) == parts and revision > self.revision:
            self.revision = revision
            rows = [row for number in range(parts) for row in known[number]]
            self.lists.append((arrived_at, revision, rows))
            self._parts = {}
