"""Embeds a catalogue's sounds with another model, in place once every sound is done."""

import hashlib
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from timbred_catalogs import schema
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.content_id import content_of
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.filters import one_of
from timbred_catalogs.lock import only_writer
from timbred_catalogs.prepare import Prepared, prepare
from timbred_catalogs.rewrite import replace_column, rewrite
from timbred_catalogs.rows import vectors_array, vectors_of
from timbred_catalogs.scan import Found, size_and_time
from timbred_catalogs.sound import Sound, Space
from timbred_catalogs.tables import space_meta
from timbred_catalogs.uninterrupted import uninterrupted
from timbred_catalogs.upkeep import build_indices, compact

logger = logging.getLogger(__name__)

CHUNK_SOUNDS = 16
COMMIT_SOUNDS = 256


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """Numbers of sounds.

    `kept` had this model's vectors already, `resumed` were embedded by an earlier run that was stopped,
    `without` have no vector: their files are gone or new.
    """

    embedded: int = 0
    kept: int = 0
    resumed: int = 0
    without: int = 0
    stopped: bool = False

    def sentence(self) -> str:
        """One line for the user."""
        if self.stopped:
            return "stopped; the old vectors still serve; run it again to go on"
        lacking = (
            f", {self.without:,} without a vector (their files are gone or changed)" if self.without else ""
        )
        before = self.kept + self.resumed
        done = f", {before:,} had their vectors" if before else ""
        return f"{self.embedded:,} sounds embedded{done}{lacking}"


def rebuild(
    catalogue: Catalogue,
    embedder: Embedder,
    *,
    workers: int | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    wait_seconds: float = 0.0,
    on_wait: Callable[[str], None] = lambda writer: None,
) -> Rebuilt:
    """New vectors gather in a table of their own; the old ones answer until the last sound is done.

    A stopped or killed run goes on where it was. Sounds whose file is missing keep their row without a
    vector; run it again when the files are back.
    """
    with only_writer(catalogue.tables.folder, wait_seconds, on_wait):
        catalogue.tables.reopen()
        return _Rebuild(catalogue, embedder, on_progress).run(workers or os.cpu_count() or 1)


