"""The prepared songs: one Lance dataset a source, mel levels of one stem or one-shot a row."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import lance
import numpy as np
import pyarrow as pa

from timbred_training.errors import TrainingError
from timbred_training.frontend import BANDS
from timbred_training.store import is_dataset

SCHEMA = pa.schema(
    [
        ("song", pa.string()),
        ("author", pa.string()),
        ("source", pa.string()),
        ("real", pa.bool_()),
        ("kind", pa.string()),
        ("stem", pa.int32()),
        ("name", pa.string()),
        ("role", pa.string()),
        ("level_db", pa.large_binary()),
    ]
)
STEM, ONE_SHOT = "stem", "one_shot"


@dataclass(frozen=True)
class Sound:
    """One row.

    Args:
        song: Its song, by source and name.
        author: Whose taste the song is.
        source: The collection's name.
        real: Whether somebody chose the sounds for the music.
        kind: `stem` or `one_shot`.
        stem: The stem's number in its song; that of the stem which plays it, for a one-shot.
        name: The stem's name.
        role: One of `FIT_ROLES`; empty for stems.
        level_db: Float16 `(columns, BANDS)`, one column each 20 ms. The stems of a song keep their balance.
    """

    song: str
    author: str
    source: str
    real: bool
    kind: str
    stem: int
    name: str
    role: str
    level_db: np.ndarray


def write_sounds(folder: Path, sounds: Iterable[Sound]) -> int:
    """Appends rows to the dataset at `folder` in one version; returns how many."""
    rows = [vars(s) | {"level_db": np.ascontiguousarray(s.level_db, np.float16).tobytes()} for s in sounds]
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    lance.write_dataset(table, str(folder), mode="append" if is_dataset(folder) else "create")
    return len(rows)


def read_sounds(folder: Path) -> list[Sound]:
    """All rows of a prepared dataset.

    Raises:
        TrainingError: if there is none, or it is of another layout or damaged.
    """
    if not is_dataset(folder):
        raise TrainingError(f"prepared songs must lie at {folder}: run `timbred-train prepare` first")
    rows = _table(folder, SCHEMA.names).to_pylist()
    return [
        Sound(**row | {"level_db": np.frombuffer(row["level_db"], np.float16).reshape(-1, BANDS)})
        for row in rows
    ]


def prepared_songs(folder: Path) -> set[str]:
    """The songs that a dataset holds; none where there is no dataset yet.

    Raises:
        TrainingError: if what lies there is of another layout or damaged.
    """
    return set(_table(folder, ["song"])["song"].to_pylist()) if is_dataset(folder) else set()


def _table(folder: Path, columns: list[str]) -> pa.Table:
    try:
        dataset = lance.dataset(str(folder))
        names = dataset.schema.names
        if set(names) != set(SCHEMA.names):
            raise TrainingError(f"prepared songs must have the columns {SCHEMA.names}, not {names}")
        return dataset.to_table(columns=columns)
    except (OSError, ValueError) as error:
        raise TrainingError(f"prepared songs must be a readable dataset, not {folder}: {error}") from error
