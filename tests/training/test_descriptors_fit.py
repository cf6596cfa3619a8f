"""Which notes `timbred-train descriptors fit` measures."""

import logging
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from toy_notes import RATE, encoded, toy_note, write_toy_table

from timbred_training.descriptors_fit import fit
from timbred_training.errors import TrainingError


def test_only_the_train_split_is_measured_whatever_the_files_are_called(tmp_path: Path) -> None:
    write_toy_table(tmp_path / "notes.parquet", instruments=4, notes=2, valid_share=0.5)
    found = fit(tmp_path, notes=100, seed=1)
    assert (found.notes, found.training_set) == (4, "notes.parquet")
    write_toy_table(tmp_path / "train-0.parquet", instruments=3, notes=2, valid_share=1.0)
    assert fit(tmp_path, notes=100, seed=1) == found


def test_notes_that_cannot_be_heard_are_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_toy_table(tmp_path / "x.parquet", instruments=3, notes=2, valid_share=0.0)
    late = np.concatenate([np.zeros(5 * RATE, np.float32), toy_note(0, "bass", 0)])
    rows = pq.read_table(tmp_path / "x.parquet").to_pylist()
    broken = (b"nothing", encoded(np.zeros(RATE, np.float32)), encoded(late))
    for row, sound in zip(rows, broken, strict=False):
        row["audio"] = sound
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "x.parquet")
    with caplog.at_level(logging.WARNING):
        found = fit(tmp_path, notes=100, seed=1)
    assert found.notes == 3 and bool(np.isfinite([*found.mean, *found.deviation]).all())
    assert ["is left out" in message for message in caplog.messages] == [True] * 3


def test_a_folder_with_too_few_train_notes_is_refused(tmp_path: Path) -> None:
    write_toy_table(tmp_path / "x.parquet", instruments=1, notes=1, valid_share=0.0)
    with pytest.raises(TrainingError, match=r"need two train notes that sound, and .* gives 1"):
        fit(tmp_path, notes=100, seed=1)
