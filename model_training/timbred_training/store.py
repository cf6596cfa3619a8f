"""The prepared notes: one Lance dataset a source, mel levels of one note a row."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import lance
import numpy as np
import pyarrow as pa

from timbred_training.errors import TrainingError
from timbred_training.frontend import BANDS

SCHEMA = pa.schema(
    [
        ("instrument", pa.string()),
        ("family", pa.string()),
        ("source", pa.string()),
        ("split", pa.string()),
        ("fx", pa.bool_()),
        ("reference", pa.bool_()),
        ("pitch", pa.int16()),
        ("velocity", pa.int16()),
        ("columns", pa.int32()),
        ("level_db", pa.large_binary()),
    ]
)
LEVELS = pa.schema([SCHEMA.field("level_db")])  # what mixtures hold, too


@dataclass(frozen=True)
class Note:
    """One prepared note; `level_db` is float16 `(columns, BANDS)`, one column each 20 ms."""

    instrument: str
    family: str
    source: str
    split: str
    fx: bool
    reference: bool
    pitch: int
    velocity: int
    level_db: np.ndarray


def write_notes(folder: Path, notes: Iterable[Note], *, batch: int = 256) -> int:
    """Appends notes to the Lance dataset at `folder`, a batch at a time; returns how many were written.

    Raises:
        TrainingError: if what lies there is no dataset of notes.
    """
    if is_dataset(folder):
        opened(folder, SCHEMA)
    written = 0
    iterator = iter(notes)
    while rows := [_row(note) for note in islice(iterator, batch)]:
        table = pa.Table.from_pylist(rows, schema=SCHEMA)
        lance.write_dataset(table, str(folder), mode="append" if is_dataset(folder) else "create")
        written += len(rows)
    return written


def read_notes(folder: Path, columns: list[str]) -> dict[str, np.ndarray]:
    """Reads whole columns of a prepared dataset, in row order, one array each."""
    table = opened(folder, SCHEMA).to_table(columns=columns)
    return {name: table[name].to_numpy(zero_copy_only=False) for name in columns}


def is_dataset(folder: Path) -> bool:
    """Whether a first version was written; one that was broken off leaves but files of data.

    Raises:
        TrainingError: for a file.
    """
    if folder.exists() and not folder.is_dir():
        raise TrainingError(f"a prepared dataset must be a folder, and {folder} is a file")
    return any((folder / "_versions").glob("*.manifest"))


def opened(folder: Path, schema: pa.Schema) -> lance.LanceDataset:
    """The prepared dataset of notes, or of mixtures, at `folder`.

    Raises:
        TrainingError: if there is none, or it is damaged or lacks a column of the schema.
    """
    if not is_dataset(folder):
        raise TrainingError(f"a prepared dataset must lie at {folder}: run `timbred-train prepare` first")
    try:
        dataset = lance.dataset(str(folder))
    except (OSError, ValueError) as error:
        raise TrainingError(f"a prepared dataset must be readable, not {folder}: {error}") from error
    names = dataset.schema.names
    if not set(schema.names) <= set(names):
        raise TrainingError(f"{folder} must hold the columns {schema.names}, and it holds {names}")
    return dataset


class LevelReader:
    """Reads the mel levels of any rows of several datasets, whose rows are numbered through."""

    def __init__(self, folders: list[Path]) -> None:
        self._datasets = [opened(folder, LEVELS) for folder in folders]
        self._starts = np.cumsum([0, *(dataset.count_rows() for dataset in self._datasets)])
        self._folders = folders

    def __len__(self) -> int:
        """How many rows there are in all."""
        return int(self._starts[-1])

    @cached_property
    def columns(self) -> np.ndarray:
        """How many columns each note has; mixtures' datasets do not say."""
        return np.concatenate([read_notes(folder, ["columns"])["columns"] for folder in self._folders])

    def take(self, rows: np.ndarray) -> list[np.ndarray]:
        """Returns the float16 levels `(columns, BANDS)` of each row asked for, in the order asked."""
        levels: dict[int, np.ndarray] = {}
        unique = np.unique(rows)
        for index, dataset in enumerate(self._datasets):
            start, stop = self._starts[index], self._starts[index + 1]
            mine = unique[(unique >= start) & (unique < stop)]
            for row, level in zip(mine, self._blobs(dataset, mine - start), strict=True):
                levels[int(row)] = level
        return [levels[int(row)] for row in rows]

    @staticmethod
    def _blobs(dataset: lance.LanceDataset, rows: np.ndarray) -> Iterator[np.ndarray]:
        if not len(rows):
            return
        table = dataset.take(rows.tolist(), columns=["level_db"])
        for blob in table["level_db"]:
            yield np.frombuffer(blob.as_buffer(), dtype=np.float16).reshape(-1, BANDS)


def _row(note: Note) -> dict[str, object]:
    level = np.ascontiguousarray(note.level_db, dtype=np.float16)
    fields = asdict(note) | {"columns": len(level), "level_db": level.tobytes()}
    return {name: fields[name] for name in SCHEMA.names}
