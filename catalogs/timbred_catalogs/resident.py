"""The sounds of one catalogue version in memory, sorted by role: an exact search in one pass.

A slot's search touches only its own role's rows, so that asking for twenty roles costs one product over
the whole library: 100,000 sounds of 192 dimensions are 77 MB and some milliseconds. LanceDB's flat scan of
as many takes ten times that for each role, its graph index some milliseconds for each, with less recall.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from timbred_catalogs.rows import SOUND_COLUMNS, sound_of, vectors_of
from timbred_catalogs.sound import Hit, Sound, Space

# Sounds made into dataclasses and kept; music that goes on asks for the same ones again.
REMEMBERED_SOUNDS = 20_000


class Resident:
    """Shape: vectors of a space (sounds, dim) float32, unit length, NaN where a sound has none."""

    def __init__(self, table: Any, spaces: Sequence[Space]) -> None:
        roles = [role or "" for role in _column(table, "role").to_pylist()]
        order = np.argsort(np.array(roles, dtype=object), kind="stable") if roles else np.zeros(0, np.int64)
        self._place = np.empty(len(order), np.int64)
        self._place[order] = np.arange(len(order))
        self._vectors = {space.name: np.empty((len(order), space.dim), np.float32) for space in spaces}
        self._rows = self._read(table, spaces).take(order).combine_chunks()
        self.size = len(order)
        self._slices = _slices(np.array(roles, dtype=object)[order])
        self._kinds = np.array(self._rows["kind"].to_pylist(), dtype=object)
        self._favourite = np.array(self._rows["favourite"].to_pylist(), dtype=bool)
        self._present = ~np.array(self._rows["missing"].to_pylist(), dtype=bool)
        self._sounds: dict[int, Sound] = {}

    def _read(self, table: Any, spaces: Sequence[Space]) -> pa.Table:
        """One pass; vectors go straight to their sorted place, so that they are held once."""
        columns = {space.column: self._vectors[space.name] for space in spaces}
        batches, start = [], 0
        for batch in table.search().select([*SOUND_COLUMNS, *columns]).to_batches():
            where = self._place[start : start + batch.num_rows]
            for name, vectors in columns.items():
                vectors[where] = vectors_of(batch.column(name))
            batches.append(batch.select(SOUND_COLUMNS))
            start += batch.num_rows
        return pa.Table.from_batches(batches, schema=table.schema.empty_table().select(SOUND_COLUMNS).schema)

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
        parts = [self._vectors[space][part] @ vector for part in rows]
        similarity = np.concatenate(parts) if parts else np.zeros(0, np.float32)
        index = np.concatenate([np.arange(p.start, p.stop) for p in rows]) if rows else np.zeros(0, np.int64)
        keep = self._keep(index, kinds, favourites) & ~np.isnan(similarity)
        index, similarity = index[keep], similarity[keep]
        best = _best(similarity, limit)
        sounds = self._take(index[best].tolist())
        return [Hit(sound, float(cosine)) for sound, cosine in zip(sounds, similarity[best], strict=True)]

    def _candidates(self, roles: Sequence[str] | None) -> list[slice]:
        if roles is None:
            return [slice(0, len(self._place))]
        return [self._slices[role] for role in dict.fromkeys(roles) if role in self._slices]

    def _keep(self, index: np.ndarray, kinds: Sequence[str] | None, favourites: bool) -> np.ndarray:
        keep: np.ndarray = self._present[index]
        if kinds is not None:
            keep = keep & np.isin(self._kinds[index], list(kinds))
        return keep & self._favourite[index] if favourites else keep

    def _take(self, rows: list[int]) -> list[Sound]:
        new = [row for row in rows if row not in self._sounds]
        if len(self._sounds) + len(new) > REMEMBERED_SOUNDS:
            self._sounds, new = {}, rows
        if new:
            made = map(sound_of, self._rows.take(new).to_pylist())
            self._sounds.update(zip(new, made, strict=True))
        return [self._sounds[row] for row in rows]


def _column(table: Any, name: str) -> pa.ChunkedArray:
    return table.search().select([name]).to_arrow()[name]


def _slices(sorted_roles: np.ndarray) -> dict[str, slice]:
    """Where each role's rows lie; rows without a role come first and have no slice."""
    if len(sorted_roles) == 0:
        return {}
    names, starts = np.unique(sorted_roles.astype(str), return_index=True)
    stops = [*starts[1:], len(sorted_roles)]
    return {
        str(name): slice(int(start), int(stop))
        for name, start, stop in zip(names, starts, stops, strict=True)
        if name
    }


def _best(similarity: np.ndarray, limit: int) -> np.ndarray:
    """Places of the `limit` largest, largest first."""
    if len(similarity) > limit:
        head = np.argpartition(-similarity, limit - 1)[:limit]
        head.sort()
    else:
        head = np.arange(len(similarity))
    return head[np.argsort(-similarity[head], kind="stable")]
