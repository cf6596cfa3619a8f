"""Vectors and rows that a search keeps at hand: in memory, or in files without a name.

The system drops a file's pages where memory is short and reads them again; the file is gone with the process.
"""

import mmap
import os
import tempfile
from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa


def kept_vectors(count: int, dim: int, folder: Path | None) -> np.ndarray:
    """Room for float32 vectors (count, dim) in memory, or in a file in `folder`.

    Raises: OSError where the disk has no room.
    """
    if folder is None or not count:
        return np.empty((count, dim), np.float32)
    with tempfile.TemporaryFile(dir=folder) as file:
        # Taken at once: a page that finds no room when it is written ends the process.
        os.posix_fallocate(file.fileno(), 0, 4 * count * dim)
        return np.memmap(file, np.float32, "r+", shape=(count, dim))


class KeptRows:
    """Rows of one schema, found again by their number.

    Args:
        batches: the rows in order, read once.
        folder: where the file lies; None keeps them in memory.

    Raises: OSError where the disk has no room.
    """

    def __init__(self, batches: Iterable[pa.RecordBatch], schema: pa.Schema, folder: Path | None) -> None:
        self._schema = schema
        reader = pa.ipc.open_file(
            _in_memory(batches, schema) if folder is None else _in(folder, batches, schema)
        )
        self._batches = [reader.get_batch(number) for number in range(reader.num_record_batches)]
        self._starts = np.array([0, *accumulate(batch.num_rows for batch in self._batches)])

    def column(self, name: str) -> pa.ChunkedArray:
        """Of all rows."""
        return pa.chunked_array(
            [batch.column(name) for batch in self._batches], type=self._schema.field(name).type
        )

    def take(self, numbers: Sequence[int]) -> pa.Table:
        """The rows of these numbers, in their order."""
        # Not `Table.take`: it would put a whole column of text together first.
        places = np.searchsorted(self._starts, numbers, side="right") - 1
        rows = [
            self._batches[place].slice(number - self._starts[place], 1)
            for place, number in zip(places.tolist(), numbers, strict=True)
        ]
        return pa.Table.from_batches(rows, schema=self._schema)


def _in_memory(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    _write(sink, batches, schema)
    return sink.getvalue()


def _in(folder: Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> pa.Buffer:
    with tempfile.TemporaryFile(dir=folder) as file:
        _write(file, batches, schema)
        file.flush()
        return pa.py_buffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _write(sink: Any, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> None:
    with pa.ipc.new_file(sink, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
