"""Where the sounds of a library lie towards each other: their vectors in two dimensions."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import pyarrow as pa

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.filters import Where
from timbred_catalogs.rows import SOUND_COLUMNS, sounds_of, vectors_of
from timbred_catalogs.sound import Sound

BATCH_ROWS = 2048
# Of the distances from the centre this share fits into the picture; what lies farther is drawn at its edge.
SHARE_INSIDE = 0.995


@dataclass(frozen=True, slots=True)
class LibraryMap:
    """Shape: places (n, 2), each within -1..1; `share` of the vectors' variance is what the map shows."""

    sounds: Sequence[Sound]
    places: np.ndarray
    share: float


def map_of(catalogue: Catalogue, space: str, most: int) -> LibraryMap:
    """Every sound, or every second, third, ... of a library with more than `most`."""
    column = catalogue.tables.spaces()[space].column
    condition = f"{Where().sql()} AND {column} IS NOT NULL"
    sounds: list[Sound] = []
    vectors = [np.zeros((0, 2), np.float32)]
    with catalogue.tables.reading():
        table = catalogue.tables.sounds
        step = max(1, ceil(table.count_rows(condition) / most))
        query = table.search().where(condition).select([*SOUND_COLUMNS, column])
        row = 0
        for batch in query.to_batches(batch_size=BATCH_ROWS):
            taken = pa.Table.from_batches([batch]).take(pa.array(range(-row % step, batch.num_rows, step)))
            row += batch.num_rows
            if len(taken):
                sounds += sounds_of(taken.select(SOUND_COLUMNS))
                vectors.append(vectors_of(taken[column].combine_chunks()))
    return LibraryMap(sounds, *projected(np.concatenate(vectors[1:] or vectors)))


def projected(vectors: np.ndarray) -> tuple[np.ndarray, float]:
    """The two directions of the largest variance (Hotelling 1933), and the share that they show.

    Shape: vectors (n, dim); returns (n, 2) within -1..1.
    """
    if len(vectors) < 2:
        return np.zeros((len(vectors), 2)), 1.0
    centred = vectors - vectors.mean(axis=0)
    variances, directions = np.linalg.eigh(centred.T @ centred)
    top = directions[:, :-3:-1]
    top = top * np.where(
        top[np.abs(top).argmax(axis=0), [0, 1]] < 0, -1, 1
    )  # a sign for each: always the same
    places = centred @ top
    edges = np.quantile(np.abs(places), SHARE_INSIDE, axis=0)
    share = float(variances[-2:].sum() / max(variances.sum(), 1e-12))
    return np.clip(places / np.maximum(edges, 1e-12), -1, 1), share
