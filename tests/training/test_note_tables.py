"""Note tables: which types their columns may have, and what is written to one."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from toy_notes import encoded, write_toy_table
from toy_sources import NOT_NUMBERS, NOTE, SILENCE, TONE, Given, run, write_sounds

from timbred_training.errors import TrainingError
from timbred_training.note_table import TableNote, decoded, read_note_tables, write_note_table


def change(file: Path, column: str, cell: Callable[[Any], Any], kind: pa.DataType | None = None) -> Path:
    """Rewrites a column of a table."""
    table = pq.read_table(file)
    cells = pa.array([cell(value) for value in table[column].to_pylist()], kind)
    pq.write_table(table.set_column(table.schema.get_field_index(column), column, cells), file)
    return file


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Two notes each of three instruments."""
    write_toy_table(tmp_path / "toy.parquet", instruments=3, notes=2)
    return tmp_path / "toy.parquet"


@pytest.mark.parametrize(
    ("column", "cell", "kind"),
    [
        ("reference", int, pa.int64()),
        ("fx", float, pa.float32()),
        ("pitch", float, pa.float64()),
        ("velocity", int, pa.uint8()),
        ("family", str, pa.dictionary(pa.int32(), pa.large_string())),
        ("audio", bytes, pa.large_binary()),
        ("audio", lambda sound: {"bytes": sound, "path": None}, None),
    ],
)
def test_a_column_may_be_of_another_type_that_means_the_same(
    table: Path, column: str, cell: Callable[[Any], Any], kind: pa.DataType | None
) -> None:
    before = read_note_tables(table)
    assert read_note_tables(change(table, column, cell, kind)) == before
    assert len(list(decoded(before, 16_000))) == 6


def test_numbers_that_name_instruments_become_text(table: Path) -> None:
    notes = read_note_tables(change(table, "instrument_id", lambda name: int(name.removeprefix("toy_"))))
    assert [note.instrument for note in notes] == ["0", "0", "1", "1", "2", "2"]


@pytest.mark.parametrize(
    ("column", "cell", "rule"),
    [
        ("velocity", lambda _: 40_000, r"velocity must be numbers up to 32767, not as in .*toy\.parquet"),
        ("reference", lambda _: 2, r"reference must be true or false, or 1 or 0, not as in .*: it holds 2"),
        ("fx", lambda _: "yes", r"fx must be true or false, or 1 or 0"),
        ("family", lambda name: [name], r"family must be text"),
        ("audio", lambda _: 1, r"audio must be the bytes of a sound file"),
        ("audio", lambda _: {"path": "a.wav"}, r"audio must be the bytes of a sound file"),
    ],
)
def test_a_column_of_another_meaning_is_refused(
    table: Path, column: str, cell: Callable[[Any], Any], rule: str
) -> None:
    with pytest.raises(TrainingError, match=rule):
        read_note_tables(change(table, column, cell))


@pytest.mark.parametrize("column", ["instrument_id", "fx", "reference"])
def test_an_empty_cell_is_refused(table: Path, column: str) -> None:
    rows = iter(range(6))
    change(table, column, lambda value: None if next(rows) == 4 else value)
    with pytest.raises(TrainingError, match=rf"must have its {column}, and row 4 of .*toy\.parquet has none"):
        read_note_tables(table)


def test_a_pitch_may_be_unknown_or_lie_between_two_notes(table: Path) -> None:
    pitches = iter([60.4, 71.6, None, float("nan"), 30.0, 30.0])
    notes = read_note_tables(change(table, "pitch", lambda _: next(pitches)))
    assert [note.pitch for note in notes[:5]] == [60, 72, -1, -1, 30]


@pytest.mark.parametrize("column", ["family", "split"])
def test_a_row_of_no_family_or_split_is_read(table: Path, column: str) -> None:
    rows = iter(range(6))
    notes = read_note_tables(change(table, column, lambda value: None if next(rows) == 4 else value))
    assert [getattr(note, column) == "" for note in notes] == [False] * 4 + [True, False]


def test_rows_without_sound_are_left_out_with_a_warning(
    table: Path, caplog: pytest.LogCaptureFixture
) -> None:
    note = read_note_tables(table)[0]
    rows = [note, replace(note, audio=encoded(SILENCE), pitch=99)]
    with caplog.at_level(logging.WARNING):
        assert [row for row, _ in decoded(rows, 16_000)] == rows[:1]
    assert caplog.messages[0].startswith(
        "the note toy_000, pitch 99, velocity 100 is left out: a sound must peak"
    )


def test_instruments_without_a_reference_and_copies_are_left_out_with_a_warning_each(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = TONE[::-1].copy()
    source = Given(
        NOTE,
        replace(NOTE, instrument="copy"),
        replace(NOTE, instrument="plain", reference=False),
        replace(NOTE, instrument="silent", audio=SILENCE),
        replace(NOTE, instrument="broken", audio=NOT_NUMBERS),
        replace(NOTE, instrument="other", audio=other),
    )
    with caplog.at_level(logging.WARNING):
        assert write_note_table(source, tmp_path / "x.parquet") == 2
    assert [note.instrument for note in read_note_tables(tmp_path / "x.parquet")] == ["one", "other"]
    assert caplog.messages == [
        "copy is left out: it sounds exactly as one",
        "plain is left out: none of its 1 notes that sound is a reference",
        "the note silent, pitch 60, velocity 100 is left out: "
        "a sound must peak at 0.0001 or more, and it peaks at 0",
        "silent is left out: none of its 0 notes that sound is a reference",
        "the note broken, pitch 60, velocity 100 is left out: "
        "a sound must hold finite samples, and one is nan",
        "broken is left out: none of its 0 notes that sound is a reference",
    ]


def test_a_source_without_references_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="must hold references that sound, and given has none"):
        write_note_table(Given(replace(NOTE, reference=False)), tmp_path / "x.parquet")


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    write_sounds(tmp_path / "samples" / "Bass", 2)
    mine = tmp_path / "mine.parquet"
    mine.write_text("mine")
    with pytest.raises(TrainingError, match=r"must be a new file, and .*mine\.parquet is there already"):
        run("prepare", "folder", tmp_path / "samples", mine, "--name", "mine", "--licence", "own")
    assert mine.read_text() == "mine"


def test_a_patch_may_be_empty(table: Path) -> None:
    rows = pq.read_table(table)
    pq.write_table(rows.append_column("patch", pa.array([None, *"abcde"])), table)
    notes: list[TableNote] = read_note_tables(table)
    assert [note.patch for note in notes] == ["", *"abcde"]
    assert np.all([note.audio for note in notes])
