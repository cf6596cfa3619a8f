"""Compaction and indices: what a catalogue needs as it grows, decided by its size."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from timbred_catalogs.catalogue import EXACT_UP_TO, Catalogue

logger = logging.getLogger(__name__)

# A reader that still looks at an older version has this long to finish.
KEEP_VERSIONS = timedelta(hours=1)
# Below this a scan of a scalar column takes less time than its index does to open.
SCALAR_INDEX_FROM = 10_000
SCALAR_INDICES = {"id": "BTree", "path": "BTree", "role": "Bitmap", "kind": "Bitmap"}


@dataclass(frozen=True, slots=True)
class IndexState:
    """One index: the column's, how many rows it covers, and how many were added since."""

    name: str
    kind: str
    rows: int
    rows_outside: int


def compact(catalogue: Catalogue) -> None:
    """Many small commits into few files; the indices take up what was added.

    What another process commits meanwhile (a tag, a star) comes first: then the table stays as it is until
    the next time.
    """
    for table in (catalogue.tables.sounds, catalogue.tables.files, catalogue.tables.unreadable):
        try:
            table.optimize(cleanup_older_than=KEEP_VERSIONS)
        except RuntimeError as error:
            if "conflict" not in str(error):
                raise
            logger.info("%s is left for the next compaction: %s", table.name, error)


def build_indices(catalogue: Catalogue, exact_up_to: int = EXACT_UP_TO) -> None:
    """Those that the size asks for and that are not there; a search goes on meanwhile."""
    from lancedb.index import Bitmap, BTree

    table, rows = catalogue.tables.sounds, catalogue.tables.sounds.count_rows()
    present = {column for index in table.list_indices() for column in index.columns}
    if rows >= SCALAR_INDEX_FROM:
        for column in SCALAR_INDICES.keys() - present:
            table.create_index(column, config=BTree() if SCALAR_INDICES[column] == "BTree" else Bitmap())
    if rows > exact_up_to:
        for space in catalogue.tables.spaces().values():
            if space.column not in present:
                _build_vector_index(catalogue, space.column, rows)


def _build_vector_index(catalogue: Catalogue, column: str, rows: int) -> None:
    """A graph over 8-bit copies: the only kind whose recall holds at a million without a long search."""
    from lancedb.index import HnswSq

    logger.info("building the vector index of %s over %d sounds", column, rows)
    catalogue.tables.sounds.create_index(column, config=HnswSq(distance_type="cosine"))


def index_states(catalogue: Catalogue) -> list[IndexState]:
    """Of the sounds table's indices."""
    return [
        IndexState(index.name, index.index_type, index.num_indexed_rows, index.num_unindexed_rows)
        for index in catalogue.tables.sounds.list_indices()
    ]
