"""The real Ardour window: prepared so that it asks nothing, opened with a session, and worked by hand."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from ardour_place import Place
from plugin_build import need
from screen import Screen, Window

EDITOR_WIDTH, EDITOR_HEIGHT = 520, 680
"""The editor as it opens, in pixels."""

# What a mouse over a row paints behind it, and the square of one that is heard (palette.hpp).
_LIT_ROW = (0x24, 0x2A, 0x33)
_HEARD = (0x62, 0xCF, 0xAE)
_LIST_TOP = 200

# Ardour hides its device that plays into nothing, and asks for another, unless it is told so.
_CONFIG = """\
<?xml version="1.0" encoding="UTF-8"?>
<Ardour>
  <Config>
    <Option name="try-autostart-engine" value="1"/>
    <Option name="hide-dummy-backend" value="0"/>
  </Config>
  <Extra>
    <AudioMIDISetup>
      <EngineStates>
        <State backend="None (Dummy)" driver="Normal Speed" device="Silence" input-device="Silence"
          output-device="Silence" sample-rate="44100" buffer-size="1024" n-periods="0" input-latency="0"
          output-latency="0" active="1" use-buffered-io="0" midi-option="No MIDI I/O" lm-input="0"
          lm-output="0"/>
      </EngineStates>
    </AudioMIDISetup>
  </Extra>
</Ardour>
"""


@dataclass(frozen=True)
class ArdourWindow:
    """Ardour's main window and the plugin's editor in its own window, on a screen."""

    screen: Screen
    main: Window
    plugin: Window

    @property
    def editor(self) -> Window:
        """The editor itself, below the buttons that Ardour puts above every plugin."""
        top = self.plugin.y + self.plugin.height - EDITOR_HEIGHT
        return Window(self.plugin.id, self.plugin.x, top, EDITOR_WIDTH, EDITOR_HEIGHT)

    def key(self, *keys: str) -> None:
        """Types into the main window."""
        self.screen.activate(self.main)
        self.screen.key(*keys)

    def click(self, x: int, y: int) -> None:
        """Clicks at a place of the main window, from its corner."""
        self.screen.click(self.main.x + x, self.main.y + y)

    def click_freeze(self) -> None:
        """Clicks on the editor's button that holds the list."""
        self.click_editor(EDITOR_WIDTH - 50, 72)

    def click_editor(self, x: int, y: int) -> None:
        """Clicks at a place of the editor, from its corner."""
        self.screen.click(self.editor.x + x, self.editor.y + y)

    def rest_mouse(self) -> None:
        """Puts the mouse on the editor's title, where nothing lights up."""
        self.screen.point(self.editor.x + 100, self.editor.y + 30)

    def picture_of_list(self) -> npt.NDArray[np.uint8]:
        """The part of the editor in which the list is, `(height, width, 3)`."""
        return self.screen.picture_of(self.editor)[_LIST_TOP:-30]

    def is_heard(self, y: int) -> bool:
        """Whether the editor shows that the row at a height of the screen is auditioned."""
        x = self.editor.x + 26
        square = self.screen.picture()[y - 24 : y + 24, x - 2 : x + 3]
        return bool((square == _HEARD).all(axis=(1, 2)).any())

    def lit_row(self) -> tuple[int, int]:
        """A place on the screen at which the editor lights up a row of the list."""
        editor = self.editor
        x = editor.x + 120
        for y in range(editor.y + _LIST_TOP + 60, editor.y + editor.height - 60, 16):
            self.screen.point(x, y)
            time.sleep(0.3)
            if tuple(self.screen.picture()[y, editor.x + 11]) == _LIT_ROW:
                return x, y
        pytest.fail("the editor must light up a row under the mouse")


def prepare(place: Place) -> None:
    """Makes Ardour's settings: this is not its first start, and its device plays into nothing."""
    folder = place.home / ".config" / "ardour7"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".a7").touch()
    (folder / "config").write_text(_CONFIG)


@contextmanager
def ardour_window(place: Place, screen: Screen, session: Path) -> Iterator[ArdourWindow]:
    """Ardour with a session that shows the plugin (`SessionFile.show_plugin`)."""
    prepare(place)
    command = [need("dbus-run-session"), "--", need("ardour"), "--no-announcements", "--no-splash"]
    more = {"DISPLAY": screen.display}
    with place.started(*command, str(session / "song.ardour"), name="ardour", more=more):
        main = screen.fill_with(screen.window("^song - Ardour$", seconds=60))
        yield ArdourWindow(screen, main, screen.window("timbred", seconds=20))
