"""Note tables in Parquet: one row a note, the audio encoded inside; the layout that evaluation takes."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import soundfile
import soxr

from timbred_training.errors import TrainingError

COLUMNS = ["instrument_id", "family", "split", "fx", "reference", "pitch", "velocity"]


@dataclass(frozen=True)
class TableNote:
    """One row; `audio` is still encoded."""

    instrument: str
    family: str
    split: str
    fx: bool
    reference: bool
    pitch: int
    velocity: int
    audio: bytes


def read_note_tables(folder: Path) -> list[TableNote]:
    """Reads every `*.parquet` file of a folder, in the order of their names.

    Raises:
        TrainingError: if there is none, or one lacks a column.
    """
    files = sorted(folder.glob("*.parquet"))
    if not files:
        raise TrainingError(f"a folder of note tables must hold .parquet files, and {folder} has none")
    return [note for file in files for note in read_note_table(file)]


def read_note_table(file: Path) -> list[TableNote]:
    """Reads one Parquet file of notes."""
    missing = {*COLUMNS, "audio"} - set(pq.read_schema(file).names)
    if missing:
        raise TrainingError(
            f"a note table must have the columns {[*COLUMNS, 'audio']}; {file} lacks {missing}"
        )
    rows = pq.read_table(file, columns=[*COLUMNS, "audio"]).to_pylist()
    return [TableNote(*(row[name] for name in (*COLUMNS, "audio"))) for row in rows]


def decode(audio: bytes, sample_rate: int) -> np.ndarray:
    """Decodes any format that libsndfile reads, to mono float32 `(frames,)` at `sample_rate` hertz."""
    frames, rate = soundfile.read(io.BytesIO(audio), dtype="float32", always_2d=True)
    mono: np.ndarray = soxr.resample(frames.mean(axis=1), rate, sample_rate).astype(np.float32)
    return mono