class _Rebuild:
    def __init__(
        self, catalogue: Catalogue, embedder: Embedder, on_progress: Callable[[int, int], None]
    ) -> None:
        self._catalogue, self._embedder, self._on_progress = catalogue, embedder, on_progress
        self._connection = catalogue.tables.connection
        self._name = _staging_name(embedder)
        columns = pa.schema([("id", pa.string()), ("vector", schema.vector_type(embedder.dim))])
        self._staging = self._connection.create_table(self._name, schema=columns, exist_ok=True)
        self._staged = set(self._staging.search().select(["id"]).to_arrow()["id"].to_pylist())

    def run(self, workers: int) -> Rebuilt:
        resumed = len(self._staged)
        result = Rebuilt(resumed=resumed, kept=self._keep_own())
        try:
            embedded = self._embed_all(workers, resumed + result.kept)
        except KeyboardInterrupt:
            return replace(result, stopped=True)
        try:
            with uninterrupted(), self._catalogue.tables.writing():
                self._put_in_place()
        except KeyboardInterrupt:
            logger.info("Ctrl-C came too late: the new vectors are in place")
        return replace(result, embedded=embedded, without=self._without())

    def _keep_own(self) -> int:
        """Vectors that this very model made already: a second run after files came back embeds only those."""
        space = self._catalogue.tables.spaces().get(self._embedder.space)
        if space is None or space.model_id != self._embedder.model_id:
            return 0
        query = self._catalogue.tables.sounds.search().where(f"{space.column} IS NOT NULL")
        kept = 0
        for batch in query.select(["id", space.column]).to_batches():
            new = [
                row for row, sound_id in enumerate(batch["id"].to_pylist()) if sound_id not in self._staged
            ]
            self._stage(batch["id"].take(new).to_pylist(), vectors_of(batch[space.column].take(new)))
            kept += len(new)
        return kept

    def _embed_all(self, workers: int, done: int) -> int:
        todo = [sound for sound in self._catalogue.sounds() if sound.id not in self._staged]
        total, embedded = done + len(todo), 0
        waiting: list[Prepared] = []
        with ThreadPoolExecutor(workers, thread_name_prefix="rebuild") as pool:
            for group in _groups(todo, COMMIT_SOUNDS):
                waiting = list(pool.map(self._prepare, _groups(group, CHUNK_SOUNDS)))
                for part in waiting:
                    embedded += self._stage_same(part)
                done += len(group)
                self._on_progress(done, total)
        return embedded

    def _prepare(self, sounds: Sequence[Sound]) -> Prepared:
        found = [
            Found(s.path, s.path, *_size_and_time(s), preset=s.preset, title=s.name, note=_note(s))
            for s in sounds
        ]
        return prepare(found, frozenset(), [self._embedder])

    def _stage_same(self, part: Prepared) -> int:
        """Only files that still hold the content that the catalogue knows; a changed one is for `add`."""
        if not part.sounds:
            return 0
        wanted = self._catalogue.by_id([sound.id for sound in part.sounds])
        rows = [row for row, sound in enumerate(part.sounds) if sound.id in wanted]
        self._stage([part.sounds[row].id for row in rows], part.vectors[self._embedder.space][rows])
        return len(rows)

    def _stage(self, ids: list[str], vectors: np.ndarray) -> None:
        if ids:
            self._staging.add(pa.table({"id": ids, "vector": vectors_array(vectors)}))
            self._staged.update(ids)

    def _put_in_place(self) -> None:
        space = Space(
            self._embedder.space,
            self._embedder.model_id,
            self._embedder.dim,
            schema.vector_column(self._embedder.space),
        )
        self._staging.optimize()

        def with_new_vectors(rows: pa.Table) -> pa.Table:
            return replace_column(rows, space.column, self._vectors(rows["id"].to_pylist()))

        rewrite(self._catalogue.tables, with_new_vectors, space_meta(space))
        for name in self._catalogue.tables.names():
            if name.rpartition("_")[0] == self._name.rpartition("_")[0]:  # also another model's, given up
                self._connection.drop_table(name)
        compact(self._catalogue)
        build_indices(self._catalogue)

    def _vectors(self, ids: list[str]) -> pa.FixedSizeListArray:
        """The staged vectors of these sounds, null where there is none."""
        found = self._staging.search().where(one_of("id", ids)).to_arrow().combine_chunks()
        place = {sound_id: row for row, sound_id in enumerate(found["id"].to_pylist())}
        rows = pa.array([place.get(sound_id) for sound_id in ids], pa.int64())
        taken: Any = found["vector"].take(rows)
        return taken.combine_chunks()

    def _without(self) -> int:
        column = self._catalogue.tables.spaces()[self._embedder.space].column
        return int(self._catalogue.tables.sounds.count_rows(f"{column} IS NULL"))


def _staging_name(embedder: Embedder) -> str:
    digest = hashlib.blake2b(embedder.model_id.encode(), digest_size=4).hexdigest()
    return f"rebuild_{schema.vector_column(embedder.space)}_{digest}"


def _size_and_time(sound: Sound) -> tuple[int, int]:
    try:
        return size_and_time(content_of(sound.path).stat())
    except OSError:
        return 0, 0


def _note(sound: Sound) -> int | None:
    """The note that an instrument was played at when it was taken in."""
    played = sound.kind == "instrument" and sound.pitch_midi is not None
    return round(sound.pitch_midi) if played and sound.pitch_midi is not None else None


def _groups(sounds: Sequence[Sound], length: int) -> Iterator[Sequence[Sound]]:
    for start in range(0, len(sounds), length):
        yield sounds[start : start + length]
