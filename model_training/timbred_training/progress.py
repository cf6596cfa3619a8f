"""The progress bar of whatever takes long; it goes to stderr and leaves nothing behind."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from rich.console import Console
from rich.markup import escape
from rich.progress import track

T = TypeVar("T")


def shown(items: Sequence[T], title: str) -> Iterable[T]:
    """The items one by one, under a bar."""
    return track(items, escape(title), console=Console(stderr=True), transient=True)
