"""The live loop: a plugin by hand writes its ring, and the daemon's list arrives at its socket."""

import numpy as np
from daemon_thread import Daemon
from fake_plugin import FakePlugin
from library_of_tones import tone
from waiting import wait_for


def stereo(pitch_hz: float, sample_rate: int = 48_000) -> np.ndarray:
    """Two seconds of a tone, `(2, frames)`."""
    return np.stack([tone(pitch_hz, 2.0, sample_rate)] * 2)


def test_the_list_follows_what_plays(daemon: Daemon) -> None:
    plugin = FakePlugin(daemon.folder, stereo(400)).start()
    try:
        wait_for(lambda: plugin.names("bass"))
        assert plugin.names("bass")[0] == "bass 400 Hz tone"
        assert plugin.names("lead")[0] == "lead 400 Hz tone"
        plugin.audio = stereo(3300)
        wait_for(lambda: plugin.names("bass")[0] == "bass 3300 Hz tone", 20)
    finally:
        plugin.stop()
