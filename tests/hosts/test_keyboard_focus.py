"""Whose the keyboard is: the editor's while words are typed, the host's before and after."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from clap_host import clap_host
from host_daemon import HostDaemon, Row
from plugin_build import compile_host, need
from screen import Screen, Window
from waiting import wait_for

pytestmark = pytest.mark.host

HERE = Path(__file__).parent
WORDS, FREEZE = (250, 110), (470, 72)


@dataclass
class Host:
    """The host's window, and who has the keyboard."""

    screen: Screen
    window: Window
    daemon: HostDaemon

    def keyboard(self) -> str:
        """The window that has it."""
        command = [need("xdotool"), "getwindowfocus", "-f"]
        asked = subprocess.run(command, env=self.screen.environment(), capture_output=True, text=True)
        return asked.stdout.strip()

    def click(self, spot: tuple[int, int]) -> None:
        """Clicks at a place of the editor."""
        self.screen.click(self.window.x + spot[0], self.window.y + spot[1])

    def words(self) -> str:
        """The words that the daemon was told last."""
        return self.daemon.of("words")[-1].text("words")


@pytest.fixture
def host(
    plugin_folder: Path,
    runtime_folder: Path,
    suggestions: list[Row],
    screen: Screen,
) -> Iterator[Host]:
    """A host that shows the editor and has the keyboard."""
    with (
        HostDaemon(runtime_folder, suggestions) as daemon,
        clap_host(plugin_folder, "60", stdin=subprocess.DEVNULL, environment=screen.environment()),
    ):
        window = screen.window("^clap host$")
        wait_for(daemon.has_list)
        screen.activate(window)
        made = Host(screen, window, daemon)
        wait_for(lambda: made.keyboard() == window.id)
        yield made


@pytest.mark.parametrize("end", ["Return", "KP_Enter", "Escape", "a click elsewhere"])
def test_after_the_words_the_keyboard_is_the_hosts_again(host: Host, end: str) -> None:
    host.click(WORDS)
    wait_for(lambda: host.keyboard() != host.window.id)
    host.click(WORDS)
    host.screen.type("warm")
    wait_for(lambda: host.words() == "warm")
    if end == "a click elsewhere":
        host.click(FREEZE)
    else:
        host.screen.key(end)
    wait_for(lambda: host.keyboard() == host.window.id)
    host.screen.type(" tape")
    host.click(WORDS)
    host.screen.type("s")
    wait_for(lambda: host.words() == "warms")


def test_it_goes_back_to_whom_it_was_taken_from_and_to_no_other(screen: Screen) -> None:
    program = compile_host(HERE / "keyboard_focus.cpp", "x11", flags=("-std=c++17",))
    said = subprocess.run([program], env=screen.environment(), capture_output=True, text=True, check=True)
    assert said.stdout.splitlines() == [
        "given back untaken: host",
        "taken twice and given back: host",
        "gone to another meanwhile: other",
        "its window is out of sight: editor",
        "the editor is closed: host",
    ]
