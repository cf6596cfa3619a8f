"""A virtual X screen with a window manager, a pointer that drags, and screenshots."""

import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest
from plugin_build import need

_GEOMETRY = ("Absolute upper-left X", "Absolute upper-left Y", "Width", "Height")
"""What xwininfo tells, in the order of Place."""


@dataclass(frozen=True)
class Place:
    """Where a window is, in pixels of the screen."""

    x: int
    y: int
    width: int
    height: int


class Screen:
    """Xvfb with openbox, from `with` to its end.

    Args:
        width: Pixels.
        height: Pixels.
    """

    def __init__(self, width: int = 1600, height: int = 1000) -> None:
        self.size = (width, height)
        self.display = ""
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        need("Xvfb")
        read, write = os.pipe()
        width, height = self.size
        command = [
            "Xvfb",
            "-displayfd",
            str(write),
            "-screen",
            "0",
            f"{width}x{height}x24",
            "-nolisten",
            "tcp",
        ]
        server = subprocess.Popen(
            command, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._processes.append(server)
        os.close(write)
        with os.fdopen(read) as number:
            self.display = f":{number.readline().strip()}"
        need("openbox")
        manager = subprocess.Popen(["openbox"], env=self.environment(), stderr=subprocess.DEVNULL)
        self._processes.append(manager)
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes):
            process.terminate()
            process.wait(10)

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a program that is to appear here."""
        return {**os.environ, "DISPLAY": self.display, **more}

    def window(self, name: str, seconds: float = 20.0) -> str:
        """Waits for a visible window whose name matches, and gives its id."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = self._xdotool("search", "--onlyvisible", "--name", name).split()
            if found:
                return found[-1]
            time.sleep(0.2)
        return str(pytest.fail(f"no window {name!r} within {seconds:g} s"))

    def place(self, window: str) -> Place:
        """Where a window is, without its frame."""
        command = [need("xwininfo"), "-id", window]
        told = subprocess.run(command, env=self.environment(), capture_output=True, text=True).stdout
        values = [re.search(rf"{name}: +(-?\d+)", told) for name in _GEOMETRY]
        return Place(*(int(value.group(1)) for value in values if value))

    def move_window(self, window: str, x: int, y: int) -> None:
        """Moves a window."""
        self._xdotool("windowmove", "--sync", window, str(x), str(y))

    def resize_window(self, window: str, width: int, height: int) -> None:
        """Resizes a window."""
        self._xdotool("windowsize", "--sync", window, str(width), str(height))

    def click(self, x: int, y: int, button: int = 1) -> None:
        """Clicks somewhere."""
        self._xdotool("mousemove", str(x), str(y))
        time.sleep(0.2)
        self._xdotool("click", str(button))

    def point(self, x: int, y: int) -> None:
        """Moves the pointer."""
        self._xdotool("mousemove", str(x), str(y))

    def type(self, text: str) -> None:
        """Types into the focused window."""
        self._xdotool("type", "--delay", "40", text)

    def key(self, *keys: str) -> None:
        """Presses keys."""
        self._xdotool("key", *keys)

    def drag(self, begin: tuple[int, int], end: tuple[int, int], steps: int = 30) -> None:
        """Drags with the left button, slowly enough for drag and drop."""
        self.point(*begin)
        time.sleep(0.3)
        self._xdotool("mousedown", "1")
        time.sleep(0.3)
        for step in range(1, steps + 1):
            share = step / steps
            x, y = (round(b + (e - b) * share) for b, e in zip(begin, end, strict=True))
            self.point(x, y)
            time.sleep(0.04)
        time.sleep(0.5)
        self._xdotool("mouseup", "1")

    def shoot(self, path: Path, window: str = "root") -> None:
        """Writes a picture of the screen or of a window."""
        subprocess.run([need("import"), "-window", window, str(path)], env=self.environment(), check=True)

    def _xdotool(self, *words: str) -> str:
        done = subprocess.run(
            [need("xdotool"), *words], env=self.environment(), capture_output=True, text=True
        )
        return done.stdout
