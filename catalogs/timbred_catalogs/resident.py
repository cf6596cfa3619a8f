"""The sounds of one catalogue version at hand, sorted by role: an exact search in one pass.

A slot's search touches only its own role's rows, so that asking for twenty roles costs one product over
the whole library: 100,000 sounds of 192 dimensions are 77 MB and some milliseconds. LanceDB's flat scan of
as many takes ten times that for each role, its graph index some milliseconds for each, with less recall.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from timbred_catalogs.heap import give_back_memory
from timbred_catalogs.kept import KeptRows, kept_vectors
from timbred_catalogs.rows import SOUND_COLUMNS, sounds_of, vectors_of
from timbred_catalogs.sound import Hit, Sound, Space

# Sounds made into dataclasses and kept; music that goes on asks for the same ones again.
REMEMBERED_SOUNDS = 20_000
# LanceDB reads several batches ahead; small ones keep its buffers small.
BATCH_ROWS = 2048


class Resident:
    """Shape: vectors of a space (sounds, dim) float32, unit length, NaN where a sound has none.

    Args:
        table: of sounds.
        spaces: those that can be searched.
        folder: where vectors and rows lie in files; None keeps them in memory.

    Raises: OSError where the disk has no room.
    """

    def __init__(self, table: Any, spaces: Sequence[Space], folder: Path | None = None) -> None:
        role_names, roles = _coded(_column(table, "role"))
        self._order = np.argsort(roles, kind="stable")
        self._vectors = {space.name: kept_vectors(len(roles), space.dim, folder) for space in spaces}
        columns = {space.column: self._vectors[space.name] for space in spaces}
        schema = table.schema.empty_table().select(SOUND_COLUMNS).schema
        self._rows = KeptRows(_rows_of(table, columns, _places(self._order)), schema, folder)
        self._slices = _slices(roles[self._order], role_names)
        self._kind_names, kinds = _coded(self._rows.column("kind"))
        self._kinds = kinds[self._order]
        self._favourite = self._rows.column("favourite").to_numpy()[self._order]
        self._present = ~self._rows.column("missing").to_numpy()[self._order]
        give_back_memory()
        self._sounds: dict[int, Sound] = {}

    def search(
        self,
        space: str,
        vector: np.ndarray,
        *,
        roles: Sequence[str] | None = None,
        kinds: Sequence[str] | None = None,
        limit: int = 50,
        favourites: bool = False,
    ) -> list[Hit]:
        """`vector` (dim,) float32 of unit length; best first, ties by place."""
        rows = self._candidates(roles)
        # Not `@`: BLAS would spread 5,000 rows over threads, and wait 20 ms for a core beside a busy DAW.
        parts = [np.einsum("ij,j->i", self._vectors[space][part], vector) for part in rows]
        similarity = np.concatenate(parts) if parts else np.zeros(0, np.float32)
        index = np.concatenate([np.arange(p.start, p.stop) for p in rows]) if rows else np.zeros(0, np.int64)
        keep = self._keep(index, kinds, favourites) & ~np.isnan(similarity)
        index, similarity = index[keep], similarity[keep]
        best = _best(similarity, limit)
        sounds = self._take(index[best].tolist())
        return [Hit(sound, float(cosine)) for sound, cosine in zip(sounds, similarity[best], strict=True)]

    def _candidates(self, roles: Sequence[str] | None) -> list[slice]:
        if roles is None:
            return [slice(0, len(self._order))]
        return [self._slices[role] for role in dict.fromkeys(roles) if role in self._slices]

    def _keep(self, index: np.ndarray, kinds: Sequence[str] | None, favourites: bool) -> np.ndarray:
        keep: np.ndarray = self._present[index]
        if kinds is not None:
            codes = [code for code, name in enumerate(self._kind_names) if name in kinds]
            keep = keep & np.isin(self._kinds[index], codes)
        return keep & self._favourite[index] if favourites else keep

    def _take(self, rows: list[int]) -> list[Sound]:
        new = [row for row in rows if row not in self._sounds]
        if len(self._sounds) + len(new) > REMEMBERED_SOUNDS:
            self._sounds, new = {}, rows
        if new:
            numbers = self._order[new].tolist()
            self._sounds.update(zip(new, sounds_of(self._rows.take(numbers)), strict=True))
        return [self._sounds[row] for row in rows]


def _rows_of(table: Any, columns: Mapping[str, np.ndarray], place: np.ndarray) -> Iterator[pa.RecordBatch]:
    """One pass; vectors go straight to their sorted place, so that they are held once."""
    start = 0
    for batch in table.search().select([*SOUND_COLUMNS, *columns]).to_batches(batch_size=BATCH_ROWS):
        where = place[start : start + batch.num_rows]
        for name, vectors in columns.items():
            vectors[where] = vectors_of(batch.column(name))
        yield batch.select(SOUND_COLUMNS)
        start += batch.num_rows


def _places(order: np.ndarray) -> np.ndarray:
    """Where each row comes to stand in that order."""
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return place


def _column(table: Any, name: str) -> pa.ChunkedArray:
    return table.search().select([name]).to_arrow()[name]


def _coded(column: pa.ChunkedArray) -> tuple[list[str], np.ndarray]:
    """The distinct values, and each row's place among them; -1 is none."""
    flat = column.combine_chunks().dictionary_encode()
    return flat.dictionary.to_pylist(), flat.indices.fill_null(-1).to_numpy()


def _slices(sorted_codes: np.ndarray, names: list[str]) -> dict[str, slice]:
    """Where each role's rows lie; rows without a role come first and have no slice."""
    bounds = np.searchsorted(sorted_codes, np.arange(len(names) + 1)).tolist()
    return {name: slice(bounds[code], bounds[code + 1]) for code, name in enumerate(names)}


def _best(similarity: np.ndarray, limit: int) -> np.ndarray:
    """Places of the `limit` largest, largest first."""
    if len(similarity) > limit:
        head = np.argpartition(-similarity, limit - 1)[:limit]
        head.sort()
    else:
        head = np.arange(len(similarity))
    return head[np.argsort(-similarity[head], kind="stable")]
