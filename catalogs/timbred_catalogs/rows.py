"""Between dataclasses and Arrow rows; the only place that knows how a path is stored."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from timbred_catalogs import schema
from timbred_catalogs.sound import KnownFile, Sound, Space, Unreadable

SOUND_FIELDS = tuple(field.name for field in fields(Sound))
SOUND_COLUMNS = [*SOUND_FIELDS, "path_bytes"]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


# Would end a line, or speak to the terminal.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def printable(path: str) -> str:
    """`path` as text that any terminal and any JSON parser takes: the rest escaped."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def sound_row(sound: Sound) -> dict[str, Any]:
    """What the table stores; `path_bytes` only where the path cannot stand as text."""
    row = {name: getattr(sound, name) for name in SOUND_FIELDS}
    row["path"] = printable(sound.path)
    row["path_bytes"] = os.fsencode(sound.path) if row["path"] != sound.path else None
    row["tags"] = list(sound.tags)
    return row


def sound_of(row: Mapping[str, Any]) -> Sound:
    """`sound_row` backwards."""
    values = {name: row[name] for name in SOUND_FIELDS}
    if row["path_bytes"] is not None:
        values["path"] = os.fsdecode(row["path_bytes"])
    values["tags"] = tuple(row["tags"])
    return Sound(**values)


def sounds_of(table: pa.Table) -> list[Sound]:
    """Row by row. Made here, `added_at` takes a tenth of what pyarrow takes, which is half of all."""
    columns = {name: table[name].to_pylist() for name in SOUND_COLUMNS if name != "added_at"}
    microseconds = table["added_at"].cast(pa.int64()).to_pylist()
    columns["added_at"] = [_EPOCH + timedelta(microseconds=count) for count in microseconds]
    return [
        sound_of(dict(zip(columns, values, strict=True))) for values in zip(*columns.values(), strict=True)
    ]


def sounds_table(sounds: Sequence[Sound]) -> pa.Table:
    return pa.Table.from_pylist([sound_row(sound) for sound in sounds], schema=schema.SOUNDS)


def vectors_array(vectors: np.ndarray) -> pa.FixedSizeListArray:
    """`vectors` (n, dim), made unit length, as a fixed-size list of float32."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    flat = pa.array(np.ascontiguousarray(unit, dtype=np.float32).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])


def rows_table(
    sounds: Sequence[Sound], vectors: Mapping[str, np.ndarray], spaces: Sequence[Space]
) -> pa.Table:
    """As the sounds table stores them, with a column for each of `spaces`; null where there is no vector.

    Shape: vectors[space] (sounds, dim); made unit length here.
    """
    table = sounds_table(sounds)
    for space in spaces:
        kind = schema.vector_type(space.dim)
        given = vectors.get(space.name)
        column = pa.nulls(len(sounds), kind) if given is None else vectors_array(given)
        table = table.append_column(pa.field(space.column, kind), column)
    return table


def vectors_of(column: pa.FixedSizeListArray) -> np.ndarray:
    """(n, dim) float32; a row without a vector is NaN."""
    dim = column.type.list_size
    if column.null_count == 0:
        return np.asarray(column.flatten(), dtype=np.float32).reshape(-1, dim)
    vectors = np.full((len(column), dim), np.nan, dtype=np.float32)
    present = np.asarray(column.is_valid())
    vectors[present] = np.asarray(column.drop_null().flatten(), dtype=np.float32).reshape(-1, dim)
    return vectors


def files_table(files: Mapping[str, KnownFile]) -> pa.Table:
    rows = [
        {
            "path": os.fsencode(path),
            "sound_id": file.sound_id,
            "size_bytes": file.size_bytes,
            "mtime_ns": file.mtime_ns,
        }
        for path, file in files.items()
    ]
    return pa.Table.from_pylist(rows, schema=schema.FILES)


def unreadable_table(unreadable: Sequence[Unreadable]) -> pa.Table:
    rows = [
        {
            "path": os.fsencode(file.path),
            "reason": file.reason,
            "size_bytes": file.size_bytes,
            "mtime_ns": file.mtime_ns,
        }
        for file in unreadable
    ]
    return pa.Table.from_pylist(rows, schema=schema.UNREADABLE)


def unreadable_of(row: Mapping[str, Any]) -> Unreadable:
    return Unreadable(os.fsdecode(row["path"]), row["reason"], row["size_bytes"], row["mtime_ns"])
