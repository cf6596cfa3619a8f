"""Sounds that are rejected in the editor, and taken back one after the other."""

import subprocess
from pathlib import Path

import pytest
from clap_host import clap_host
from host_daemon import HostDaemon, Row
from screen import Screen
from waiting import wait_for

pytestmark = pytest.mark.host

FIRST_CROSS, SECOND_CROSS, UNDO = (500, 275), (500, 320), (183, 201)


def test_rejections_are_taken_back_the_last_one_first(
    plugin_folder: Path, runtime_folder: Path, suggestions: list[Row], screen: Screen
) -> None:
    with (
        HostDaemon(runtime_folder, suggestions) as daemon,
        clap_host(plugin_folder, "60", stdin=subprocess.DEVNULL, environment=screen.environment()),
    ):
        window = screen.window("^clap host$")
        wait_for(daemon.has_list)

        def said_after_click(spot: tuple[int, int], sound: str, verdict: str) -> bool:
            screen.click(window.x + spot[0], window.y + spot[1])
            return wait_for(lambda: (sound, verdict) in said(daemon))

        assert said_after_click(FIRST_CROSS, "id0", "reject")
        assert said_after_click(SECOND_CROSS, "id1", "reject")
        assert said_after_click(UNDO, "id1", "clear")
        assert ("id0", "clear") not in said(daemon)
        assert said_after_click(UNDO, "id0", "clear")


def said(daemon: HostDaemon) -> list[tuple[str, str]]:
    """The verdicts so far, with the sounds that they are on."""
    return [(message.text("sound"), message.text("verdict")) for message in daemon.of("feedback")]
