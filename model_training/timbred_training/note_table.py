"""Note tables in Parquet: one row a note, the audio encoded inside; the layout that evaluation takes."""

import dataclasses
import io
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile
import soxr

from timbred_training.errors import TrainingError
from timbred_training.progress import shown
from timbred_training.sources.notes import RawNote, Source
from timbred_training.sources.sound_file import read_sound

log = logging.getLogger(__name__)

# The split of tables that are written to measure on.
UNSEEN = "unseen"
COLUMNS = ["instrument_id", "family", "split", "fx", "reference", "pitch", "velocity", "audio"]
# Which a table may have beside them.
PATCH = "patch"


@dataclass(frozen=True)
class TableNote:
    """One row; `audio` is still encoded, and `patch` the preset's file where the table tells it."""

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
        TrainingError: if a folder holds none, or a file lacks a column.
    """
    files = dict.fromkeys(file.resolve() for place in places for file in _tables(place))
    return [note for file in files for note in read_note_table(file)]


def _tables(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    files = [file for file in sorted(place.glob("*.parquet")) if not file.name.startswith(".")]
    if not files:
        raise TrainingError(f"a folder of note tables must hold .parquet files, and {place} has none")
    return files


def read_note_table(file: Path) -> list[TableNote]:
    """Reads one Parquet file of notes."""
    try:
        present = set(pq.read_schema(file).names)
    except (OSError, pa.ArrowException) as error:
        raise TrainingError(f"a note table must be a readable Parquet file, not {file}: {error}") from error
    if missing := set(COLUMNS) - present:
        raise TrainingError(f"a note table must have the columns {COLUMNS}; {file} lacks {missing}")
    rows = pq.read_table(file, columns=[*COLUMNS, *({PATCH} & present)]).to_pylist()
    return [TableNote(*[*(row[name] for name in COLUMNS), row.get(PATCH) or ""]) for row in rows]


def write_note_table(source: Source, file: Path) -> int:
    """Writes every note of a source as FLAC, in the split `unseen`; returns how many.

    An instrument that sounds exactly as one before it, as a synthesizer's empty programs do, is left out.

    Raises:
        TrainingError: if nothing of the source sounds.
    """
    rows: list[TableNote] = []
    heard: set[bytes] = set()
    for name in shown(source.instruments(), source.name):
        notes = [
            TableNote(
                raw.instrument,
                raw.family,
                UNSEEN,
                raw.fx,
                raw.reference,
                raw.pitch,
                raw.velocity,
                encode(raw),
            )
            for raw in source.render(name)
            if len(raw.audio)
        ]
        reference = next((note.audio for note in notes if note.reference), None)
        if reference is not None and reference not in heard:
            heard.add(reference)
            rows += notes
    if not rows:
        raise TrainingError(f"a note table must hold notes, and nothing of {source.name} sounds")
    columns = zip(*(dataclasses.astuple(row)[: len(COLUMNS)] for row in rows), strict=True)
    temporary = file.with_suffix(file.suffix + ".tmp")
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(dict(zip(COLUMNS, map(list, columns), strict=True))), temporary)
    temporary.replace(file)
    return len(rows)


def encode(raw: RawNote) -> bytes:
    """The note as FLAC with a peak of -1 dB."""
    level = 10 ** (-1 / 20) / max(float(np.abs(raw.audio).max(initial=0.0)), 1e-6)
    encoded = io.BytesIO()
    soundfile.write(encoded, level * raw.audio, raw.sample_rate, format="FLAC")
    return encoded.getvalue()


def decode(audio: bytes, sample_rate: int) -> np.ndarray:
    """Decodes any format that libsndfile reads, to mono float32 `(frames,)` at `sample_rate` hertz.

    Raises:
        TrainingError: if it is none, or holds no frames.
    """
    mono, rate = read_sound(io.BytesIO(audio))
    resampled: np.ndarray = soxr.resample(mono, rate, sample_rate).astype(np.float32)
    return resampled


def decoded(notes: Iterable[TableNote], sample_rate: int) -> Iterator[tuple[TableNote, np.ndarray]]:
    """The notes with their audio; of what can't be decoded only a warning."""
    for note in notes:
        try:
            yield note, decode(note.audio, sample_rate)
        except TrainingError as error:
            about = f"{note.instrument}, pitch {note.pitch}, velocity {note.velocity}"
            log.warning("the note %s is left out: %s", about, error)
