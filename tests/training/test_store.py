"""Prepared notes: what is written is read, in any order, and preparing goes on where it was."""

from pathlib import Path

import numpy as np
import pytest

from timbred_training.errors import TrainingError
from timbred_training.frontend import BANDS
from timbred_training.prepare import prepare
from timbred_training.sources.notes import RawNote
from timbred_training.sources.parquet import ParquetSource
from timbred_training.store import LevelReader, Note, read_notes, write_notes


def note(k: int) -> Note:
    level = np.full((k + 1, BANDS), -k, dtype=np.float16)
    return Note(f"i{k}", "bass", "toy", "train", True, True, 40, 100, level)


def test_rows_come_back_in_the_order_asked_over_several_datasets(tmp_path: Path) -> None:
    write_notes(tmp_path / "a", [note(k) for k in range(3)])
    write_notes(tmp_path / "b", [note(k) for k in range(3, 5)])
    levels = LevelReader([tmp_path / "a", tmp_path / "b"]).take(np.array([4, 0, 3, 4]))
    assert [len(level) for level in levels] == [5, 1, 4, 5]
    assert float(levels[0][0, 0]) == -4.0


def test_a_missing_dataset_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="timbred-train prepare"):
        read_notes(tmp_path / "none", ["instrument"])


class Interrupted(ParquetSource):
    """A source that is stopped after some instruments."""

    left = 50

    def render(self, instrument: str) -> list[RawNote]:
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        return super().render(instrument)


def test_preparing_goes_on_where_it_was_stopped(toy_table: Path, tmp_path: Path) -> None:
    source, folder = Interrupted(toy_table, "toy", "CC0-1.0"), tmp_path / "toy.lance"
    source.left = 20
    with pytest.raises(KeyboardInterrupt):
        prepare(source, folder, instruments_a_write=8)
    before = set(read_notes(folder, ["instrument"])["instrument"])
    assert len(before) == 16
    source.left = 50
    prepare(source, folder, instruments_a_write=8)
    assert source.left == 50 - 20
    names = read_notes(folder, ["instrument"])["instrument"]
    assert len(names) == 36 * 4 and len(set(names)) == 36
