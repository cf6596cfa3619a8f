"""The real Ardour window: prepared so that it asks nothing, opened with a session, and worked by hand."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from ardour_desktop import Desktop, Window
from ardour_place import Place, program

EDITOR_WIDTH, EDITOR_HEIGHT = 520, 680
"""The editor as it opens, in pixels."""

# What a mouse over a row paints behind it (palette.hpp, kRaised).
_LIT_ROW = (0x24, 0x2A, 0x33)
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

    desktop: Desktop
    main: Window
    plugin: Window

    @property
    def editor(self) -> Window:
        """The editor itself, below the buttons that Ardour puts above every plugin."""
        top = self.plugin.y + self.plugin.height - EDITOR_HEIGHT
        return Window(self.plugin.id, self.plugin.x, top, EDITOR_WIDTH, EDITOR_HEIGHT)

    def key(self, *keys: str) -> None:
        """Types into the main window."""
        self.desktop.hand("windowactivate", "--sync", self.main.id)
        self.desktop.hand("key", *keys)

    def click(self, x: int, y: int) -> None:
        """Clicks at a place of the main window, from its corner."""
        self.desktop.click(self.main.x + x, self.main.y + y)

    def click_freeze(self) -> None:
        """Clicks on the editor's button that holds the list."""
        self.click_editor(EDITOR_WIDTH - 50, 72)

    def click_editor(self, x: int, y: int) -> None:
        """Clicks at a place of the editor, from its corner."""
        self.desktop.click(self.editor.x + x, self.editor.y + y)

    def rest_mouse(self) -> None:
        """Puts the mouse on the editor's title, where nothing lights up."""
        self.desktop.hand("mousemove", str(self.editor.x + 100), str(self.editor.y + 30))

    def picture_of_list(self) -> npt.NDArray[np.uint8]:
        """The part of the editor in which the list is, `(height, width, 3)`."""
        editor = self.editor
        rows = slice(editor.y + _LIST_TOP, editor.y + editor.height - 30)
        return self.desktop.picture()[rows, editor.x : editor.x + editor.width]

    def lit_row(self) -> tuple[int, int]:
        """A place on the screen at which the editor lights up a row of the list."""
        editor = self.editor
        x = editor.x + 120
        for y in range(editor.y + _LIST_TOP + 60, editor.y + editor.height - 60, 16):
            self.desktop.hand("mousemove", str(x), str(y))
            time.sleep(0.3)
            if tuple(self.desktop.picture()[y, editor.x + 11]) == _LIT_ROW:
                return x, y
        pytest.fail("the editor must light up a row under the mouse")


def prepare(place: Place) -> None:
    """Makes Ardour's settings: this is not its first start, and its device plays into nothing."""
    folder = place.home / ".config" / "ardour7"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".a7").touch()
    (folder / "config").write_text(_CONFIG)


@contextmanager
def ardour_window(place: Place, desktop: Desktop, session: Path) -> Iterator[ArdourWindow]:
    """Ardour with a session that shows the plugin (`SessionFile.show_plugin`)."""
    prepare(place)
    command = [program("dbus-run-session"), "--", program("ardour"), "--no-announcements", "--no-splash"]
    more = {"DISPLAY": desktop.display}
    with place.started(*command, str(session / "song.ardour"), name="ardour", more=more):
        main = desktop.fill_with(desktop.window("^song - Ardour$", seconds=60))
        yield ArdourWindow(desktop, main, desktop.window("timbred", seconds=20))
