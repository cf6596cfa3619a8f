"""`timbred watch`: any program with the token may see what plugins are told."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np
import pytest
from daemon_thread import Daemon
from fake_plugin import FakePlugin
from library_of_tones import tone
from rich.console import Console
from waiting import wait_for

from timbred.client import Client, find_daemon
from timbred.errors import DaemonError
from timbred.push import MAX_WATCHERS
from timbred.watch import Board, print_messages, show
from timbred_bridge import osc

SESSION = "5" * 32


def row(slot: str, rank: int, name: str) -> tuple[osc.Value, ...]:
    """A group of a list."""
    return (slot, rank, "id" if name else "", name, "Pack", "bass", 0.5, 0, "because", "/a.wav")


def suggestions(revision: int, part: int, parts: int, *rows: tuple[osc.Value, ...]) -> osc.Message:
    """One part of a list."""
    head = (SESSION, revision, part, parts, "match")
    return osc.decode(osc.encode("/timbred/suggestions", *head, groups=rows))


def shown(board: Board, width: int = 120, lines: float = float("inf")) -> str:
    """What a person sees."""
    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    console.print(board.table(lines))
    return console.export_text()


def test_a_list_is_shown_when_all_of_its_parts_are_there() -> None:
    board = Board()
    assert "no plugin is connected" in shown(board)
    board.take(suggestions(7, 1, 2, row("lead", 1, "Second")))
    assert "Second" not in shown(board)
    board.take(suggestions(7, 0, 2, row("bass", 1, "First")))
    text = shown(board)
    assert text.index("First") < text.index("Second")
    board.take(suggestions(8, 0, 1, row("kick", 0, "")))
    assert "because" in shown(board) and "First" not in shown(board)


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("letters", [6, 240])
def test_slot_rank_and_score_stand_whole_in_every_terminal(width: int, letters: int) -> None:
    board = Board()
    rows = [row("percussion", 1, "W" * letters), row("kick", 12, "Short"), row("snare", 0, "")]
    board.take(suggestions(1, 0, 1, *rows))
    lines = shown(board, width).splitlines()
    head, long, short = (next(line for line in lines if word in line) for word in ("slot", "WWW", "kick"))
    assert [cell.strip() for cell in head.split("\u2503")[1:4]] == ["slot", "", "score"]
    assert [cell.strip() for cell in long.split("\u2502")[1:4]] == ["percussion", "1", "0.50"]
    assert [cell.strip() for cell in short.split("\u2502")[1:5]] == ["kick", "12", "0.50", "Short"]
    assert all(head.split("\u2503")[4 + n].strip() == name for n, name in enumerate(("name", "pack", "why")))
    assert max(map(len, lines)) <= width


def test_a_low_terminal_shows_the_first_of_every_slot() -> None:
    board = Board()
    rows = [row(slot, rank, f"{slot} {rank}") for slot in ("kick", "snare") for rank in (1, 2, 3)]
    board.take(suggestions(1, 0, 1, *rows, row("bass", 0, "")))

    def names_in(lines: int) -> list[str]:
        text = shown(board, lines=lines)
        assert len(text.splitlines()) <= max(lines, 8)
        return [str(name) for _, _, _, name, *_ in rows if str(name) in text]

    assert names_in(12) == [f"{slot} {rank}" for slot in ("kick", "snare") for rank in (1, 2, 3)]
    assert names_in(11) == names_in(10) == ["kick 1", "kick 2", "snare 1", "snare 2"]
    assert names_in(9) == names_in(2) == ["kick 1", "snare 1"]
    assert "because" in shown(board, lines=2)


def test_names_are_shown_as_they_are() -> None:
    board = Board()
    board.take(suggestions(1, 0, 1, row("bass", 1, "[red]x[/red]")))
    assert "[red]x[/red]" in shown(board)


def test_who_watches_gets_status_and_lists(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    audio = np.stack([tone(400, 2.0, 48_000)] * 2)
    plugin = FakePlugin(daemon.folder, audio).start()
    try:
        wait_for(lambda: plugin.names("bass"))
        with Client(find_daemon()) as client:
            print_messages(client.watch(), 1.5)
            lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
            assert {line["address"] for line in lines} == {"/timbred/status", "/timbred/suggestions"}
            assert all(line["session"] == plugin.session for line in lines)
            begun_at = time.monotonic()
            print_messages(client.watch("0" * 32), 0.5)
            assert capsys.readouterr().out == ""
            assert time.monotonic() - begun_at < 3
    finally:
        plugin.stop()


def test_one_program_too_many_is_told(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    with ExitStack() as clients:
        for _ in range(MAX_WATCHERS):
            next(clients.enter_context(Client(find_daemon())).watch())
        late = clients.enter_context(Client(find_daemon()))
        with pytest.raises(DaemonError, match=f"refuses: at most {MAX_WATCHERS} programs may watch"):
            show(late.watch(), 5)
    assert capsys.readouterr().out == "", "whether a plugin is connected is not known"


def test_a_session_is_shown_at_once_and_its_absence_said(capsys: pytest.CaptureFixture[str]) -> None:
    show(iter([suggestions(1, 0, 1, row("bass", 1, "First"))]), 1)
    assert "First" in capsys.readouterr().out
    show(iter([None]), 1)
    assert "no plugin is connected" in capsys.readouterr().out


def report(*sessions: str) -> osc.Message:
    """Who is there."""
    groups = [(session, "host", "listening", "match", 48_000, 0, 0, 0) for session in sessions]
    return osc.decode(
        osc.encode("/timbred/report", "0.1.0", 1, 1.0, "/catalog", 3, "m", 0, "", groups=groups)
    )


def test_a_session_that_went_is_shown_no_more() -> None:
    board = Board()
    board.take(suggestions(1, 0, 1, row("bass", 1, "First")))
    board.take(report(SESSION, "6" * 32))
    assert "First" in shown(board)
    board.take(report("6" * 32))
    assert "First" not in shown(board) and board.rows(SESSION) == []


def test_a_session_that_a_report_has_no_room_for_is_shown_while_it_says_something() -> None:
    board = Board()
    for revision in (1, 2):
        board.take(suggestions(revision, 0, 1, row("bass", 1, "First")))
        board.take(report("6" * 32))
        assert "First" in shown(board)
    board.take(report("6" * 32))
    assert "First" not in shown(board)


@pytest.mark.parametrize("terminal", [False, True])
def test_where_nothing_can_change_in_place_each_other_table_is_printed(
    terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("FORCE_COLOR", "1" if terminal else "")
    first, second = (suggestions(n, 0, 1, row("bass", 1, f"List {n}")) for n in (1, 2))

    def messages() -> Iterator[osc.Message | None]:
        yield None
        assert "no plugin is connected" in capsys.readouterr().out
        yield first
        assert "List 1" in capsys.readouterr().out, "before the next comes"
        yield first
        assert capsys.readouterr().out == "", "nothing changed"
        yield second

    show(messages(), 5)
    text = capsys.readouterr().out
    assert "List 2" in text and "List 1" not in text
