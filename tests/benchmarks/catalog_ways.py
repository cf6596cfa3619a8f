"""The ways to index and to search a large catalogue, each run in a process of its own to know its memory."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from catalog_rows import SPACE, role_of

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.filters import Where
from timbred_catalogs.finding import Wanted, find
from timbred_catalogs.rows import SOUND_COLUMNS, sound_of
from timbred_catalogs.upkeep import build_indices, compact, index_states

FIRST = 10
# What LanceDB's own pages name as the way to ask an IVF_PQ index.
PROBES, REFINE = 20, 10
TEXTS = ("sound 77", "pack 12 sound", "ound 4242", "pack 299", "nothing like it")


@dataclass(frozen=True)
class Built:
    """Seconds of each step, and of all processors together; `index` says what was built."""

    compacted: float
    words: float
    vectors: float
    processor: float
    index: str
    peak_mb: float


@dataclass(frozen=True)
class Searched:
    """Milliseconds of a search with a role, and of one by words; the ids found with a role and without."""

    milliseconds: list[float]
    of_role: list[list[str]]
    of_all: list[list[str]]
    words: list[float]
    peak_mb: float


def alone(act: Callable[..., Any], *arguments: object) -> Any:
    """`act` in a new process."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(act, arguments)


def peak_mb() -> float:
    """The most that this process ever held; not `ru_maxrss`, which begins with the parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1000


def timed(act: Callable[[], object]) -> float:
    """Seconds."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def build_own(address: str, exact_up_to: int) -> Built:
    """As `timbred catalog add` ends."""
    catalogue = Catalogue.open(address, mode="write")
    compacted = timed(lambda: compact(catalogue))
    words = timed(lambda: build_indices(catalogue, exact_up_to=10**12))
    before = time.process_time()
    vectors = timed(lambda: build_indices(catalogue, exact_up_to=exact_up_to))
    processor = time.process_time() - before
    kinds = [f"{s.kind} ({s.parameters})" for s in index_states(catalogue) if s.parameters]
    index = kinds[0] if kinds else "exact"
    return Built(compacted, words, vectors, processor, index, peak_mb())


def build_pq(address: str) -> Built:
    """LanceDB's default index in place of the catalogue's own."""
    from lancedb.index import IvfPq

    table, column = Catalogue.open(address).tables.sounds, _column(address)
    config = IvfPq(distance_type="cosine")
    before = time.process_time()
    seconds = timed(lambda: table.create_index(column, config=config, replace=True))
    return Built(0, 0, seconds, time.process_time() - before, "IVF_PQ", peak_mb())


def search_own(address: str, exact_up_to: int, queries: np.ndarray, times_each_text: int) -> Searched:
    """As the daemon searches, and `timbred find` by words; flat where there is no index yet."""
    catalogue = Catalogue.open(address, exact_up_to=exact_up_to)

    def ask(number: int, role: str | None) -> list[str]:
        roles = [role] if role else None
        hits = catalogue.search(SPACE, queries[number], roles=roles, limit=FIRST)
        return [hit.sound.id for hit in hits]

    searched = _searched(ask, len(queries))
    words = [
        1000 * timed(partial(find, catalogue, Wanted(text))) for text in TEXTS for _ in range(times_each_text)
    ]
    return replace(searched, words=words)


def search_pq(address: str, queries: np.ndarray) -> Searched:
    """LanceDB's index, asked as its pages say."""
    table, column = Catalogue.open(address).tables.sounds, _column(address)

    def ask(number: int, role: str | None) -> list[str]:
        query = table.search(queries[number], vector_column_name=column).distance_type("cosine")
        query = query.nprobes(PROBES).refine_factor(REFINE).limit(FIRST)
        where = Where(roles=[role] if role else None).sql()
        rows = query.where(where, prefilter=True).select([*SOUND_COLUMNS, "_distance"]).to_list()
        return [sound_of(row).id for row in rows]

    return _searched(ask, len(queries))


def search_until(
    address: str, exact_up_to: int, queries: np.ndarray, stop: Path, pause_seconds: float
) -> Searched:
    """Searches on and on, taking up each new version, until there is a file `stop`."""
    catalogue = Catalogue.open(address, exact_up_to=exact_up_to)
    milliseconds: list[float] = []
    found: list[list[str]] = []
    while not stop.exists() or not found:
        number = len(found) % len(queries)
        start = time.perf_counter()
        catalogue.refresh()
        hits = catalogue.search(SPACE, queries[number], roles=[role_of(number)], limit=FIRST)
        milliseconds.append(1000 * (time.perf_counter() - start))
        found.append([hit.sound.id for hit in hits])
        time.sleep(pause_seconds)
    return Searched(milliseconds, found, [], [], peak_mb())


def _searched(ask: Callable[[int, str | None], list[str]], count: int) -> Searched:
    ask(0, role_of(0))
    milliseconds: list[float] = []
    of_role = []
    for number in range(count):
        start = time.perf_counter()
        of_role.append(ask(number, role_of(number)))
        milliseconds.append(1000 * (time.perf_counter() - start))
    of_all = [ask(number, None) for number in range(count)]
    return Searched(milliseconds, of_role, of_all, [], peak_mb())


def _column(address: str) -> str:
    return Catalogue.open(address).tables.spaces()[SPACE].column
