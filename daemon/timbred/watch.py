"""Shows what `/timbred/watch` brings: a live table for people, a line each for programs."""

import time
from collections.abc import Iterator
from itertools import chain

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from timbred.output import print_json
from timbred.settings import MAX_COUNT
from timbred_bridge.osc import Message, Value

REPORT = "/timbred/report"
# The texts' shares of what the others, which always stand whole, leave of a line.
_COLUMNS = {"slot": None, "": None, "score": None, "name": 3, "pack": 2, "why": 5}

# A table's title, the names of its columns, and the lines around these and the rows.
_FRAME_LINES = 5


def print_messages(messages: Iterator[Message | None], seconds: float) -> None:
    """Each message as one line of JSON.

    Args:
        messages: From the daemon.
        seconds: How long; 0 for as long as it lasts.
    """
    for message in _until(messages, seconds):
        if message.address == REPORT:
            continue
        print_json({"address": message.address, **message.values, "rows": [dict(g) for g in message.groups]})


def show(messages: Iterator[Message | None], seconds: float) -> None:
    """Each session's state and list as a table that changes in place, from the daemon's first word on.

    Where nothing can change in place, each other table is printed below the one before.
    """
    board, console = Board(), Console()
    if first := next(messages, None):
        board.take(first)
    if not console.is_terminal or console.is_dumb_terminal:
        _print_below(board, console, _until(messages, seconds))
        return
    with Live(board.table(console.height), console=console, auto_refresh=False) as live:
        try:
            for message in _until(messages, seconds):
                board.take(message)
                live.update(board.table(console.height), refresh=True)
        finally:
            live.update(board.table())


def _print_below(board: "Board", console: Console, messages: Iterator[Message]) -> None:
    printed = ""
    for message in chain([None], messages):
        if message is not None:
            board.take(message)
        with console.capture() as capture:
            console.print(board.table())
        if capture.get() != printed:
            printed = capture.get()
            print(printed, end="", flush=True)


def _until(messages: Iterator[Message | None], seconds: float) -> Iterator[Message]:
    end = time.monotonic() + (seconds or float("inf"))
    for message in messages:
        if message is not None:
            yield message
        if time.monotonic() > end:
            return


class Board:
    """The newest status and list of each session."""

    def __init__(self) -> None:
        self._status: dict[str, Message] = {}
        self._rows: dict[str, list[dict[str, Value]]] = {}
        self._parts: dict[tuple[str, int], dict[int, list[dict[str, Value]]]] = {}
        self._heard: set[str] = set()  # since the last report

    def take(self, message: Message) -> None:
        """Keeps one message; a list counts when all its parts are there.

        Who is not in a report, which has no room for very many, and said nothing since the last, is gone.
        """
        if message.address == REPORT:
            there = self._heard | {str(group["session"]) for group in message.groups}
            self._heard = set()
            self._status = {session: said for session, said in self._status.items() if session in there}
            self._rows = {session: rows for session, rows in self._rows.items() if session in there}
            return
        session = str(message.values["session"])
        self._heard.add(session)
        if message.address == "/timbred/status":
            self._status[session] = message
        elif message.address == "/timbred/suggestions":
            key = (session, message.integer("revision"))
            parts = self._parts.setdefault(key, {})
            parts[message.integer("part")] = [dict(group) for group in message.groups]
            if len(parts) == message.integer("parts"):
                self._rows[session] = [row for number in sorted(parts) for row in parts[number]]
                self._parts = {}

    def rows(self, session: str) -> list[dict[str, Value]]:
        """The newest whole list of a session."""
        return self._rows.get(session, [])

    def table(self, lines: float = float("inf")) -> Group:
        """All sessions, one below the other; of each slot as many as there are lines for, one at least."""
        sessions = dict.fromkeys([*self._status, *self._rows])
        if not sessions:
            return Group(Text("no plugin is connected: insert timbred on a bus of your DAW"))
        ranks = range(MAX_COUNT, 1, -1)
        most = next((most for most in ranks if self._lines(list(sessions), most) <= lines), 1)
        return Group(*(self._one(session, most) for session in sessions))

    def _lines(self, sessions: list[str], most: int) -> int:
        return sum(_FRAME_LINES + len(self._first(session, most)) for session in sessions)

    def _first(self, session: str, most: int) -> list[dict[str, Value]]:
        return [row for row in self.rows(session) if int(row["rank"]) <= most]

    def _one(self, session: str, most: int) -> Table:
        table = Table(title=Text(self._title(session)), title_justify="left", expand=True)
        for name, share in _COLUMNS.items():
            table.add_column(name, overflow="ellipsis", no_wrap=True, ratio=share)
        for row in self._first(session, most):
            there = bool(row["sound"])
            mark = ("*" if row["pinned"] else "") + str(row["rank"]) if there else ""
            score = f"{row['score']:.2f}" if there else ""
            cells = (row["slot"], mark, score, row["name"], row["pack"], row["why"])
            table.add_row(*(Text(str(cell)) for cell in cells))
        return table

    def _title(self, session: str) -> str:
        status = self._status.get(session)
        if status is None:
            return session[:8]
        values = status.values
        return f"{session[:8]}  {values['mode']}  {values['state']}: {values['detail']}"
