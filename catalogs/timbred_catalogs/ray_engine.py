"""Prepares chunks on the workers of a Ray cluster, which write their rows themselves; this process commits.

A chunk's rows stay with the worker that prepared it until this process has chosen what is new among all
chunks. Then the worker writes those rows beside the table's data, and one commit appends what all have
written: only names, ids and sizes come here.
"""

import os
import socket
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

from timbred_catalogs.embedder import Embedder
from timbred_catalogs.engines import COMMIT_FILES, Chosen, Chunk, Work, chunk_of
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.fragments import commit_fragments, write_fragments
from timbred_catalogs.known_ids import KnownIds
from timbred_catalogs.new_rows import new_sounds
from timbred_catalogs.prepare import Prepared, prepare
from timbred_catalogs.role_sounds import RoleHead
from timbred_catalogs.rows import rows_table
from timbred_catalogs.scan import Found
from timbred_catalogs.sound import Sound, Space

# A worker that dies is started anew, and what it was asked is asked again so many times.
RETRIES = 3
ANSWER_SECONDS = 10.0
# Chunks on the way at once for each worker: enough work for the length of a commit to object storage.
CHUNKS_A_WORKER = 4
# What a worker writes does not wait until it has prepared what it was asked before.
WRITING = "writing"


@dataclass(frozen=True, slots=True)
class _Held:
    """With which worker a chunk's rows are, under which number, and the files to make them of again."""

    worker: int
    number: int
    files: Sequence[Found]


@dataclass(frozen=True, slots=True)
class _Shared:
    """What every worker is told once."""

    known_ids: KnownIds
    embedders: Sequence[Embedder]
    role_head: RoleHead | None
    address: str
    spaces: Sequence[Space]


class RayWorkers:
    """One actor a worker, each with its own models, one processor core each.

    The files must lie under the same paths for every worker, and the catalogue under the same address. What
    the catalogue holds is told to the workers once: a copy of a sound that this very run added is prepared
    again, and not written.

    Args:
        work: its embedders and its role head can be pickled.
        workers: how many actors.
        address: of a running cluster; empty takes `$RAY_ADDRESS`, else starts one on this machine.

    Raises: CatalogError where Ray is not installed, or no cluster answers.
    """

    def __init__(self, work: Work, *, workers: int, address: str = "") -> None:
        self._ray = _connected(address, workers)
        self._tables = work.catalogue.tables
        # Kept here for as long as a worker may have to be started anew with it.
        self._shared = self._ray.put(
            _Shared(
                KnownIds(work.known_ids),
                list(work.embedders),
                work.role_head,
                self._tables.sounds.uri,
                list(self._tables.spaces().values()),
            )
        )
        options = {"num_cpus": 1, "max_restarts": -1, "max_task_retries": RETRIES}
        actor = self._ray.remote(**options, concurrency_groups={WRITING: 1})(_Worker)
        self._actors = [actor.remote(self._shared) for _ in range(workers)]
        self._busy: Counter[int] = Counter(range(workers))
        self._numbers = 0
        self.chunks_at_once = workers * CHUNKS_A_WORKER
        self.commit_files = workers * COMMIT_FILES

    def start(self, chunk: Sequence[Found], /) -> "Future[Chunk]":
        worker = min(self._busy, key=lambda index: self._busy[index])
        self._busy[worker] += 1
        self._numbers += 1
        held = _Held(worker, self._numbers, list(chunk))
        answer: Future[Chunk] = Future()

        def arrived(future: "Future[Chunk]") -> None:
            self._busy[worker] -= 1
            _pass_on(future, answer, held)

        self._actors[worker].prepare.remote(held.number, held.files).future().add_done_callback(arrived)
        return answer

    def append(self, chosen: Chosen, marks: Mapping[str, Sound], /) -> set[str]:
        asked: dict[int, list[tuple[_Held, list[str]]]] = {}
        for chunk, rows in chosen:
            asked.setdefault(chunk.rows.worker, []).append((chunk.rows, [chunk.new[row][1] for row in rows]))
        answers = [
            self._actors[worker].write.options(concurrency_group=WRITING).remote(wanted, dict(marks))
            for worker, wanted in asked.items()
        ]
        try:
            written = self._ray.get(answers)
        except self._ray.exceptions.RayError as error:
            raise _failed(error) from error
        fragments = [fragment for fragments, _ in written for fragment in fragments]
        if fragments:
            commit_fragments(self._tables.sounds.uri, fragments)
            self._tables.sounds.checkout_latest()
        return {sound_id for _, ids in written for sound_id in ids}

    def stop(self) -> None:
        """Nothing is waited for: what a worker is at is not written."""

    def close(self) -> None:
        self._ray.shutdown()


class _Worker:
    """Lives in a process of the cluster; holds its chunks' rows until it is told which of them to write."""

    def __init__(self, shared: _Shared) -> None:
        self._shared = shared
        self._held: dict[int, Prepared] = {}

    def prepare(self, number: int, files: Sequence[Found]) -> Chunk:
        self._held[number] = self._prepared(files)
        return chunk_of(self._held[number], None)

    def write(
        self, wanted: Sequence[tuple[_Held, Sequence[str]]], marks: Mapping[str, Sound]
    ) -> tuple[list[str], list[str]]:
        """Returns: what was written, for the commit, and the ids of its sounds."""
        chosen = [self._rows(held, ids) for held, ids in wanted]
        sounds, vectors = new_sounds(chosen, self._shared.role_head, marks)
        if not sounds:
            return [], []
        table = rows_table(sounds, vectors, self._shared.spaces)
        return write_fragments(self._shared.address, table), [sound.id for sound in sounds]

    def _rows(self, held: _Held, ids: Sequence[str]) -> tuple[Prepared, list[int]]:
        """A worker that was started anew holds nothing: it prepares the files again, as they are now."""
        prepared = self._held.pop(held.number, None)
        if prepared is None:
            prepared = self._prepared(held.files)
        place: dict[str, int] = {}
        for row, sound in enumerate(prepared.sounds):
            place.setdefault(sound.id, row)  # of two copies in a chunk the first, as it was chosen
        return prepared, [place[sound_id] for sound_id in ids if sound_id in place]

    def _prepared(self, files: Sequence[Found]) -> Prepared:
        return prepare(files, self._shared.known_ids, self._shared.embedders, with_programs=True)


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


def _pass_on(future: "Future[Chunk]", answer: "Future[Chunk]", held: _Held) -> None:
    error = future.exception()
    if error is None:
        answer.set_result(replace(future.result(), rows=held))
    else:
        answer.set_exception(_failed(error))


def _failed(error: BaseException) -> CatalogError:
    said = str(error).strip().splitlines()[-1:] or [type(error).__name__]
    return CatalogError(f"a Ray worker failed: {said[0]}; what was committed stays, so run it again")
