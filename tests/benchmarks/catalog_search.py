"""Search time, recall and memory of a catalogue, exact in memory against LanceDB's own ways, in one run.

    python tests/benchmarks/catalog_search.py --sounds 10000 100000

The vectors are clustered random unit vectors; the recall is against brute force over all of them.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.roles import ROLES
from timbred_catalogs.sound import Sound
from timbred_catalogs.upkeep import build_indices, compact

DIM = 192
QUERIES = 100
BATCH = 5000
NOW = datetime.now(UTC)


def make_vectors(rng: np.random.Generator, centres: np.ndarray, count: int) -> np.ndarray:
    """(count, DIM) float32 of unit length around `centres`."""
    near = centres[rng.integers(0, len(centres), count)] + 0.7 * rng.standard_normal((count, DIM))
    return np.asarray(near / np.linalg.norm(near, axis=1, keepdims=True), dtype=np.float32)


def make_sound(number: int) -> Sound:
    role = ROLES[number % len(ROLES)]
    path = f"/home/user/Samples/Pack {number % 300}/{role}/sound {number}.wav"
    kind = "loop" if number % 7 == 0 else "one_shot"
    return Sound(
        f"{number:032x}", path, f"sound {number}", f"Pack {number % 300}", kind, role, 0.9, "name",
        0.5, -1.0, -14.0, None, 0.0, None, 0.0, None, 0.0, 2, 44_100, (), False, False, 88_244, 0, NOW,
    )  # fmt: skip


def fill(address: Path, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns: all vectors, and the queries."""
    rng = np.random.default_rng(2)
    centres = rng.standard_normal((200, DIM))
    vectors = make_vectors(rng, centres, count)
    catalogue = Catalogue.open(address, mode="create")
    catalogue.declare_space("timbre", "random", DIM)
    for start in range(0, count, BATCH):
        sounds = [make_sound(number) for number in range(start, min(start + BATCH, count))]
        catalogue.add(sounds, {"timbre": vectors[start : start + BATCH]})
    compact(catalogue)
    return vectors, make_vectors(rng, centres, QUERIES)


def measure(address: str, exact_up_to: int, queries: np.ndarray) -> tuple[Any, ...]:
    """In a process of its own: p50 and p95 in ms with a role, ids found with and without, resident MB."""
    catalogue = Catalogue.open(address, exact_up_to=exact_up_to)
    catalogue.search("timbre", queries[0])
    times, found, found_of_role = [], [], []
    for number, query in enumerate(queries):
        start = time.perf_counter()
        hits = catalogue.search("timbre", query, roles=[ROLES[number % len(ROLES)]], limit=50)
        times.append(1000 * (time.perf_counter() - start))
        found_of_role.append([hit.sound.id for hit in hits[:10]])
        found.append([hit.sound.id for hit in catalogue.search("timbre", query, limit=50)[:10]])
    start = time.perf_counter()
    for role in ROLES:
        catalogue.search("timbre", queries[0], roles=[role], limit=50)
    every_role = 1000 * (time.perf_counter() - start)
    memory = psutil.Process().memory_info().rss / 1e6
    return np.percentile(times, 50), np.percentile(times, 95), every_role, found_of_role, found, memory


def recall(found: list[list[str]], vectors: np.ndarray, queries: np.ndarray, of_role: bool) -> float:
    shares = []
    for number, query in enumerate(queries):
        rows = np.arange(len(vectors))
        rows = rows[rows % len(ROLES) == number % len(ROLES)] if of_role else rows
        best = rows[np.argsort(-(vectors[rows] @ query))[:10]]
        shares.append(len({f"{row:032x}" for row in best} & set(found[number])) / 10)
    return float(np.mean(shares))


def report(name: str, address: Path, exact_up_to: int, vectors: np.ndarray, queries: np.ndarray) -> None:
    with get_context("spawn").Pool(1) as pool:
        p50, p95, every_role, of_role, found, memory = pool.apply(
            measure, (str(address), exact_up_to, queries)
        )
    recalls = [recall(of_role, vectors, queries, True), recall(found, vectors, queries, False)]
    print(
        f"{len(vectors):9,}  {name:22} {p50:7.2f} {p95:7.2f} {every_role:10.1f} "
        f"{recalls[0]:9.3f} {recalls[1]:7.3f} {memory:6.0f}"
    )


def timed(act: Callable[[], None]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sounds", type=int, nargs="+", default=[10_000])
    parser.add_argument("--index", action="store_true", help="also build and measure the vector index")
    settings = parser.parse_args()
    print(f"{os.cpu_count()} cores, {DIM} dimensions, 50 hits; milliseconds with a role filter")
    print("   sounds  way                        p50     p95  all roles  @10 role @10 all     MB")
    for count in settings.sounds:
        with tempfile.TemporaryDirectory() as work:
            address = Path(work) / "catalog"
            vectors, queries = fill(address, count)
            report("exact, in memory", address, 10**9, vectors, queries)
            report("LanceDB, flat", address, 0, vectors, queries)
            if settings.index:
                catalogue = Catalogue.open(address, mode="write")
                seconds = timed(lambda opened=catalogue: build_indices(opened, 0))  # type: ignore[misc]
                report(f"LanceDB, built in {seconds:.0f} s", address, 0, vectors, queries)


if __name__ == "__main__":
    main()
