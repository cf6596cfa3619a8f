"""The catalogue of sounds: look up, search, mark. It knows no model: embeddings come in as arrays."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa

from timbred_catalogs import schema
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.filters import Where, one_of, paths_in, quoted
from timbred_catalogs.rows import (
    SOUND_COLUMNS,
    rows_table,
    sound_of,
    sounds_of,
    sounds_table,
    unreadable_of,
    vectors_of,
)
from timbred_catalogs.searched import EXACT_UP_TO, IN_MEMORY_UP_TO, Searched, on_disk
from timbred_catalogs.sound import Hit, Sound, Space, Unreadable
from timbred_catalogs.tables import Tables, space_meta

Mode = Literal["read", "write", "create"]

ROWS_A_DELETE = 1000
IDS_A_QUERY = 5000


class Catalogue:
    """One catalogue at any LanceDB address.

    Reading is safe from several threads. Search answers from the content at `open` or at the last `refresh`;
    `version` changes whenever the stored content does, also by another process.
    """

    def __init__(
        self, tables: Tables, exact_up_to: int = EXACT_UP_TO, in_memory_up_to: int = IN_MEMORY_UP_TO
    ) -> None:
        self.tables = tables
        self._searched = Searched(tables, exact_up_to, in_memory_up_to)

    @classmethod
    def open(
        cls,
        address: str | Path,
        *,
        mode: Mode = "read",
        exact_up_to: int = EXACT_UP_TO,
        in_memory_up_to: int = IN_MEMORY_UP_TO,
    ) -> "Catalogue":
        """`create` makes the catalogue where there is none; `read` and `write` want one.

        Raises: CatalogError when there is none, or when it is of another schema version.
        """
        tables = Tables(address)
        if mode == "create" and not tables.exist():
            tables.create()
        if not tables.exist():
            raise CatalogError(f"there is no catalogue at {address}: 'timbred catalog add FOLDER' makes one")
        tables.reopen()
        _check_schema_version(tables)
        return cls(tables, exact_up_to, in_memory_up_to)

    def count(self, where: Where | None = None) -> int:
        """How many sounds fit; by default all that are not missing."""
        with self.tables.reading():
            return int(self.tables.sounds.count_rows((where or Where()).sql()))

    def counts(self, column: Literal["role", "kind", "pack"]) -> dict[str | None, int]:
        """How many sounds there are of each value, the most frequent first."""
        query = self.tables.sounds.search().where(Where().sql()).select([column])
        with self.tables.reading():
            return dict(Counter(query.to_arrow()[column].to_pylist()).most_common())

    def counts_by_role_and_kind(self) -> dict[tuple[str | None, str], int]:
        """How many sounds there are of each role in each kind."""
        query = self.tables.sounds.search().where(Where().sql()).select(["role", "kind"])
        with self.tables.reading():
            found = query.to_arrow()
        return dict(Counter(zip(found["role"].to_pylist(), found["kind"].to_pylist(), strict=True)))

    def durations(self) -> np.ndarray:
        """(n,) seconds of all that are not missing."""
        query = self.tables.sounds.search().where(Where().sql()).select(["duration_seconds"])
        with self.tables.reading():
            durations: np.ndarray = query.to_arrow()["duration_seconds"].to_numpy()
        return durations

    def sounds(self, where: Where | None = None, *, limit: int | None = None) -> Iterator[Sound]:
        """In the order they were added, read in batches."""
        query = self.tables.sounds.search().where((where or Where()).sql()).select(SOUND_COLUMNS)
        with self.tables.reading():
            for batch in (query.limit(limit) if limit is not None else query).to_batches():
                yield from map(sound_of, batch.to_pylist())

    def get(self, sound_id: str) -> Sound | None:
        """The sound of an id, missing or not; None where there is none."""
        query = self.tables.sounds.search().where(f"id = {quoted(sound_id)}").select(SOUND_COLUMNS)
        rows = query.limit(1).to_list()
        return sound_of(rows[0]) if rows else None

    def spaces(self) -> dict[str, str]:
        """The id of the model whose vectors each space holds."""
        return {name: space.model_id for name, space in self.tables.spaces().items()}

    def count_without(self, *spaces: str) -> int:
        """How many sounds lack a vector in one of these, though their files are not missing."""
        declared = self.tables.spaces()
        lacking = " OR ".join(f"{declared[space].column} IS NULL" for space in spaces) or "false"
        with self.tables.reading():
            return int(self.tables.sounds.count_rows(f"missing = false AND ({lacking})"))

    def require_model(self, space: str, model_id: str) -> Space:
        """Raises: CatalogError when the space is missing or another model's; it names the command."""
        found = self.tables.spaces().get(space)
        if found is None:
            raise CatalogError(
                f"the catalogue has no {space} vectors: run 'timbred catalog rebuild --space {space}'"
            )
        if found.model_id != model_id:
            raise CatalogError(
                f"the catalogue's {space} vectors were made by {found.model_id}, not by {model_id}: "
                "run 'timbred catalog rebuild'"
            )
        return found

    def version(self) -> str:
        """Of what is stored now; costs about a millisecond."""
        return self.tables.latest_version()

    def refresh(self) -> bool:
        """Takes up what has changed; the old content answers until the new one is at hand.

        Returns: whether anything had changed since the last time.
        """
        if self._searched.version == self.version():
            return False
        self._searched.load()
        self.tables.reopen()  # afterwards: never older than what the search answers from
        return True

    def search(
        self,
        space: str,
        vector: np.ndarray,
        *,
        model_id: str | None = None,
        roles: Sequence[str] | None = None,
        kinds: Sequence[str] | None = None,
        limit: int = 50,
        favourites: bool = False,
    ) -> list[Hit]:
        """The sounds nearest by cosine among those of the roles and kinds, best first.

        Shape: vector (dim,). Missing sounds and sounds without a vector in the space are left out.
        Raises: CatalogError for an unknown space, another model's vectors, or a vector of another shape.
        """
        query = self._query(space, vector, model_id)
        where = Where(roles=roles, kinds=kinds, favourites=favourites)
        return self._searched.search(self.tables.spaces()[space], query, where, limit)

    def nearest(
        self, space: str, vector: np.ndarray, where: Where, *, model_id: str | None = None, limit: int = 50
    ) -> list[Hit]:
        """As `search`, for a single question under any condition: asks the disk and loads nothing.

        Shape: vector (dim,).
        Raises: CatalogError as `search` does.
        """
        query = self._query(space, vector, model_id)
        with self.tables.reading():
            return on_disk(self.tables, self.tables.spaces()[space], query, where, limit)

    def similarities(
        self, space: str, vector: np.ndarray, sound_ids: Sequence[str], *, model_id: str | None = None
    ) -> np.ndarray:
        """(n,) cosines of these sounds to `vector` (dim,); NaN for a sound without a vector in the space.

        Raises: CatalogError as `search` does.
        """
        query = self._query(space, vector, model_id)
        cosines: np.ndarray = self.vectors(space, sound_ids) @ query
        return cosines

    def is_exact(self) -> bool:
        """Whether a search compares with every sound; a very large catalogue's asks an index."""
        return self._searched.is_exact()

    def _query(self, space: str, vector: np.ndarray, model_id: str | None) -> np.ndarray:
        known = self.tables.spaces().get(space)
        if known is None or (model_id is not None and known.model_id != model_id):
            known = self.require_model(space, model_id or "any model")
        if vector.shape != (known.dim,):
            raise CatalogError(f"a {space} vector must have shape ({known.dim},), not {vector.shape}")
        if not np.isfinite(vector).all():
            raise CatalogError(f"a {space} vector must be finite")
        unit: np.ndarray = (vector / max(float(np.linalg.norm(vector)), 1e-12)).astype(np.float32)
        return unit

    def vectors(self, space: str, sound_ids: Sequence[str]) -> np.ndarray:
        """(n, dim) float32 of unit length, in the order of `sound_ids`; NaN where there is none."""
        found = self.tables.spaces()[space]
        vectors = np.full((len(sound_ids), found.dim), np.nan, dtype=np.float32)
        query = self.tables.sounds.search().where(one_of("id", sound_ids)).select(["id", found.column])
        rows = query.to_arrow().combine_chunks()
        stored = dict(
            zip(rows["id"].to_pylist(), vectors_of(rows[found.column].combine_chunks()), strict=True)
        )
        for place, sound_id in enumerate(sound_ids):
            if sound_id in stored:
                vectors[place] = stored[sound_id]
        return vectors

    def declare_space(self, space: str, model_id: str, dim: int) -> Space:
        """Makes room for a model's vectors; a space that is there already must be this model's.

        Raises: CatalogError when the space holds another model's vectors.
        """
        if space in self.tables.spaces():
            return self.require_model(space, model_id)
        declared = Space(space, model_id, dim, schema.vector_column(space))
        if declared.column not in self.tables.sounds.schema.names:
            self.tables.sounds.add_columns(pa.field(declared.column, schema.vector_type(dim)))
        self.tables.set_meta(space_meta(declared))
        return declared

    def add(self, sounds: Sequence[Sound], vectors: Mapping[str, np.ndarray]) -> None:
        """Appends sounds that are not in the catalogue yet, in one commit.

        Shape: vectors[space] (sounds, dim), of declared spaces; made unit length here.
        """
        table = rows_table(sounds, vectors, list(self.tables.spaces().values()))
        self.tables.sounds.add(table, on_bad_vectors="null")

    def update(self, sounds: Sequence[Sound], columns: Sequence[str]) -> None:
        """These columns of sounds that are in the catalogue, in one commit.

        Others stay as they are stored, also where another process has changed them meanwhile.
        """
        if sounds:
            merge = self.tables.sounds.merge_insert("id").when_matched_update_all()
            merge.execute(sounds_table(sounds).select(["id", *columns]))

    def by_id(self, sound_ids: Sequence[str]) -> dict[str, Sound]:
        """The sounds of these ids, missing or not, by their ids; unknown ids are left out."""
        known: dict[str, Sound] = {}
        for start in range(0, len(sound_ids), IDS_A_QUERY):
            wanted = one_of("id", sound_ids[start : start + IDS_A_QUERY])
            rows = self.tables.sounds.search().where(wanted).select(SOUND_COLUMNS).to_arrow()
            known.update((sound.id, sound) for sound in sounds_of(rows))
        return known

    def remove(self, sound_ids: Sequence[str]) -> int:
        """Takes sounds out of the catalogue; their files stay where they are.

        Returns: how many were there. A later `add` of their folder takes them in again.
        """
        before = self.tables.sounds.count_rows()
        with self.tables.writing():
            for start in range(0, len(sound_ids), ROWS_A_DELETE):
                part = sound_ids[start : start + ROWS_A_DELETE]
                self.tables.files.delete(one_of("sound_id", part))
                self.tables.sounds.delete(one_of("id", part))
        return int(before - self.tables.sounds.count_rows())

    def forget_unreadable(self, paths: Sequence[str]) -> None:
        """Takes files off the list; a later `add` of their folder looks at them again."""
        with self.tables.writing():
            for start in range(0, len(paths), ROWS_A_DELETE):
                part = paths[start : start + ROWS_A_DELETE]
                self.tables.unreadable.delete(paths_in([os.fsencode(path) for path in part]))

    def unreadable(self) -> list[Unreadable]:
        """The files and folders that could not be taken in, by their paths."""
        rows = self.tables.unreadable.search().to_list()
        return sorted(map(unreadable_of, rows), key=lambda file: file.path)


def _check_schema_version(tables: Tables) -> None:
    found = int(tables.meta["schema_version"])
    if found > schema.SCHEMA_VERSION:
        raise CatalogError(
            f"the catalogue at {tables.address} has schema version {found}, this timbred knows "
            f"{schema.SCHEMA_VERSION}: install a newer timbred"
        )
    if found < schema.SCHEMA_VERSION:
        raise CatalogError(
            f"the catalogue at {tables.address} has schema version {found}, this timbred needs "
            f"{schema.SCHEMA_VERSION}: run 'timbred catalog migrate'"
        )
