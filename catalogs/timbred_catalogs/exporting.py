"""Writes a catalogue into one file that other programs read: Parquet with everything, CSV without vectors."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from timbred_catalogs import schema
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.rows import SOUND_COLUMNS, SOUND_FIELDS, printable
from timbred_catalogs.whole_file import whole_file

BATCH_ROWS = 4096
FORMATS = (".parquet", ".csv")
# Under these keys a Parquet file says what its rows are.
SCHEMA_KEY, SPACES_KEY = b"timbred.schema_version", b"timbred.spaces"
TAG_SEPARATOR = ";"


def export(catalogue: Catalogue, file: Path, *, replace: bool = False) -> int:
    """Every sound, missing ones too, one row each; CSV has no vectors, and its tags stand in one cell.

    The file is whole or not there: it is written beside its place and renamed.

    Returns: how many rows.
    Raises: CatalogError for another ending, a file that is there (unless `replace`), or a full disk.
    """
    ending = format_of(file)
    with whole_file(file, replace=replace) as unfinished:
        return (_write_parquet if ending == ".parquet" else _write_csv)(catalogue, unfinished)


def format_of(file: Path) -> str:
    """Raises: CatalogError for an ending that is none of FORMATS."""
    ending = file.suffix.lower()
    if ending not in FORMATS:
        raise CatalogError(f"the file must end in {' or '.join(FORMATS)}, not {printable(file.name)}")
    return ending


def joined_tags(tags: Sequence[str]) -> str:
    """`warm; lo-fi`; a separator or backslash in a tag is escaped by a backslash."""
    escaped = (tag.replace("\\", "\\\\").replace(TAG_SEPARATOR, "\\" + TAG_SEPARATOR) for tag in tags)
    return f"{TAG_SEPARATOR} ".join(escaped)


def _batches(catalogue: Catalogue, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    with catalogue.tables.reading():
        yield from catalogue.tables.sounds.search().select(list(columns)).to_batches(batch_size=BATCH_ROWS)


def _write_parquet(catalogue: Catalogue, file: Path) -> int:
    spaces = catalogue.tables.spaces()
    fields = [catalogue.tables.sounds.schema.field(name) for name in SOUND_COLUMNS]
    fields += [pa.field(space.column, schema.vector_type(space.dim)) for space in spaces.values()]
    said = {
        SCHEMA_KEY: str(schema.SCHEMA_VERSION).encode(),
        SPACES_KEY: json.dumps([asdict(space) for space in spaces.values()]).encode(),
    }
    columns = pa.schema(fields, metadata=said)
    rows = 0
    with pq.ParquetWriter(file, columns, compression="zstd", write_page_checksum=True) as writer:
        for batch in _batches(catalogue, columns.names):
            writer.write_table(pa.Table.from_batches([batch]).cast(columns))
            rows += batch.num_rows
    return rows


def _write_csv(catalogue: Catalogue, file: Path) -> int:
    rows = 0
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, SOUND_FIELDS)
        writer.writeheader()
        for batch in _batches(catalogue, SOUND_FIELDS):
            writer.writerows(map(_cells, batch.to_pylist()))
            rows += batch.num_rows
    return rows


def _cells(row: dict[str, Any]) -> dict[str, Any]:
    """As spreadsheets read them; single precision with no more digits than it has."""
    cells = {name: f"{value:.7g}" if isinstance(value, float) else value for name, value in row.items()}
    cells["tags"] = joined_tags(row["tags"])
    cells["added_at"] = row["added_at"].isoformat()
    for name in ("favourite", "missing"):
        cells[name] = "true" if row[name] else "false"
    return cells
