"""The bar of a long catalogue command, on a terminal that is a string."""

import io

import pytest
from rich.console import Console

from timbred import catalog_progress


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=100, color_system=None)
    monkeypatch.setattr(catalog_progress, "Console", lambda stderr: console)
    return shown


def test_the_bar_says_the_phase_and_how_far_it_is(terminal: io.StringIO) -> None:
    with catalog_progress.progress_bar(quiet=False) as show:
        show("reading", 3, 10)
    assert "reading" in terminal.getvalue()
    assert " 3/10" in terminal.getvalue()


def test_a_phase_of_unknown_length_takes_no_length_from_the_one_before(terminal: io.StringIO) -> None:
    with catalog_progress.progress_bar(quiet=False) as show:
        show("reading", 10, 10)
        show("tidying", 0, 0)
    last = terminal.getvalue().rpartition("tidying")[2]
    assert "0/?" in last
    assert "/10" not in last


def test_nothing_is_shown_to_a_program(terminal: io.StringIO) -> None:
    with catalog_progress.progress_bar(quiet=True) as show:
        show("reading", 3, 10)
    assert terminal.getvalue() == ""
