"""A large catalogue beside LanceDB's own ways: how fast and how rightly it answers, and what its index costs.

    python tests/benchmarks/catalog_scale.py --sounds 1000000 --notes NOTES/*.parquet
    python tests/benchmarks/catalog_scale.py --sounds 1000000 --catalog ~/.local/share/timbred/catalog
    python tests/benchmarks/catalog_scale.py --sounds 100000 --vectors hard even

Recall is against brute force over all vectors. `--notes` are Parquet tables with encoded audio in a column
`audio`, embedded with the installed timbre model; `--catalog` takes a catalogue's vectors instead. The tables
are Markdown. A million sounds take 3 GB of disk and 5 GB of memory.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from catalog_rows import SPACE, fill, sound_id
from catalog_vectors import Vectors, embedded_notes, even, hard, real, vectors_in
from catalog_ways import (
    FIRST,
    PROBES,
    REFINE,
    Built,
    Searched,
    alone,
    build_own,
    build_pq,
    search_own,
    search_pq,
    search_until,
)

from timbred.models import default_encoder
from timbred_catalogs.roles import ROLES
from timbred_catalogs.searched import EXACT_UP_TO
from timbred_catalogs.tables import disk_bytes

BLOCK = 50_000
# A flat search of a million takes most of a second on all cores: few tell enough.
FLAT_QUERIES = 20
# Between two searches while the index is built, so that they take little from it.
PAUSE_SECONDS_A_MILLION = 5.0
TIMES_EACH_TEXT = 4
LANCEDB_WAYS = ("flat", "pq")
HEADER = (
    f"| way | p50 | p95 | recall@{FIRST} of a role | of all | built in | peak, building | peak, searching |\n"
    "|---|---|---|---|---|---|---|---|"
)
Truth = tuple[list[set[str]], list[set[str]]]


def truth(vectors: np.ndarray, queries: np.ndarray) -> Truth:
    """The ids of each query's nearest FIRST, of its role and of all."""
    asked = np.arange(len(queries)) % len(ROLES)
    best = [(np.full((len(queries), FIRST), -2, np.float32), np.zeros((len(queries), FIRST), int))] * 2
    for start in range(0, len(vectors), BLOCK):
        cosines = queries @ vectors[start : start + BLOCK].T
        numbers = np.arange(start, start + cosines.shape[1])
        best[1] = _better(best[1], cosines, numbers)
        cosines[asked[:, None] != numbers % len(ROLES)] = -2
        best[0] = _better(best[0], cosines, numbers)
    of_role, of_all = ([{sound_id(int(n)) for n in row} for row in places] for _, places in best)
    return of_role, of_all


