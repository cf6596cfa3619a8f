"""A large catalogue: what its indices cost, and how fast and how rightly a search and a text are answered.

    python tests/benchmarks/catalog_scale.py --sounds 100000 1000000
    python tests/benchmarks/catalog_scale.py --sounds 1000000 --catalog ~/.local/share/timbred/catalog
    python tests/benchmarks/catalog_scale.py --sounds 1000000 --effort 100 200 400 800

`hard` vectors have no structure at all: the nearest is hardly nearer than the next thousand. `real` ones are
those of a catalogue, repeated with noise. Queries are such vectors too; recall is against brute force.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import psutil
from catalog_search import make_sound

from timbred_catalogs import catalogue as catalogue_module
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.filters import Where
from timbred_catalogs.finding import Wanted, find
from timbred_catalogs.roles import ROLES
from timbred_catalogs.rows import vectors_of
from timbred_catalogs.upkeep import build_indices, compact, index_states

DIM = 192
BATCH = 10_000
FIRST = 10
TEXTS = ("sound 77", "pack 12 sound", "ound 4242", "pack 299", "nothing like it")
Make = Callable[[np.random.Generator, int], np.ndarray]


def unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def hard(rng: np.random.Generator, count: int) -> np.ndarray:
    """(count, DIM), evenly over the sphere."""
    return unit(rng.standard_normal((count, DIM), np.float32))


def real(known: np.ndarray, noise: float) -> Make:
    """Vectors of `known` (n, dim), each moved by noise of that length."""

    def make(rng: np.random.Generator, count: int) -> np.ndarray:
        moved = rng.standard_normal((count, known.shape[1]), np.float32)
        return unit(known[rng.integers(0, len(known), count)] + noise * unit(moved))

    return make


def vectors_in(address: str, space: str) -> np.ndarray:
    """All vectors of a catalogue's space."""
    opened = Catalogue.open(address)
    column = opened.tables.spaces()[space].column
    rows = opened.tables.sounds.search().where(f"{column} IS NOT NULL").select([column]).to_arrow()
    return vectors_of(rows[column].combine_chunks())


def fill(address: Path, make: Make, count: int) -> np.ndarray:
    """Returns: all vectors (count, dim)."""
    rng = np.random.default_rng(5)
    vectors = np.concatenate([make(rng, min(BATCH, count - start)) for start in range(0, count, BATCH)])
    catalogue = Catalogue.open(address, mode="create")
    catalogue.declare_space("timbre", "scale", vectors.shape[1])
    for start in range(0, count, BATCH):
        sounds = [make_sound(number) for number in range(start, min(start + BATCH, count))]
        catalogue.add(sounds, {"timbre": vectors[start : start + BATCH]})
    return vectors


def truth(vectors: np.ndarray, queries: np.ndarray, of_role: bool) -> list[set[str]]:
    """The ids of the nearest FIRST of each query, among its role's sounds or among all."""
    found = []
    for number, query in enumerate(queries):
        first, step = (number % len(ROLES), len(ROLES)) if of_role else (0, 1)
        cosines = vectors[first::step] @ query
        best = np.argpartition(-cosines, FIRST)[:FIRST]
        found.append({f"{first + step * int(row):032x}" for row in best})
    return found


def milliseconds(acts: Sequence[Callable[[], object]]) -> tuple[float, float]:
    """p50 and p95."""
    times = []
    for act in acts:
        start = time.perf_counter()
        act()
        times.append(1000 * (time.perf_counter() - start))
    return float(np.percentile(times, 50)), float(np.percentile(times, 95))


def measure(name: str, opened: Catalogue, queries: np.ndarray, wanted: dict[bool, list[set[str]]]) -> None:
    """One line: time and recall with the role filter and without."""
    line = f"  {name:34}"
    for of_role in (True, False):
        shares: list[float] = []

        def ask(number: int, of_role: bool = of_role, shares: list[float] = shares) -> None:
            roles = [ROLES[number % len(ROLES)]] if of_role else None
            hits = opened.nearest("timbre", queries[number], Where(roles=roles), limit=FIRST)
            shares.append(len({hit.sound.id for hit in hits} & wanted[of_role][number]) / FIRST)

        ask(0)
        shares.clear()
        p50, p95 = milliseconds([partial(ask, number) for number in range(len(queries))])
        line += f" {p50:8.2f} {p95:8.2f} {np.mean(shares):7.3f}"
    print(line, flush=True)


def measure_text(opened: Catalogue) -> None:
    acts = [partial(find, opened, Wanted(text)) for text in TEXTS for _ in range(5)]
    p50, p95 = milliseconds(acts)
    print(f"  {'words':34} {p50:8.2f} {p95:8.2f}", flush=True)


def run(kind: str, make: Make, count: int, settings: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as work:
        vectors = fill(Path(work) / "catalog", make, count)
        opened = Catalogue.open(Path(work) / "catalog", mode="write")
        queries = make(np.random.default_rng(6), settings.queries)
        wanted = {of_role: truth(vectors, queries, of_role) for of_role in (True, False)}
        print(f"{count:,} sounds, {kind} vectors")
        if settings.flat:
            measure("flat, no index", opened, queries, wanted)
            measure_text(opened)
        start = time.perf_counter()
        compact(opened)
        compacted = time.perf_counter() - start
        build_indices(opened, exact_up_to=0)
        built = time.perf_counter() - start - compacted
        memory = psutil.Process().memory_info().rss / 1e6
        print(
            f"  compacted in {compacted:.1f} s, indices built in {built:.1f} s, {memory:,.0f} MB at the end"
        )
        for state in index_states(opened):
            print(f"    {state.name}: {state.kind} {state.parameters}")
        for effort in settings.effort or [0]:
            if effort:
                catalogue_module.LEAST_EFFORT, catalogue_module.EFFORT_A_MILLION = effort, 0
            looked_at = catalogue_module.LEAST_EFFORT + round(count * catalogue_module.EFFORT_A_MILLION / 1e6)
            measure(f"indexed, {looked_at} looked at", opened, queries, wanted)
        measure_text(opened)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sounds", type=int, nargs="+", default=[100_000])
    parser.add_argument("--catalog", default="", help="also real vectors: those of this catalogue")
    parser.add_argument("--space", default="timbre")
    parser.add_argument("--noise", type=float, default=0.3, help="length of what is added to a real vector")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--effort", type=int, nargs="*", help="sounds of the graph to look at")
    parser.add_argument("--flat", action="store_true", help="measure without an index too")
    settings = parser.parse_args()
    kinds: dict[str, Make] = {"hard": hard}
    if settings.catalog:
        kinds["real"] = real(vectors_in(settings.catalog, settings.space), settings.noise)
    print(
        f"{os.cpu_count()} cores; {FIRST} hits; milliseconds p50, p95 and recall@{FIRST}: of a role, of all"
    )
    for count in settings.sounds:
        for kind, make in kinds.items():
            run(kind, make, count, settings)


if __name__ == "__main__":
    main()
