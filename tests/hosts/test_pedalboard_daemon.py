"""Two instances of the VST3 and the real daemon: each bus gets its own list, also after a restart."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from daemon_thread import Daemon
from library_of_tones import tone, write_library
from pedalboard_host import load
from tiny_model import write_tiny_model
from waiting import wait_for

from timbred.client import Client, find_daemon
from timbred.encoder import Encoder

pytestmark = pytest.mark.host
BLOCK_FRAMES, RATE = 480, 48_000


class Bus:
    """A bus on which a tone sounds on and on, at its own pace, with the plugin on it."""

    def __init__(self, plugin: Any, pitch_hz: float) -> None:
        self.plugin = plugin
        self.tone = np.stack([tone(pitch_hz, 1.0, RATE)] * 2)
        self.exact = True
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the music."""
        self._stopping.set()
        self._thread.join()

    def _play(self) -> None:
        begun, place = time.monotonic(), 0
        while not self._stopping.is_set():
            first = place % RATE
            block = self.tone[:, first : first + BLOCK_FRAMES]
            heard = self.plugin.process(block, RATE, buffer_size=BLOCK_FRAMES, reset=False)
            self.exact &= bool(np.array_equal(heard, block))
            place += BLOCK_FRAMES
            time.sleep(max(0.0, begun + place / RATE - time.monotonic()))


@pytest.fixture
def daemon(runtime_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """The real daemon over a library of tones."""
    monkeypatch.setenv("TIMBRED_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TIMBRED_CONFIG", str(tmp_path / "timbred.toml"))
    encoder = Encoder.load(write_tiny_model(tmp_path / "data" / "models" / "timbre.onnx", space="timbre"))
    write_library(tmp_path / "catalog", encoder)
    made = Daemon(runtime_folder, tmp_path / "catalog", encoder)
    made.start()
    yield made
    made.stop()


def best_basses(seconds: float = 3.0) -> set[str]:
    """The first bass of every session's list, of what the daemon says in some seconds."""
    best: dict[str, str] = {}
    until = time.monotonic() + seconds
    with Client(find_daemon()) as client:
        for message in client.watch():
            if message is not None and message.address == "/timbred/suggestions":
                for row in message.groups:
                    if (row["slot"], row["rank"]) == ("bass", 1) and row["name"]:
                        best[message.text("session")] = str(row["name"])
            if time.monotonic() > until:
                return set(best.values())
    return set(best.values())


def test_each_bus_gets_its_own_list_before_and_after_the_daemons_restart(
    daemon: Daemon, plugin_folder: Path
) -> None:
    expected = {"bass 400 Hz tone", "bass 3300 Hz tone"}
    buses = [Bus(load(plugin_folder), pitch) for pitch in (400, 3300)]
    try:
        wait_for(lambda: best_basses() == expected, 30)
        daemon.stop()
        daemon.start()
        wait_for(lambda: best_basses() == expected, 30)
    finally:
        for bus in buses:
            bus.stop()
    assert all(bus.exact for bus in buses)