def _better(
    best: tuple[np.ndarray, np.ndarray], cosines: np.ndarray, numbers: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    values = np.concatenate([best[0], cosines], axis=1)
    places = np.concatenate([best[1], np.broadcast_to(numbers, cosines.shape)], axis=1)
    top = np.argpartition(-values, FIRST - 1, axis=1)[:, :FIRST]
    return np.take_along_axis(values, top, 1), np.take_along_axis(places, top, 1)


def recall(found: Sequence[Sequence[str]], wanted: Sequence[set[str]]) -> str:
    """The share of the nearest FIRST that was found; questions may come round again."""
    shares = [len(wanted[number % len(wanted)] & set(ids)) / FIRST for number, ids in enumerate(found)]
    return f"{np.mean(shares):.3f}" if shares else ""


def row(way: str, searched: Searched, wanted: Truth, built: Built | None = None) -> str:
    p50, p95 = np.percentile(searched.milliseconds, (50, 95))
    index = ("", "")
    if built:
        index = f"{built.vectors:.0f} s ({built.processor:.0f} s of processor)", f"{built.peak_mb:,.0f} MB"
    return (
        f"| {way} | {p50:.1f} ms | {p95:.1f} ms | {recall(searched.of_role, wanted[0])} "
        f"| {recall(searched.of_all, wanted[1])} | {index[0]} | {index[1]} | {searched.peak_mb:,.0f} MB |"
    )


def build_and_search(
    address: Path, exact_up_to: int, queries: np.ndarray, count: int
) -> tuple[Built, Searched]:
    """The index is built by one process while another one searches."""
    stop = address.parent / "built"
    pause = PAUSE_SECONDS_A_MILLION * count / 1e6
    with ThreadPoolExecutor(1) as thread:
        meanwhile = thread.submit(alone, search_until, str(address), exact_up_to, queries, stop, pause)
        try:
            built: Built = alone(build_own, str(address), exact_up_to)
        finally:
            stop.touch()
        searched: Searched = meanwhile.result()
    return built, searched


def lines(kind: Vectors, count: int, settings: argparse.Namespace, work: Path) -> Iterator[str]:
    address, exact_up_to = work / "catalog", settings.exact_up_to
    start = time.perf_counter()
    vectors = fill(address, kind, count)
    filled, megabytes = time.perf_counter() - start, vectors.nbytes / 1e6
    queries = kind.queries(np.random.default_rng(6), settings.queries)
    wanted = truth(vectors, queries)
    del vectors
    yield f"\n{count:,} sounds, {kind.name} vectors: {kind.said}. Written in {filled:.0f} s, the vectors"
    yield f"alone are {megabytes:,.0f} MB, the catalogue {disk_bytes(address) / 1e6:,.0f} MB.\n\n{HEADER}"
    if "flat" in settings.beside:
        flat: Searched = alone(search_own, str(address), 0, queries[:FLAT_QUERIES], 1)
        yield row(f"LanceDB, flat, no index; by words {_median(flat.words)} ms", flat, wanted)
    built, meanwhile = build_and_search(address, exact_up_to, queries, count)
    yield row(f"while the index is built, {len(meanwhile.milliseconds)} searches", meanwhile, wanted)
    own: Searched = alone(search_own, str(address), exact_up_to, queries, TIMES_EACH_TEXT)
    yield row(f"the catalogue's own: {built.index}", own, wanted, built)
    disk = disk_bytes(address) / 1e6
    if "pq" in settings.beside:
        pq: Built = alone(build_pq, str(address))
        asked: Searched = alone(search_pq, str(address), queries)
        yield row(f"LanceDB's default: IVF_PQ, {PROBES} probes, refine {REFINE}", asked, wanted, pq)
    yield f"\nThe catalogue's own was compacted in {built.compacted:.1f} s, the indices of words, roles and"
    yield f"ids took {built.words:.1f} s, {disk:,.0f} MB of disk in the end. A search by words takes"
    yield f"{_median(own.words)} ms (p50)."


def _median(milliseconds: Sequence[float]) -> str:
    return f"{np.median(milliseconds):.1f}"


def kinds(settings: argparse.Namespace) -> Iterator[Vectors]:
    if "hard" in settings.vectors:
        yield hard()
    if "even" in settings.vectors:
        yield even()
    if "real" in settings.vectors and (settings.catalog or settings.notes):
        yield real(known_vectors(settings), settings.queries)


def known_vectors(settings: argparse.Namespace) -> np.ndarray:
    if settings.catalog:
        return vectors_in(settings.catalog, SPACE)
    return embedded_notes(settings.notes, default_encoder(SPACE), settings.most_notes, os.cpu_count() or 1)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sounds", type=int, nargs="+", default=[100_000])
    parser.add_argument("--vectors", nargs="+", choices=("hard", "real", "even"), default=["hard", "real"])
    parser.add_argument("--beside", nargs="*", choices=LANCEDB_WAYS, default=LANCEDB_WAYS)
    parser.add_argument("--notes", type=Path, nargs="+", help="Parquet tables of notes, for real vectors")
    parser.add_argument("--most-notes", type=int, default=6000)
    parser.add_argument("--catalog", help="a catalogue, for real vectors")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--exact-up-to", type=int, default=EXACT_UP_TO, help="0 builds the index at any size")
    settings = parser.parse_args()
    print(f"{os.cpu_count()} cores, {FIRST} hits; p50 and p95 with a role filter.", flush=True)
    for kind in kinds(settings):
        for count in settings.sounds:
            with tempfile.TemporaryDirectory() as work:
                for line in lines(kind, count, settings, Path(work)):
                    print(line, flush=True)


if __name__ == "__main__":
    main()
