"""Prepares chunks on the workers of a Ray cluster; the calling process scans and commits."""

import os
import socket
from collections import Counter
from collections.abc import Container, Sequence
from concurrent.futures import Future
from typing import Any

from timbred_catalogs.embedder import Embedder
from timbred_catalogs.engines import CHUNKS_A_WORKER
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.prepare import Prepared, prepare
from timbred_catalogs.scan import Found

# A worker that dies is started anew, and its chunk is tried again so many times.
RETRIES = 3
ANSWER_SECONDS = 10.0


class RayWorkers:
    """One actor a worker, each with its own models, one processor core each.

    The files must lie under the same paths for every worker. What the catalogue holds is told to the workers
    once: a copy of a sound that this very run added is prepared again, and dropped when it arrives.

    Args:
        known_ids: contents that need no preparing.
        embedders: models that can be pickled.
        workers: how many actors.
        address: of a running cluster; empty takes `$RAY_ADDRESS`, else starts one on this machine.

    Raises: CatalogError where Ray is not installed, or no cluster answers.
    """

    def __init__(
        self, known_ids: Container[str], embedders: Sequence[Embedder], *, workers: int, address: str = ""
    ) -> None:
        self._ray = _connected(address, workers)
        actor = self._ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=RETRIES)(_Worker)
        shared = self._ray.put((known_ids, list(embedders)))
        self._actors = [actor.remote(shared) for _ in range(workers)]
        self._busy: Counter[int] = Counter(range(workers))
        self.chunks_at_once = workers * CHUNKS_A_WORKER

    def start(self, chunk: Sequence[Found], /) -> "Future[Prepared]":
        index = min(self._busy, key=lambda worker: self._busy[worker])
        self._busy[index] += 1
        answer: Future[Prepared] = Future()

        def arrived(future: "Future[Prepared]") -> None:
            self._busy[index] -= 1
            _pass_on(future, answer)

        self._actors[index].prepare.remote(list(chunk)).future().add_done_callback(arrived)
        return answer

    def close(self) -> None:
        self._ray.shutdown()


class _Worker:
    """Lives in a process of the cluster."""

    def __init__(self, shared: tuple[Container[str], list[Embedder]]) -> None:
        self._known_ids, self._embedders = shared

    def prepare(self, chunk: list[Found]) -> Prepared:
        return prepare(chunk, self._known_ids, self._embedders)


def _connected(address: str, workers: int) -> Any:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # before the import: Ray reports to its makers otherwise
    try:
        import ray
    except ImportError as error:
        raise CatalogError("the ray engine needs Ray: pip install 'timbred[ray]'") from error
    wanted = address or os.environ.get("RAY_ADDRESS", "")
    if wanted:
        _require_answer(wanted)
    options: dict[str, Any] = {"log_to_driver": False}
    if wanted:
        options["address"] = wanted
    else:
        options |= {"num_cpus": workers, "include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    try:
        ray.init(**options)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise CatalogError(f"no Ray cluster at {wanted or 'this machine'}: {error}") from error
    return ray


def _require_answer(address: str) -> None:
    """Ray itself tries for minutes."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS).close()
    except ValueError as error:
        raise CatalogError(f"a Ray cluster's address must be HOST:PORT, not {address}") from error
    except OSError as error:
        raise CatalogError(f"no Ray cluster at {address}: {error}") from error


def _pass_on(future: "Future[Prepared]", answer: "Future[Prepared]") -> None:
    error = future.exception()
    if error is None:
        answer.set_result(future.result())
    else:
        said = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        answer.set_exception(
            CatalogError(f"a Ray worker failed: {said[0]}; what was committed stays, so run it again")
        )
