"""Embeddings to fill a large catalogue with: hard synthetic ones, and real ones enlarged.

`hard` vectors lie in 200 clusters without any structure inside: thousands are as near as the nearest.
`even` ones have no structure at all, which no model's vectors are like; it is the worst that can be asked.
`real` ones are a model's own, each moved part of the way to a near neighbour, and a little in a direction in
which two other neighbours differ; the queries are real vectors that were held out.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import soundfile as sf

from timbred.encoder import Encoder
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.decode import Decoded
from timbred_catalogs.hearing import embed, windows
from timbred_catalogs.rows import vectors_of

DIM = 192
CLUSTERS = 200
# In a cluster two vectors have a cosine of about 0.67.
CLUSTER_SPREAD = 0.7
NEIGHBOURS = 8
# Of the way to a neighbour at most, and the length of the step to the side: about a cosine of 0.97.
MOST_OF_THE_WAY, STEP = 0.5, 0.15
Make = Callable[[np.random.Generator, int], np.ndarray]


@dataclass(frozen=True)
class Vectors:
    """One kind. `make` gives (count, dim) of unit length, `queries` the same; `said` tells how they came."""

    name: str
    make: Make
    queries: Make
    said: str


def unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def even() -> Vectors:
    def make(rng: np.random.Generator, count: int) -> np.ndarray:
        return unit(rng.standard_normal((count, DIM), np.float32))

    return Vectors("even", make, make, "synthetic, evenly over the sphere")


def hard() -> Vectors:
    centres = np.random.default_rng(2).standard_normal((CLUSTERS, DIM), np.float32)

    def make(rng: np.random.Generator, count: int) -> np.ndarray:
        noise = CLUSTER_SPREAD * rng.standard_normal((count, DIM), np.float32)
        return unit(centres[rng.integers(0, CLUSTERS, count)] + noise)

    return Vectors("hard", make, make, f"synthetic, {CLUSTERS} clusters without structure inside")


def real(known: np.ndarray, held_out: int) -> Vectors:
    """Of `known` (n, dim) the last `held_out`, shuffled, are the queries."""
    mixed = known[np.random.default_rng(3).permutation(len(known))]
    base, asked = mixed[:-held_out], mixed[-held_out:]
    near = _neighbours(base)

    def make(rng: np.random.Generator, count: int) -> np.ndarray:
        own, others = rng.integers(0, len(base), (2, count))
        way = rng.uniform(0, MOST_OF_THE_WAY, (count, 1)).astype(np.float32)
        beside = near[own, rng.integers(0, NEIGHBOURS, count)]
        differing = base[others] - base[near[others, rng.integers(0, NEIGHBOURS, count)]]
        return unit(base[own] + way * (base[beside] - base[own]) + STEP * unit(differing + 1e-9))

    said = (
        f"real, {len(base):,} embeddings enlarged: up to {MOST_OF_THE_WAY:.0%} of the way to one of "
        f"{NEIGHBOURS} neighbours, and a step of {STEP}; queries held out"
    )
    return Vectors("real", make, lambda rng, count: asked[:count], said)


def _neighbours(vectors: np.ndarray) -> np.ndarray:
    """(n, NEIGHBOURS): the rows nearest to each, without itself."""
    found = []
    for start in range(0, len(vectors), 1000):
        cosines = vectors[start : start + 1000] @ vectors.T
        cosines[np.arange(len(cosines)), start + np.arange(len(cosines))] = -2
        found.append(np.argpartition(-cosines, NEIGHBOURS, axis=1)[:, :NEIGHBOURS])
    return np.concatenate(found)


def vectors_in(address: str, space: str) -> np.ndarray:
    """All vectors of a catalogue's space."""
    opened = Catalogue.open(address)
    column = opened.tables.spaces()[space].column
    rows = opened.tables.sounds.search().where(f"{column} IS NOT NULL").select([column]).to_arrow()
    return vectors_of(rows[column].combine_chunks())


def embedded_notes(files: Sequence[Path], encoder: Encoder, most: int, workers: int) -> np.ndarray:
    """(n, dim) of up to `most` notes, evenly from Parquet tables with encoded audio in a column `audio`."""
    total = sum(pq.ParquetFile(file).metadata.num_rows for file in files)
    chosen = _every(files, max(1, total // most))
    with ThreadPoolExecutor(workers) as pool:
        return np.concatenate(list(pool.map(lambda note: _embedded(note, encoder), chosen)))[:most]


def _every(files: Sequence[Path], step: int) -> Iterator[bytes]:
    for file in files:
        for batch in pq.ParquetFile(file).iter_batches(batch_size=512, columns=["audio"]):
            yield from batch["audio"].take(np.arange(0, batch.num_rows, step)).to_pylist()


def _embedded(note: bytes, encoder: Encoder) -> np.ndarray:
    audio, rate = sf.read(io.BytesIO(note), dtype="float32", always_2d=True)
    mono = np.ascontiguousarray(audio.mean(axis=1))
    heard = windows(Decoded(mono, rate, 0.0, 1, rate, len(mono) / rate), encoder)
    return embed(encoder, [heard])
