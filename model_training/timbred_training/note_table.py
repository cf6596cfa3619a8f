"""Note tables in Parquet: one row a note, the audio encoded inside; the layout that evaluation takes."""

import dataclasses
import io
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import soundfile
import soxr

from timbred_training.errors import TrainingError
from timbred_training.progress import shown
from timbred_training.sources.notes import RawNote, Source, described
from timbred_training.sources.sound_file import read_sound, refuse_soundless

log = logging.getLogger(__name__)

# The split of tables that are written to measure on.
UNSEEN = "unseen"
SCHEMA = pa.schema(
    [
        ("instrument_id", pa.string()),
        ("family", pa.string()),
        ("split", pa.string()),
        ("fx", pa.bool_()),
        ("reference", pa.bool_()),
        ("pitch", pa.int16()),
        ("velocity", pa.int16()),
        ("audio", pa.large_binary()),
    ]
)
COLUMNS = SCHEMA.names
RULES = {
    pa.string(): "text",
    pa.bool_(): "true or false, or 1 or 0",
    pa.int16(): "numbers up to 32767",
    pa.large_binary(): "the bytes of a sound file",
}
# Which a table may have beside them.
PATCH = "patch"
# What stands for an empty cell. Nothing is measured by a pitch or a velocity, and not all know theirs.
EMPTY = {PATCH: "", "audio": b"", "family": "", "split": "", "pitch": -1, "velocity": -1}


@dataclass(frozen=True)
class TableNote:
    """One row; `audio` is still encoded, and `patch` the preset's file where the table tells it.

    `pitch` (MIDI) and `velocity` are -1 where they are not known.
    """

    instrument: str
    family: str
    split: str
    fx: bool
    reference: bool
    pitch: int
    velocity: int
    audio: bytes
    patch: str = ""


def read_note_tables(*places: Path) -> list[TableNote]:
    """Reads every `*.parquet` file of folders, in the order of their names, and single files, each file once.

    Raises:
        TrainingError: if a folder holds none, or a file is not of the layout.
    """
    files = dict.fromkeys(file.resolve() for place in places for file in table_files(place))
    return [note for file in files for note in read_note_table(file)]


def table_files(place: Path) -> list[Path]:
    """The note tables of a folder, or the one file.

    Raises:
        TrainingError: if a folder holds none.
    """
    if place.is_file():
        return [place]
    files = [file for file in sorted(place.glob("*.parquet")) if not file.name.startswith(".")]
    if not files:
        raise TrainingError(f"a folder of note tables must hold .parquet files, and {place} has none")
    return files


def read_note_table(file: Path) -> list[TableNote]:
    """Reads one Parquet file of notes; audio may also be Hugging Face's `{bytes, path}`.

    Raises:
        TrainingError: if it can't be read, lacks a column, or a cell is of another type or empty.
    """
    try:
        with pq.ParquetFile(file) as opened:
            present = set(opened.schema_arrow.names)
            if missing := set(COLUMNS) - present:
                raise TrainingError(f"a note table must have the columns {COLUMNS}; {file} lacks {missing}")
            table = opened.read(columns=[*COLUMNS, *({PATCH} & present)])
    except (OSError, pa.ArrowException) as error:
        raise TrainingError(f"a note table must be a readable Parquet file, not {file}: {error}") from error
    columns = [_cells(file, name, table[name]) for name in COLUMNS]
    patches = _cells(file, PATCH, table[PATCH]) if PATCH in present else [""] * len(table)
    return [TableNote(*row) for row in zip(*columns, patches, strict=True)]


def _cells(file: Path, name: str, column: pa.ChunkedArray) -> list[Any]:
    """A column's values, cast to the layout's type; what is in `EMPTY` may be empty."""
    kind = pa.string() if name == PATCH else SCHEMA.field(name).type
    if name == "audio" and pa.types.is_struct(column.type):
        fields = dict(zip([field.name for field in column.type], column.flatten(), strict=True))
        column = fields.get("bytes", column)
    try:
        if pa.types.is_floating(column.type) and kind == pa.int16():
            column = pa.chunked_array([pa.array([_rounded(value) for value in column.to_pylist()])])
        cast = _flags(column) if kind == pa.bool_() else column.cast(kind)
    except pa.ArrowException as error:
        raise TrainingError(f"{name} must be {RULES[kind]}, not as in {file}: {error}") from error
    if name in EMPTY:
        return [EMPTY[name] if value is None else value for value in cast.to_pylist()]
    if cast.null_count:
        row = pc.index(cast.is_null(), True).as_py()
        raise TrainingError(
            f"every row of a note table must have its {name}, and row {row} of {file} has none"
        )
    cells: list[Any] = cast.to_pylist()
    return cells


