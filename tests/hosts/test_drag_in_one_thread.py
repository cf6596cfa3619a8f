"""A drag in a host whose own thread serves both the editor and the window that is dropped on."""

import subprocess
from pathlib import Path

import pytest
from plugin_build import SOURCE, compile_host
from screen import Screen

pytestmark = pytest.mark.host

HERE = Path(__file__).parent
EDITOR = SOURCE / "editor"


def test_the_hosts_thread_is_not_held_and_no_quick_drop_is_lost(screen: Screen) -> None:
    sources = (str(EDITOR / "file_drag.cpp"), str(EDITOR / "file_uri.cpp"))
    program = compile_host(HERE / "drag_in_one_thread.cpp", "x11", flags=("-std=c++17", *sources))
    said = subprocess.run([program], env=screen.environment(), capture_output=True, text=True, check=True)
    told = {}
    for line in said.stdout.splitlines():
        manner, milliseconds, *words = line.split()
        told[manner] = words
        assert int(milliseconds) < 100, manner
    assert told == {
        "flick": ["enter", "310,320", "drop"],
        "refused": ["enter", "310,320", "leave"],
        "unanswered": ["enter", "310,320", "leave"],
        "owed": ["enter", "310,320", "350,360", "drop"],
        "again": ["enter", "310,320", "leave", "enter", "310,320", "drop"],
        "closed": ["enter", "310,320", "leave"],
    }
