"""A screen without a monitor: Xvfb with a window manager, a hand on its mouse, and pictures of it."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from ardour_place import Place, program

WIDTH, HEIGHT = 1440, 900
_DRAG_STEPS = 30
_TITLE_BAR = 24


@dataclass(frozen=True)
class Window:
    """Where a window's contents lie, in pixels of the screen."""

    id: str
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Desktop:
    """A running screen.

    Args:
        place: In which its programs run.
        display: As in `$DISPLAY`.
    """

    place: Place
    display: str

    def hand(self, *words: str) -> str:
        """What xdotool answers, empty where it finds nothing."""
        environment = self.place.environment({"DISPLAY": self.display})
        done = subprocess.run(
            [program("xdotool"), *words], env=environment, capture_output=True, text=True, timeout=20
        )
        return done.stdout.strip()

    def window(self, title: str, seconds: float) -> Window:
        """The visible window with a title (a regular expression), as soon as there is one."""
        end = time.monotonic() + seconds
        while not (found := self.hand("search", "--onlyvisible", "--name", title).split()):
            if time.monotonic() > end:
                pytest.fail(f"no window {title!r} came within {seconds:g} s")
            time.sleep(0.2)
        return self._where(found[-1])

    def fill_with(self, window: Window) -> Window:
        """Moves a window to the screen's corner and gives it all the room below its title bar."""
        self.hand("windowmove", window.id, "0", "0")
        self.hand("windowsize", window.id, str(WIDTH), str(HEIGHT - _TITLE_BAR))
        time.sleep(1)
        return self._where(window.id)

    def click(self, x: int, y: int) -> None:
        """Clicks at a place of the screen."""
        self.hand("mousemove", str(x), str(y))
        time.sleep(0.2)
        self.hand("click", "1")

    def drag(self, x1: int, y1: int, x2: int, y2: int) -> None:
        """Presses at one place, moves to another as a hand does, and lets go."""
        self.hand("mousemove", str(x1), str(y1))
        time.sleep(0.3)
        self.hand("mousedown", "1")
        for step in range(1, _DRAG_STEPS + 1):
            x, y = (a + (b - a) * step // _DRAG_STEPS for a, b in ((x1, x2), (y1, y2)))
            self.hand("mousemove", str(x), str(y))
            time.sleep(0.04)
        time.sleep(0.5)
        self.hand("mouseup", "1")

    def picture(self) -> npt.NDArray[np.uint8]:
        """What the screen shows, `(height, width, 3)`."""
        raw = self._import("-depth", "8", "rgb:-")
        return np.frombuffer(raw, np.uint8).reshape(HEIGHT, WIDTH, 3)

    def write_picture(self, path: Path) -> None:
        """Writes what the screen shows as a PNG of at most 256 colours, which a screen gets by with."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._import("+dither", "-colors", "256", "-strip", f"png8:{path}")

    def _where(self, number: str) -> Window:
        """A window's place, asked of the mouse: xdotool counts a frame's width twice in a geometry."""
        size = _numbers(self.hand("getwindowgeometry", "--shell", number))
        self.hand("mousemove", "--window", number, "0", "0")
        corner = _numbers(self.hand("getmouselocation", "--shell"))
        return Window(number, corner["X"], corner["Y"], size["WIDTH"], size["HEIGHT"])

    def _import(self, *options: str) -> bytes:
        environment = self.place.environment({"DISPLAY": self.display})
        command = [program("import"), "-silent", "-window", "root", *options]
        return subprocess.run(command, env=environment, check=True, capture_output=True, timeout=60).stdout


def _numbers(lines: str) -> dict[str, int]:
    return {name: int(value) for name, value in (line.split("=") for line in lines.splitlines())}


@contextmanager
def desktop(place: Place) -> Iterator[Desktop]:
    """A screen of its own number, with openbox."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as numbers:
        screen = f"{WIDTH}x{HEIGHT}x24"
        command = [program("Xvfb"), "-displayfd", str(writing), "-screen", "0", screen, "-nolisten", "tcp"]
        with place.started(*command, name="xvfb", keep=(writing,)):
            os.close(writing)
            made = Desktop(place, f":{numbers.readline().strip()}")
            with place.started(program("openbox"), name="openbox", more={"DISPLAY": made.display}):
                yield made