def _rounded(number: float | None) -> int | None:
    return None if number is None or not isfinite(number) else round(number)


def _flags(column: pa.ChunkedArray) -> pa.ChunkedArray:
    numbers = column.cast(pa.uint8())
    if other := set(numbers.unique().to_pylist()) - {0, 1, None}:
        raise pa.ArrowInvalid(f"it holds {min(other)}")
    return numbers.cast(pa.bool_())


def write_note_table(source: Source, file: Path) -> int:
    """Writes every note of a source as FLAC, in the split `unseen`; returns how many.

    An instrument without a reference is left out with a warning, and so is one that sounds exactly as one
    before it, as a synthesizer's empty programs do.

    Raises:
        TrainingError: if the file is there already, or no instrument has a reference that sounds.
    """
    refuse_existing(file)
    rows = [note for notes in _distinct(source) for note in notes]
    if not rows:
        raise TrainingError(f"a note table must hold references that sound, and {source.name} has none")
    columns = zip(*(dataclasses.astuple(row)[: len(COLUMNS)] for row in rows), strict=True)
    temporary = file.with_suffix(file.suffix + ".tmp")
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(dict(zip(COLUMNS, map(list, columns), strict=True))), temporary)
    temporary.replace(file)
    return len(rows)


def refuse_existing(file: Path) -> None:
    """Raises if something lies where a note table is to be written."""
    if file.exists():
        raise TrainingError(f"a note table must be a new file, and {file} is there already")


def _distinct(source: Source) -> Iterator[list[TableNote]]:
    """The notes of each instrument that has a reference unlike those before."""
    heard: dict[bytes, str] = {}
    for name in shown(source.instruments(), source.name):
        notes = list(_sounding(source.render(name)))
        reference = next((note.audio for note in notes if note.reference), None)
        if reference is None:
            log.warning("%s is left out: none of its %d notes that sound is a reference", name, len(notes))
        elif reference in heard:
            log.warning("%s is left out: it sounds exactly as %s", name, heard[reference])
        else:
            heard[reference] = name
            yield notes


def _sounding(notes: Iterable[RawNote]) -> Iterator[TableNote]:
    """The notes, encoded; of one without sound only a warning."""
    for raw in notes:
        try:
            refuse_soundless(raw.audio)
        except TrainingError as error:
            log.warning("the note %s is left out: %s", described(raw), error)
            continue
        about = (raw.instrument, raw.family, UNSEEN, raw.fx, raw.reference, raw.pitch, raw.velocity)
        yield TableNote(*about, encode(raw))


def encode(raw: RawNote) -> bytes:
    """The note as FLAC with a peak of -1 dB."""
    level = 10 ** (-1 / 20) / max(float(np.abs(raw.audio).max(initial=0.0)), 1e-6)
    encoded = io.BytesIO()
    soundfile.write(encoded, level * raw.audio, raw.sample_rate, format="FLAC")
    return encoded.getvalue()


def decode(audio: bytes, sample_rate: int) -> np.ndarray:
    """Decodes any format that libsndfile reads, to mono float32 `(frames,)` at `sample_rate` hertz.

    Raises:
        TrainingError: if it is none, or holds no sound.
    """
    mono, rate = read_sound(io.BytesIO(audio))
    resampled: np.ndarray = soxr.resample(mono, rate, sample_rate).astype(np.float32)
    refuse_soundless(resampled)
    return resampled


def decoded(notes: Iterable[TableNote], sample_rate: int) -> Iterator[tuple[TableNote, np.ndarray]]:
    """The notes with their audio; of what can't be decoded only a warning."""
    for note in notes:
        try:
            yield note, decode(note.audio, sample_rate)
        except TrainingError as error:
            log.warning("the note %s is left out: %s", described(note), error)
