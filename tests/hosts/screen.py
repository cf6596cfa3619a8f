"""A screen without a monitor: Xvfb with a window manager, a hand on its mouse and keys, and pictures."""

import os
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pytest
from plugin_build import need
from processes import end

_GEOMETRY = ("Absolute upper-left X", "Absolute upper-left Y", "Width", "Height")
"""What xwininfo tells, in the order of Window."""

_DRAG_STEPS = 30
_TITLE_BAR_PIXELS = 24


@dataclass(frozen=True)
class Window:
    """Where a window's contents lie, in pixels of the screen."""

    id: str
    x: int
    y: int
    width: int
    height: int


class Screen:
    """Xvfb with openbox, from `with` to its end.

    Args:
        width: Pixels.
        height: Pixels.
        environment: Of the programs that appear on it; this process's own by default.
    """

    def __init__(self, width: int, height: int, environment: Mapping[str, str] | None = None) -> None:
        self.width, self.height = width, height
        self.display = ""
        self._environment: Mapping[str, str] = os.environ if environment is None else environment
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        reading, writing = os.pipe()
        with os.fdopen(reading) as number:
            size = f"{self.width}x{self.height}x24"
            options = ["-displayfd", str(writing), "-screen", "0", size, "-nolisten", "tcp"]
            self._start(need("Xvfb"), *options, keep=[writing])
            os.close(writing)
            self.display = f":{number.readline().strip()}"
        self._start(need("openbox"))
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes):
            end(process)

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a program that is to appear here."""
        return {**self._environment, "DISPLAY": self.display, **more}

    def window(self, title: str, seconds: float = 20.0) -> Window:
        """The visible window with a title (a regular expression), as soon as there is one."""
        until = time.monotonic() + seconds
        while not (found := self._hand("search", "--onlyvisible", "--name", title).split()):
            if time.monotonic() > until:
                pytest.fail(f"no window {title!r} within {seconds:g} s")
            time.sleep(0.2)
        return self._where(found[-1])

    def fill_with(self, window: Window) -> Window:
        """Moves a window to the screen's corner and gives it all the room below its title bar."""
        self._hand("windowmove", window.id, "0", "0")
        self._hand("windowsize", window.id, str(self.width), str(self.height - _TITLE_BAR_PIXELS))
        time.sleep(1)
        return self._where(window.id)

    def point(self, x: int, y: int) -> None:
        """Moves the pointer."""
        self._hand("mousemove", str(x), str(y))

    def click(self, x: int, y: int, button: int = 1) -> None:
        """Clicks at a place."""
        self.point(x, y)
        time.sleep(0.2)
        self._hand("click", str(button))

    def drag(self, begin: tuple[int, int], end: tuple[int, int], escape: bool = False) -> None:
        """Presses at one place, moves to another as a hand does, and lets go; after Escape if so wished."""
        self.point(*begin)
        time.sleep(0.3)
        self._hand("mousedown", "1")
        for step in range(1, _DRAG_STEPS + 1):
            x, y = (a + (b - a) * step // _DRAG_STEPS for a, b in zip(begin, end, strict=True))
            self.point(x, y)
            time.sleep(0.04)
        time.sleep(0.5)
        if escape:
            self._hand("keydown", "Escape", "sleep", "0.3", "keyup", "Escape")
        self._hand("mouseup", "1")

    def activate(self, window: Window) -> None:
        """Gives a window the keyboard."""
        self._hand("windowactivate", "--sync", window.id)

    def type(self, text: str) -> None:
        """Types into the focused window."""
        self._hand("type", "--delay", "40", text)

    def key(self, *keys: str) -> None:
        """Presses keys."""
        self._hand("key", *keys)

    def picture(self) -> npt.NDArray[np.uint8]:
        """What the screen shows, `(height, width, 3)`."""
        raw = self._import("-depth", "8", "rgb:-")
        return np.frombuffer(raw, np.uint8).reshape(self.height, self.width, 3)

    def picture_of(self, window: Window) -> npt.NDArray[np.uint8]:
        """What the screen shows where a window is, `(height, width, 3)`."""
        return self.picture()[window.y : window.y + window.height, window.x : window.x + window.width]

    def write_picture(self, path: Path) -> None:
        """Writes what the screen shows as a PNG of at most 256 colours, which a screen gets by with."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._import("+dither", "-colors", "256", "-strip", f"png8:{path}")

    def _where(self, number: str) -> Window:
        told = self._ask([need("xwininfo"), "-id", number]).decode()
        found = [re.search(rf"{name}: +(-?\d+)", told) for name in _GEOMETRY]
        x, y, width, height = (int(value.group(1)) for value in found if value)
        return Window(number, x, y, width, height)

    def _hand(self, *words: str) -> str:
        """What xdotool answers, empty where it finds nothing."""
        return self._ask([need("xdotool"), *words]).decode()

    def _import(self, *options: str) -> bytes:
        return self._ask([need("import"), "-silent", "-window", "root", *options], check=True)

    def _ask(self, command: Sequence[str], check: bool = False) -> bytes:
        environment = self.environment()
        return subprocess.run(command, env=environment, check=check, capture_output=True, timeout=60).stdout

    def _start(self, *command: str, keep: Sequence[int] = ()) -> None:
        process = subprocess.Popen(
            command,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=keep,
        )
        self._processes.append(process)
