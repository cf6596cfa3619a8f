"""Who prepares the chunks of a run: threads of this process, or workers elsewhere."""

from collections.abc import Callable, Container, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from timbred_catalogs.embedder import Embedder
from timbred_catalogs.prepare import Prepared, prepare
from timbred_catalogs.scan import Found

# Chunks on the way at once for each worker: enough that none waits, few enough that memory stays flat.
CHUNKS_A_WORKER = 2


class Engine(Protocol):
    """Answers with futures, in any order; `ingest` commits what they hold."""

    @property
    def chunks_at_once(self) -> int:
        """How many chunks may be on the way."""
        ...

    def start(self, chunk: Sequence[Found], /) -> "Future[Prepared]":
        """Prepares a chunk some time later."""
        ...

    def close(self) -> None:
        """Waits for what is running; what has not begun is cancelled."""
        ...


MakeEngine = Callable[[Container[str], Sequence[Embedder]], Engine]
"""Makes a run's engine of the ids that the catalogue holds (they grow as the run goes on) and the models."""


class Threads:
    """Threads of this process; decoding and models leave Python's lock.

    Args:
        known_ids: contents that need no preparing.
        embedders: called from all threads.
        workers: how many threads.
    """

    def __init__(self, known_ids: Container[str], embedders: Sequence[Embedder], *, workers: int) -> None:
        self._known_ids, self._embedders = known_ids, embedders
        self.chunks_at_once = workers * CHUNKS_A_WORKER
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="ingest")

    def start(self, chunk: Sequence[Found], /) -> "Future[Prepared]":
        return self._pool.submit(prepare, chunk, self._known_ids, self._embedders)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
