"""The CLAP in a small host of our own: audio bit for bit, the transport, and the editor under real clicks."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from clap_host import clap_host
from host_daemon import HostDaemon, Row
from screen import Screen, Window
from waiting import wait_for

from timbred_bridge.ring import RingReader

pytestmark = pytest.mark.host

# Places in the editor at its first size, in pixels from its upper left corner.
FIT, EIGHT_BARS, FREEZE, WORDS = (100, 72), (249, 72), (470, 72), (250, 110)
FIRST_ROW = (250, 275)


def test_it_lives_passes_audio_bit_for_bit_tells_the_transport_and_goes_cleanly(
    plugin_folder: Path, runtime_folder: Path
) -> None:
    with clap_host(plugin_folder) as host:
        assert host.stdout is not None
        said = json.loads(host.stdout.readline())
        (ring,) = runtime_folder.glob("*.ring")
        with RingReader(ring) as reader:
            assert reader.written_frames() == said["frames"]
            transport = reader.transport()
        host.communicate(timeout=10)
        assert host.returncode == 0
    assert (said["id"], said["bit_exact"], said["parameters"]) == ("org.timbred.plugin", True, 3)
    assert transport is not None
    assert (transport.playing, transport.tempo_bpm) == (True, 120.0)
    assert transport.ppq_position == pytest.approx(transport.frame / 24_000, abs=1e-4)
    assert transport.bar_start_ppq == transport.ppq_position // 4 * 4
    assert list(runtime_folder.iterdir()) == []


def test_what_is_clicked_and_typed_in_the_editor_reaches_the_daemon(
    plugin_folder: Path, runtime_folder: Path, suggestions: list[Row], screen: Screen
) -> None:
    with (
        HostDaemon(runtime_folder, suggestions) as daemon,
        clap_host(plugin_folder, "60", stdin=subprocess.DEVNULL, environment=screen.environment()),
    ):
        window = screen.window("^clap host$")
        wait_for(daemon.has_list)

        def click(spot: tuple[int, int], button: int = 1) -> None:
            screen.click(window.x + spot[0], window.y + spot[1], button)

        click(FIT)
        wait_for(lambda: daemon.of("mode")[-1].text("mode") == "fit")
        click(EIGHT_BARS)
        wait_for(lambda: daemon.of("context")[-1].number("context_length") == 8.0)
        click(FREEZE)
        wait_for(lambda: daemon.of("freeze")[-1].integer("frozen") == 1)
        click(WORDS)
        screen.type("warm tape")
        wait_for(lambda: daemon.of("words")[-1].text("words") == "warm tape")
        screen.key("BackSpace", "BackSpace", "Return")
        wait_for(lambda: daemon.of("words")[-1].text("words") == "warm ta")
        click(FIRST_ROW, button=3)
        feedback = wait_for(lambda: daemon.of("feedback"))[-1]
        assert (feedback.text("sound"), feedback.text("verdict")) == ("id0", "pin")
        colours = screen.picture_of(window).reshape(-1, 3)
    assert len(np.unique(colours, axis=0)) > 100


def size_of(window: Window) -> tuple[int, int]:
    return window.width, window.height


def test_on_a_screen_of_scale_two_the_editor_is_twice_as_large(
    plugin_folder: Path, runtime_folder: Path, screen: Screen
) -> None:
    environment = screen.environment(DPF_SCALE_FACTOR="2")
    with clap_host(plugin_folder, "30", stdin=subprocess.DEVNULL, environment=environment):
        wait_for(lambda: size_of(screen.window("^clap host$")) == (1040, 1360))


def test_in_a_host_that_tells_a_scale_the_window_is_as_large_as_the_editor(
    plugin_folder: Path, runtime_folder: Path, screen: Screen
) -> None:
    told = ("30", "1.5", "fixed")
    with clap_host(plugin_folder, *told, stdin=subprocess.DEVNULL, environment=screen.environment()):
        wait_for(lambda: size_of(screen.window("^clap host$")) == (780, 1020))


def test_in_a_window_that_its_host_does_not_resize_the_whole_editor_is_seen(
    plugin_folder: Path, runtime_folder: Path, screen: Screen
) -> None:
    environment = screen.environment(DPF_SCALE_FACTOR="2")
    told = ("30", "0", "fixed")
    with clap_host(plugin_folder, *told, stdin=subprocess.DEVNULL, environment=environment):
        window = screen.window("^clap host$")
        assert size_of(window) == (520, 680)
        wait_for(lambda: bool(screen.picture_of(window)[-25:].max() > 100))  # the footer with the port
