"""A row of the editor is dragged to another program's window."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from clap_host import clap_host
from host_daemon import HostDaemon, Row
from plugin_build import compile_host
from processes import ready_program
from screen import Screen
from waiting import wait_for

pytestmark = pytest.mark.host
HERE = Path(__file__).parent
SECOND_ROW = (250, 320)
TARGET, MIDDLE = (1400, 1300), (1460, 1360)
FREEZE, FOOTER = (470, 72), (slice(656, 680), slice(10, 300))


@contextmanager
def drop_target(screen: Screen, manner: str) -> Iterator["subprocess.Popen[str]"]:
    """A window that takes or refuses what is dropped on it."""
    program = compile_host(HERE / "drop_target.cpp", "x11", flags=("-std=c++17",))
    command = [str(program), *map(str, TARGET), manner]
    with ready_program(command, environment=screen.environment()) as target:
        yield target


@pytest.fixture
def editor(
    plugin_folder: Path, runtime_folder: Path, suggestions: list[Row], screen: Screen
) -> Iterator[tuple[int, int]]:
    """Where the editor with the list is."""
    with (
        HostDaemon(runtime_folder, suggestions) as daemon,
        clap_host(plugin_folder, "60", stdin=subprocess.DEVNULL, environment=screen.environment()),
    ):
        window = screen.window("^clap host$")
        wait_for(daemon.has_list)
        yield window.x, window.y


@pytest.mark.parametrize(
    ("manner", "escape", "told"),
    [
        ("accept", False, ["enter", "drop"]),
        ("refuse", False, ["enter", "leave"]),
        ("accept", True, ["enter", "leave"]),
    ],
    ids=["a target that accepts", "a target that refuses", "Escape before the button is let go"],
)
def test_a_dragged_row_is_its_file_where_the_target_takes_it(
    screen: Screen,
    editor: tuple[int, int],
    suggestions: list[Row],
    manner: str,
    escape: bool,
    told: list[str],
) -> None:
    with drop_target(screen, manner) as target:
        screen.drag((editor[0] + SECOND_ROW[0], editor[1] + SECOND_ROW[1]), MIDDLE, escape=escape)
        assert target.stdout is not None
        assert [target.stdout.readline().strip() for _ in told] == told
        if told[-1] == "drop":
            assert target.stdout.readline().strip() == Path(suggestions[1][-1]).as_uri()


def test_a_hint_goes_when_the_pointer_leaves_the_window(screen: Screen, editor: tuple[int, int]) -> None:
    def footer() -> bytes:
        x, y = editor
        return bytes(screen.picture()[y : y + 680, x : x + 520][FOOTER].tobytes())

    screen.point(editor[0] + 100, editor[1] + 30)
    quiet = wait_for(footer)
    screen.point(editor[0] + FREEZE[0], editor[1] + FREEZE[1])
    wait_for(lambda: footer() != quiet)
    screen.point(*MIDDLE)
    wait_for(lambda: footer() == quiet)
