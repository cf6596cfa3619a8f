"""Note tables in Parquet as a training source."""

from pathlib import Path

from timbred_training.frontend import SAMPLE_RATE
from timbred_training.note_table import TableNote, decoded, read_note_tables
from timbred_training.sources.notes import RawNote


class ParquetSource:
    """Every instrument of the note tables of one folder; splits are kept as they are."""

    split: str | None = None

    def __init__(self, folder: Path, name: str, licence: str) -> None:
        self.name, self.licence = name, licence
        self._notes: dict[str, list[TableNote]] = {}
        for note in read_note_tables(folder):
            self._notes.setdefault(note.instrument, []).append(note)

    def instruments(self) -> list[str]:
        """The ids in the tables' order."""
        return list(self._notes)

    def render(self, instrument: str) -> list[RawNote]:
        """Decodes the notes of one instrument, but those that can't be."""
        return [
            RawNote(
                note.instrument,
                note.family,
                note.split,
                note.fx,
                note.reference,
                note.pitch,
                note.velocity,
                audio,
                SAMPLE_RATE,
            )
            for note, audio in decoded(self._notes[instrument], SAMPLE_RATE)
        ]
