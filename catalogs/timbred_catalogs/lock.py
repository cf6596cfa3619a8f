"""One long writer at a time: a lock file beside the tables of a catalogue on a local disk."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from timbred_catalogs.errors import CatalogError

FILE_NAME = ".writer.lock"
POLL_SECONDS = 0.2


@contextmanager
def only_writer(
    folder: Path | None, wait_seconds: float, on_wait: Callable[[str], None] = lambda writer: None
) -> Iterator[None]:
    """Holds the lock; the kernel lets go of it when the process ends in any way.

    `on_wait` is told once who writes, before the wait. Object storage (`folder` None) has no lock: there
    LanceDB's own commits keep two writers from losing rows, and both may embed the same file.

    Raises: CatalogError when the other is not done after `wait_seconds`, or the folder cannot be written.
    """
    if folder is None:
        yield
        return
    try:
        descriptor = os.open(folder / FILE_NAME, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise CatalogError(f"the catalogue at {folder} cannot be written: {error.strerror}") from error
    try:
        _take(descriptor, wait_seconds, on_wait)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, wait_seconds: float, on_wait: Callable[[str], None]) -> None:
    give_up = time.monotonic() + wait_seconds
    told = False
    while not _try(descriptor):
        writer = f"process {os.pread(descriptor, 20, 0).decode() or 'unknown'}"
        if time.monotonic() >= give_up:
            raise CatalogError(f"{writer} is writing to this catalogue; try again when it is done")
        if not told:
            on_wait(writer)
            told = True
        time.sleep(POLL_SECONDS)


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise CatalogError(f"the catalogue's disk must allow locks: {error.strerror}") from error
    return True
