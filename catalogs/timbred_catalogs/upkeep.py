"""Compaction and indices: what a catalogue needs as it grows, decided by its size."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.heap import give_back_memory
from timbred_catalogs.searched import EXACT_UP_TO, GRAPH_SOUNDS
from timbred_catalogs.words import GRAM_LETTERS, TEXT_COLUMNS

logger = logging.getLogger(__name__)

# A reader that still looks at an older version has this long to finish.
KEEP_VERSIONS = timedelta(hours=1)
# Below this a scan of a scalar column takes less time than its index does to open.
SCALAR_INDEX_FROM = 10_000
SCALAR_INDICES = {"id": "BTree", "path": "BTree", "role": "Bitmap", "kind": "Bitmap", "missing": "Bitmap"}
# Compaction writes the table anew, so a watched folder's single files wait until there are so many commits,
# or so large a share of rows that searches have to go through one by one.
COMMITS_A_COMPACTION = 16
ROWS_OUTSIDE_SHARE = 0.02
# The graph of the vector index: neighbours of each sound, and how many the building looks at.
GRAPH_NEIGHBOURS = 20
GRAPH_CANDIDATES = 300
_COMPACTED_AT, _PARAMETERS_OF = "compacted_at", "index:"


@dataclass(frozen=True, slots=True)
class IndexState:
    """One index: the column's, how many rows it covers, how many were added since, how it was built."""

    name: str
    kind: str
    rows: int
    rows_outside: int
    parameters: str


def tidy(catalogue: Catalogue) -> bool:
    """Compacts and indexes where enough has gathered. Returns: whether there was something to do."""
    due = _is_due(catalogue)
    if due:
        compact(catalogue)
    build_indices(catalogue)
    return due


def _is_due(catalogue: Catalogue) -> bool:
    tables = (catalogue.tables.sounds, catalogue.tables.files, catalogue.tables.unreadable)
    if max(table.stats()["fragment_stats"]["num_fragments"] for table in tables) > COMMITS_A_COMPACTION:
        return True
    outside = max((state.rows_outside for state in index_states(catalogue)), default=0)
    return bool(outside > ROWS_OUTSIDE_SHARE * catalogue.tables.sounds.count_rows())


def compacted_at(catalogue: Catalogue) -> datetime | None:
    """When the tables were last written anew; None where they never had to be."""
    said = catalogue.tables.meta.get(_COMPACTED_AT)
    return datetime.fromisoformat(said) if said else None


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
    catalogue.tables.set_meta({_COMPACTED_AT: datetime.now(UTC).isoformat(timespec="seconds")})
    give_back_memory()


def build_indices(catalogue: Catalogue, exact_up_to: int = EXACT_UP_TO) -> None:
    """Those that the size asks for and that are not there; a search goes on meanwhile."""
    from lancedb.index import Bitmap, BTree

    table, rows = catalogue.tables.sounds, catalogue.tables.sounds.count_rows()
    present = {column for index in table.list_indices() for column in index.columns}
    if rows >= SCALAR_INDEX_FROM:
        for column in SCALAR_INDICES.keys() - present:
            table.create_index(column, config=BTree() if SCALAR_INDICES[column] == "BTree" else Bitmap())
        for column in set(TEXT_COLUMNS) - present:
            table.create_index(column, config=_text_index())
    if rows > exact_up_to:
        for space in catalogue.tables.spaces().values():
            if space.column not in present:
                _build_vector_index(catalogue, space.column, rows)


def _text_index() -> Any:
    """Of every three letters in a row, so that parts of words are found; names have no grammar to stem."""
    from lancedb.index import FTS

    return FTS(
        base_tokenizer="ngram",
        ngram_min_length=GRAM_LETTERS,
        ngram_max_length=GRAM_LETTERS,
        stem=False,
        remove_stop_words=False,
    )


def _build_vector_index(catalogue: Catalogue, column: str, rows: int) -> None:
    """A graph over 8-bit copies: the only kind whose recall holds at a million without a long search."""
    from lancedb.index import HnswSq

    config = HnswSq(
        distance_type="cosine",
        m=GRAPH_NEIGHBOURS,
        ef_construction=GRAPH_CANDIDATES,
        target_partition_size=GRAPH_SOUNDS,
    )
    logger.info("building the vector index of %s over %d sounds", column, rows)
    catalogue.tables.sounds.create_index(column, config=config)
    said = f"cosine, {GRAPH_NEIGHBOURS} neighbours of {GRAPH_CANDIDATES} candidates"
    catalogue.tables.set_meta({_PARAMETERS_OF + column: said})


def index_states(catalogue: Catalogue) -> list[IndexState]:
    """Of the sounds table's indices."""
    said = catalogue.tables.meta
    return [
        IndexState(
            index.name,
            index.index_type,
            index.num_indexed_rows,
            index.num_unindexed_rows,
            said.get(_PARAMETERS_OF + index.columns[0], ""),
        )
        for index in catalogue.tables.sounds.list_indices()
    ]
