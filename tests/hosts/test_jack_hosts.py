"""The LV2 in jalv and the standalone, both under JACK with a dummy driver, their editors on a screen."""

from pathlib import Path

import numpy as np
import pytest
from host_daemon import HostDaemon, Row
from jack_server import PERIOD_FRAMES, JackServer
from plugin_build import need
from realtime import LV2_URI, lv2_path
from screen import Screen
from waiting import wait_for

from timbred_bridge.ring import RingReader

pytestmark = pytest.mark.host


def check_client(jack: JackServer, client: str, folder: Path) -> None:
    """Noise comes back bit for bit, no later than JACK's own period, and has passed the ring."""
    jack.wait_for_client(client)
    probed = jack.probe(client)
    assert probed["frames"] >= 95_000
    assert 0 <= probed["delay_frames"] <= PERIOD_FRAMES
    (ring,) = folder.glob("*.ring")
    with RingReader(ring) as reader:
        heard = reader.read(0).audio
    assert np.count_nonzero(heard) > 150_000


def test_jalv_hosts_the_lv2_with_its_editor(
    plugin_folder: Path, runtime_folder: Path, suggestions: list[Row], screen: Screen
) -> None:
    with (
        lv2_path(plugin_folder) as path,
        HostDaemon(runtime_folder, suggestions) as daemon,
        JackServer(screen.environment()) as jack,
    ):
        jack.start(need("jalv.gtk3"), LV2_URI, LV2_PATH=str(path))
        screen.window("timbred")
        check_client(jack, "timbred", runtime_folder)
        wait_for(daemon.has_list)
        assert "jalv" in daemon.of("hello")[0].text("host")


def test_the_standalone_runs_on_jack_with_its_editor(
    plugin_folder: Path, runtime_folder: Path, suggestions: list[Row], screen: Screen
) -> None:
    with (
        HostDaemon(runtime_folder, suggestions) as daemon,
        JackServer(screen.environment()) as jack,
    ):
        jack.start(str(plugin_folder / "timbred"))
        screen.window("timbred")
        check_client(jack, "timbred", runtime_folder)
        wait_for(daemon.has_list)
