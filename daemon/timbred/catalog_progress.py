"""The bar of a long catalogue command: share, rate, time left. On stderr, and only on a terminal."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.progress import TimeRemainingColumn as TimeLeft
from rich.text import Text

Show = Callable[[str, int, int], None]
"""Called with the phase, what is done, and how much there is (0: not known yet)."""


class _FilesAMinute(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed * 60:,.0f}/min" if task.speed and task.total else "")


@contextmanager
def progress_bar(quiet: bool) -> Iterator[Show]:
    """`quiet` for programs: nothing is shown then."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda phase, done, total: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _FilesAMinute(),
        TimeLeft(),
    )
    with Progress(*columns, console=console, transient=True, speed_estimate_period=20) as progress:
        tasks: dict[str, TaskID] = {}

        def show(phase: str, done: int, total: int) -> None:
            if phase not in tasks:
                for before in tasks.values():
                    progress.update(before, visible=False)
                tasks[phase] = progress.add_task(phase, total=total or None)
            progress.update(tasks[phase], completed=done)

        yield show


@contextmanager
def decoders_kept_quiet() -> Iterator[None]:
    """The MP3 decoder writes its doubts about a file on file descriptor 2, in the middle of a terminal's bar.

    Python's own stderr goes on where it went.
    """
    if not sys.stderr.isatty():
        yield
        return
    sys.stderr.flush()
    with os.fdopen(os.dup(2), "w", buffering=1) as kept, open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        before, sys.stderr = sys.stderr, kept
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept.fileno(), 2)
            sys.stderr = before


def say_waiting(writer: str) -> None:
    Console(stderr=True).print(f"{writer} is writing to this catalogue; waiting for it (Ctrl-C to give up)")
