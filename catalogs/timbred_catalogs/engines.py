"""Who prepares the chunks of a run and writes their rows: threads of this process, or workers elsewhere."""

import threading
from collections.abc import Callable, Mapping, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.heap import give_back_memory
from timbred_catalogs.new_rows import new_sounds
from timbred_catalogs.prepare import Prepared, prepare
from timbred_catalogs.readers import READERS
from timbred_catalogs.role_sounds import RoleHead
from timbred_catalogs.scan import Found
from timbred_catalogs.sound import Sound, Unreadable

# Chunks on the way at once for each worker: enough that none waits, few enough that memory stays flat.
CHUNKS_A_WORKER = 2
COMMIT_FILES = 512
# After so many files compaction needs the readers' memory more than the next run needs them started.
LONG_RUN_FILES = 5_000


@dataclass(frozen=True, slots=True)
class Work:
    """What a run gives its engine; `known_ids`, contents that need no preparing, grow as the run goes on."""

    catalogue: Catalogue
    known_ids: Set[str]
    embedders: Sequence[Embedder]
    role_head: RoleHead | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a run must know of a chunk; its rows stay where they were prepared.

    `new` are the files of `rows`, one after the other, with their sounds' ids; `known` those whose content
    the catalogue has already, with its id.
    """

    new: Sequence[tuple[Found, str]] = ()
    known: Sequence[tuple[Found, str]] = ()
    unreadable: Sequence[Unreadable] = ()
    rows: Any = None

    @property
    def files(self) -> int:
        return len(self.new) + len(self.known) + len(self.unreadable)


Chosen = Sequence[tuple[Chunk, Sequence[int]]]
"""Chunks, and which of their new files are meant."""


def chunk_of(prepared: Prepared, rows: Any) -> Chunk:
    """What is told of a prepared chunk whose rows are kept as `rows`."""
    ids = [sound.id for sound in prepared.sounds]
    return Chunk(list(zip(prepared.found, ids, strict=True)), prepared.known, prepared.unreadable, rows)


class Engine(Protocol):
    """Answers with futures, in any order."""

    @property
    def chunks_at_once(self) -> int:
        """How many chunks may be on the way."""
        ...

    @property
    def commit_files(self) -> int:
        """After how many files a commit is worth its while."""
        ...

    def start(self, chunk: Sequence[Found], /) -> "Future[Chunk]":
        """Prepares a chunk some time later."""
        ...

    def append(self, chosen: Chosen, marks: Mapping[str, Sound], /) -> set[str]:
        """Puts the chosen rows into the catalogue, in one commit; what else the chunks hold is let go.

        `marks` holds, by the ids of new sounds, the sound whose tags, star and role they take over.
        Returns: the ids that are in the catalogue now.
        """
        ...

    def stop(self) -> None:
        """What has not begun is cancelled; what is running may be waited for."""
        ...

    def close(self) -> None:
        """Gives everything back."""
        ...


MakeEngine = Callable[[Work], Engine]


class Threads:
    """Threads of this process; decoding and models leave Python's lock, one commit holds all rows.

    Args:
        work: its embedders are called from all threads.
        workers: how many threads.
    """

    def __init__(self, work: Work, *, workers: int) -> None:
        self._work = work
        self.chunks_at_once = workers * CHUNKS_A_WORKER
        self.commit_files = COMMIT_FILES
        self._files = 0
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="ingest")

    def start(self, chunk: Sequence[Found], /) -> "Future[Chunk]":
        self._files += len(chunk)
        return self._pool.submit(self._prepare, chunk)

    def _prepare(self, chunk: Sequence[Found]) -> Chunk:
        prepared = prepare(
            chunk,
            self._work.known_ids,
            self._work.embedders,
            with_programs=True,
            is_stopping=self._stopping.is_set,
        )
        return chunk_of(prepared, prepared)

    def append(self, chosen: Chosen, marks: Mapping[str, Sound], /) -> set[str]:
        rows = [(chunk.rows, places) for chunk, places in chosen]
        sounds, vectors = new_sounds(rows, self._work.role_head, marks)
        if sounds:
            self._work.catalogue.add(sounds, vectors)
        return {sound.id for sound in sounds}

    def stop(self) -> None:
        self._stopping.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def close(self) -> None:
        self.stop()
        if self._files >= LONG_RUN_FILES:
            READERS.close()
            give_back_memory()
