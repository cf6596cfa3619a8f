"""The bar of a long catalogue command: share, rate, time left. On stderr, and only on a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
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
        task = progress.add_task("scanning", total=None)

        def show(phase: str, done: int, total: int) -> None:
            progress.update(task, description=phase, completed=done, total=total or None)

        yield show


def say_waiting(writer: str) -> None:
    Console(stderr=True).print(f"{writer} is writing to this catalogue; waiting for it (Ctrl-C to give up)")
