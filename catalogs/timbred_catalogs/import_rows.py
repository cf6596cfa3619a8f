"""The rows of a file to import, checked one by one: what it says of each sound, by the sound's id."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from timbred_catalogs import schema
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.exporting import SCHEMA_KEY, SPACES_KEY, TAG_SEPARATOR, format_of
from timbred_catalogs.roles import ROLES
from timbred_catalogs.rows import SOUND_COLUMNS, printable, vectors_of
from timbred_catalogs.sound import Space

BATCH_ROWS = 2048
LENGTH_TOLERANCE = 1e-3
_ID = re.compile(r"[0-9a-f]{32}")
_TAG = re.compile(r"(?:[^\\;]|\\.)+")
_WORDS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False, "": False}


@dataclass(frozen=True, slots=True)
class Marks:
    """What the user said of one sound; `role` is None where it was not the user who said it."""

    sound_id: str
    tags: tuple[str, ...]
    favourite: bool
    role: str | None


def marks_in(file: Path) -> Iterator[list[Marks]]:
    """In batches, in the file's order. `id` is wanted; of `tags`, `favourite` and `role` what is there.

    Where the file says who gave a role (`role_source`), only the user's own count.
    Raises: CatalogError that names the row, counted from 1, as spreadsheets do without the header.
    """
    number = 0
    for rows in _csv_rows(file) if format_of(file) == ".csv" else _parquet_rows(file):
        batch = []
        for row in rows:
            number += 1
            try:
                batch.append(_marks(row))
            except ValueError as error:
                raise CatalogError(f"{printable(str(file))}, row {number}: {error}") from error
        yield batch


def spaces_of(file: Path) -> dict[str, Space] | None:
    """The spaces of a Parquet file with whole rows; None for one that holds no more than marks.

    An export of another schema version has marks to give, and no rows that fit this one.
    Raises: CatalogError for a file that is no Parquet, or whose columns are not what it says.
    """
    columns = _open(file).schema_arrow
    said = columns.metadata or {}
    if said.get(SCHEMA_KEY) != str(schema.SCHEMA_VERSION).encode():
        return None
    try:
        spaces = [Space(**values) for values in json.loads(said[SPACES_KEY])]
        wanted = [schema.SOUNDS.field(name) for name in SOUND_COLUMNS]
        wanted += [pa.field(space.column, schema.vector_type(space.dim)) for space in spaces]
        wrong = [field.name for field in wanted if columns.field(field.name).type != field.type]
    except (KeyError, ValueError, TypeError) as error:
        raise CatalogError(f"{printable(str(file))} is no whole export: {error}") from error
    if wrong:
        raise CatalogError(f"{printable(str(file))} is no whole export: {wrong[0]} has another type")
    return {space.name: space for space in spaces}


def whole_rows(file: Path) -> Iterator[pa.Table]:
    """The rows of a Parquet file in batches."""
    for batch in _batches(file):
        yield pa.Table.from_batches([batch])


def check_vectors(file: Path, spaces: Iterable[Space]) -> None:
    """Raises: CatalogError for a vector that is not of length 1, as all exported ones are."""
    for rows in whole_rows(file):
        for space in spaces:
            lengths = np.linalg.norm(vectors_of(rows[space.column].drop_null().combine_chunks()), axis=1)
            if not np.all(np.abs(lengths - 1.0) < LENGTH_TOLERANCE):
                raise CatalogError(
                    f"{printable(str(file))} is damaged: a vector of {space.name} must be of length 1"
                )


def _open(file: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(file, page_checksum_verification=True)
    except (pa.ArrowInvalid, OSError) as error:
        raise CatalogError(f"{printable(str(file))} is no Parquet file that can be read: {error}") from error


def _parquet_rows(file: Path) -> Iterator[list[dict[str, Any]]]:
    opened = _open(file)
    _require_id(file, opened.schema_arrow.names)
    wanted = [name for name in _COLUMNS if name in opened.schema_arrow.names]
    for batch in _batches(file, wanted):
        yield batch.to_pylist()


def _batches(file: Path, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Raises: CatalogError for what is damaged."""
    try:
        yield from _open(file).iter_batches(batch_size=BATCH_ROWS, columns=columns)
    except (pa.ArrowInvalid, OSError) as error:
        raise CatalogError(f"{printable(str(file))} is damaged: {error}") from error


def _csv_rows(file: Path) -> Iterator[list[dict[str, Any]]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.DictReader(text, strict=True)
            _require_id(file, reader.fieldnames or ())
            while rows := list(islice(reader, BATCH_ROWS)):
                yield rows
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CatalogError(f"{printable(str(file))} is no CSV file that can be read: {error}") from error


def _require_id(file: Path, columns: Any) -> None:
    if "id" not in columns:
        raise CatalogError(
            f"{printable(str(file))} must have a column id, as 'timbred catalog export' writes"
        )


_COLUMNS = ("id", "tags", "favourite", "role", "role_source")


def _marks(row: Mapping[str, Any]) -> Marks:
    """Raises: ValueError with the rule and the value."""
    sound_id, role = row["id"], row.get("role") or None
    if not isinstance(sound_id, str) or not _ID.fullmatch(sound_id):
        raise ValueError(f"id must be 32 hexadecimal digits, not {sound_id!r}")
    if row.get("role_source", "user") != "user":
        role = None
    if role is not None and role not in ROLES:
        raise ValueError(f"role must be one of {', '.join(ROLES)}, not {role}")
    return Marks(sound_id, _tags(row.get("tags")), _favourite(row.get("favourite")), role)


def _tags(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        if not all(isinstance(tag, str) for tag in value):
            raise ValueError(f"tags must be texts, not {value!r}")
        return tuple(value)
    if value is None or isinstance(value, str):
        tags = (re.sub(r"\\(.)", r"\1", tag.strip()) for tag in _TAG.findall(value or ""))
        return tuple(tag for tag in tags if tag)
    raise ValueError(f"tags must be texts separated by {TAG_SEPARATOR}, not {value!r}")


def _favourite(value: object) -> bool:
    if isinstance(value, bool) or value is None:
        return bool(value)
    known = _WORDS.get(value.strip().lower()) if isinstance(value, str) else None
    if known is None:
        raise ValueError(f"favourite must be true or false, not {value!r}")
    return known
