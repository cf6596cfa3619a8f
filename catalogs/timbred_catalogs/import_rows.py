"""The rows of a file to import, checked one by one: what it says of each sound, by the sound's id."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from timbred_catalogs.name_facts import KINDS
from timbred_catalogs.roles import ROLES
from timbred_catalogs.rows import SOUND_COLUMNS, printable, vectors_of
from timbred_catalogs.sound import Space

BATCH_ROWS = 2048
LENGTH_TOLERANCE = 1e-3
_ID = re.compile(r"[0-9a-f]{32}")
_TAG = re.compile(r"(?:[^\\;]|\\.)+")
_OTHER_SEPARATORS = (";", "\t")
_CHOICES = {"kind": KINDS, "role": ROLES}
_WORDS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False, "": False}


@dataclass(frozen=True, slots=True)
class Marks:
    """What the user said of one sound; a role that it was not the user who said is `guessed`."""

    sound_id: str
    tags: tuple[str, ...]
    favourite: bool
    role: str | None
    guessed: str | None = None


def marks_in(file: Path) -> Iterator[list[Marks]]:
    """In batches, in the file's order. `id` is wanted; of `tags`, `favourite` and `role` what is there.

    A row without any value is passed over: spreadsheets leave some at the end. Where the file says who gave a
    role (`role_source`), only the user's own count.
    Raises: CatalogError that names the row, counted from 1, as spreadsheets do without the header.
    """
    number = 0
    for rows in _csv_rows(file) if format_of(file) == ".csv" else _parquet_rows(file):
        batch = []
        for row in rows:
            number += 1
            try:
                if not _is_empty(row):
                    batch.append(_marks(row))
            except ValueError as error:
                raise CatalogError(f"{printable(str(file))}, row {number}: {error}") from error
        yield batch


def spaces_of(file: Path) -> dict[str, Space] | None:
    """The spaces of a Parquet file with whole rows; None for one that holds no more than marks.

    One that lacks columns has marks to give, and so has an export of another schema version: its rows do
    not fit this one.
    Raises: CatalogError for a file that is no Parquet, or whose columns are not what it says.
    """
    columns = _open(file).schema_arrow
    said = columns.metadata or {}
    if said.get(SCHEMA_KEY) != str(schema.SCHEMA_VERSION).encode():
        return None
    if not set(SOUND_COLUMNS) <= set(columns.names):
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


def check_rows(file: Path, spaces: Iterable[Space]) -> None:
    """Raises: CatalogError for whole rows as no export writes them."""
    for rows in whole_rows(file):
        try:
            for name in SOUND_COLUMNS:
                _check_column(schema.SOUNDS.field(name), rows[name])
            for space in spaces:
                _check_vectors(space, rows[space.column])
        except ValueError as error:
            raise CatalogError(f"{printable(str(file))} is damaged: {error}") from error


def _check_column(field: pa.Field, column: pa.ChunkedArray) -> None:
    """Raises: ValueError with the rule and the value."""
    if column.null_count and not field.nullable:
        raise ValueError(f"{field.name} must not be empty")
    values = column.drop_null()
    if pa.types.is_floating(field.type):
        numbers = values.to_numpy()
        if not np.isfinite(numbers).all():
            wrong = numbers[~np.isfinite(numbers)][0]
            raise ValueError(f"{field.name} must be a finite number, not {wrong}")
    if field.name in _CHOICES:
        known = _CHOICES[field.name]
        for unknown in sorted(set(values.unique().to_pylist()) - set(known)):
            raise ValueError(f"{field.name} must be one of {', '.join(known)}, not {unknown}")


def _check_vectors(space: Space, column: pa.ChunkedArray) -> None:
    """Raises: ValueError for a vector that is not of length 1, as all exported ones are."""
    lengths = np.linalg.norm(vectors_of(column.drop_null().combine_chunks()), axis=1)
    if not np.all(np.abs(lengths - 1.0) < LENGTH_TOLERANCE):
        raise ValueError(f"a vector of {space.name} must be of length 1")


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
    except UnicodeDecodeError as error:
        raise CatalogError(
            f"{printable(str(file))} must be UTF-8: a spreadsheet's 'CSV UTF-8', or its choice of characters"
        ) from error
    except (OSError, csv.Error) as error:
        raise CatalogError(f"{printable(str(file))} is no CSV file that can be read: {error}") from error


def _require_id(file: Path, columns: Sequence[str]) -> None:
    if "id" in columns:
        return
    for separator in _OTHER_SEPARATORS:
        if len(columns) == 1 and "id" in columns[0].split(separator):
            raise CatalogError(
                f"{printable(str(file))} must have a comma between its columns, not {separator!r}"
            )
    raise CatalogError(f"{printable(str(file))} must have a column id, as 'timbred catalog export' writes")


_COLUMNS = ("id", "tags", "favourite", "role", "role_source")


def _is_empty(row: Mapping[str, Any]) -> bool:
    """`csv` gives the values beyond the last column as a list."""
    values = [value for given in row.values() for value in (given if isinstance(given, list) else [given])]
    return not any(value.strip() if isinstance(value, str) else value for value in values)


def _marks(row: Mapping[str, Any]) -> Marks:
    """Raises: ValueError with the rule and the value."""
    sound_id, role, guessed = row["id"], row.get("role") or None, None
    if not isinstance(sound_id, str) or not _ID.fullmatch(sound_id):
        raise ValueError(f"id must be 32 hexadecimal digits, not {sound_id!r}")
    if row.get("role_source", "user") != "user":
        role, guessed = None, role
    if role is not None and role not in ROLES:
        raise ValueError(f"role must be one of {', '.join(ROLES)}, not {role}")
    return Marks(sound_id, _tags(row.get("tags")), _favourite(row.get("favourite")), role, guessed)


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
    if value is None or value in (0, 1):
        return bool(value)
    known = _WORDS.get(value.strip().lower()) if isinstance(value, str) else None
    if known is None:
        raise ValueError(f"favourite must be true or false, not {value!r}")
    return known
