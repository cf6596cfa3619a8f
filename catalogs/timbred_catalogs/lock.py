"""Who may write when: lock files beside the tables of a catalogue on a local disk."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from timbred_catalogs.errors import CatalogError

FILE_NAME, MARKS_NAME = ".writer.lock", ".marks.lock"
POLL_SECONDS = 0.2
MARKS_SECONDS, MARKS_POLL_SECONDS = 60.0, 0.01


@contextmanager
def only_writer(
    folder: Path | None, wait_seconds: float, on_wait: Callable[[str], None] = lambda writer: None
) -> Iterator[None]:
    """One long writer at a time. Holds the lock; the kernel lets go of it when the process ends in any way.

    `on_wait` is told once who writes, before the wait. Object storage (`folder` None) has no lock: there
    LanceDB's own commits keep two writers from losing rows, and both may embed the same file.

    Raises: CatalogError when the other is not done after `wait_seconds`, or the folder cannot be written.
    """
    with _held(folder, FILE_NAME, wait_seconds, POLL_SECONDS, on_wait):
        yield


@contextmanager
def marking(folder: Path | None) -> Iterator[None]:
    """For the moment in which tags, stars or roles are read and written again: two commands lose none.

    Not the writer's lock, which a run holds for hours, while sounds can be marked. As there, object storage
    has none.

    Raises: CatalogError where others mark sounds for a minute, or the folder cannot be written.
    """
    with _held(folder, MARKS_NAME, MARKS_SECONDS, MARKS_POLL_SECONDS, lambda writer: None):
        yield


@contextmanager
def _held(
    folder: Path | None, name: str, wait_seconds: float, poll_seconds: float, on_wait: Callable[[str], None]
) -> Iterator[None]:
    if folder is None:
        yield
        return
    try:
        descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise CatalogError(f"the catalogue at {folder} cannot be written: {error.strerror}") from error
    try:
        _take(descriptor, wait_seconds, poll_seconds, on_wait)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, wait_seconds: float, poll_seconds: float, on_wait: Callable[[str], None]) -> None:
    give_up = time.monotonic() + wait_seconds
    told = False
    while not _try(descriptor):
        writer = f"process {os.pread(descriptor, 20, 0).decode() or 'unknown'}"
        if time.monotonic() >= give_up:
            raise CatalogError(f"{writer} is writing to this catalogue; try again when it is done")
        if not told:
            on_wait(writer)
            told = True
        time.sleep(poll_seconds)


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise CatalogError(f"the catalogue's disk must allow locks: {error.strerror}") from error
    return True
