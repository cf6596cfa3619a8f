"""Datasets of prepared mixtures: what may lie there already, and notes that can't be heard."""

import logging
from dataclasses import replace
from pathlib import Path

import lance
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from toy_notes import write_toy_table

from timbred_training.bus_mixtures import SCHEMA, PreparedMixtures, prepare_mixtures, train_instruments
from timbred_training.errors import TrainingError
from timbred_training.note_table import TableNote
from timbred_training.store import read_notes


@pytest.fixture
def pool(toy_table: Path) -> dict[str, list[TableNote]]:
    return train_instruments(toy_table)


def test_what_lies_there_must_hold_mixtures(
    pool: dict[str, list[TableNote]], toy_notes_prepared: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match=r"must hold the columns \['instruments', 'level_db'\]"):
        prepare_mixtures(pool, toy_notes_prepared, 1)
    with pytest.raises(TrainingError, match=r"must hold the columns \['instruments', 'level_db'\]"):
        PreparedMixtures([toy_notes_prepared], list(pool))
    prepare_mixtures(pool, tmp_path / "x.lance", 1)
    with pytest.raises(TrainingError, match=r"must hold the columns \['instrument', 'family'"):
        read_notes(tmp_path / "x.lance", ["split"])


def test_mixtures_of_another_seed_or_other_notes_are_not_added(
    pool: dict[str, list[TableNote]], tmp_path: Path
) -> None:
    prepare_mixtures(pool, tmp_path / "x.lance", 1, seed=1)
    with pytest.raises(TrainingError, match=r"began with, and .*x\.lance differs in seed"):
        prepare_mixtures(pool, tmp_path / "x.lance", 2, seed=2)
    first = next(iter(pool))
    other = pool | {first: [replace(note, audio=pool[first][0].audio) for note in pool[first]]}
    with pytest.raises(TrainingError, match=r"began with, and .*x\.lance differs in notes"):
        prepare_mixtures(other, tmp_path / "x.lance", 2, seed=1)
    assert prepare_mixtures(pool, tmp_path / "x.lance", 2, seed=1) == 1


def test_a_dataset_that_does_not_tell_what_made_it_is_added_to(
    pool: dict[str, list[TableNote]], tmp_path: Path
) -> None:
    row = {"instruments": [next(iter(pool))], "level_db": b""}
    lance.write_dataset(pa.Table.from_pylist([row], schema=SCHEMA), str(tmp_path / "x.lance"))
    assert prepare_mixtures(pool, tmp_path / "x.lance", 2) == 1


def test_a_first_write_that_was_broken_off_is_done_again(
    pool: dict[str, list[TableNote]], tmp_path: Path
) -> None:
    (tmp_path / "x.lance" / "data").mkdir(parents=True)
    with pytest.raises(TrainingError, match="timbred-train prepare"):
        PreparedMixtures([tmp_path / "x.lance"], list(pool))
    assert prepare_mixtures(pool, tmp_path / "x.lance", 1) == 1


def test_an_instrument_that_cannot_be_heard_is_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_toy_table(tmp_path / "x.parquet", instruments=10, notes=2, valid_share=0.0)
    rows = pq.read_table(tmp_path / "x.parquet").to_pylist()
    for row in rows[:2]:
        row["audio"] = b"nothing"
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "x.parquet")
    with caplog.at_level(logging.WARNING):
        pool = train_instruments(tmp_path)
    assert sorted(pool) == [f"toy_{number:03d}" for number in range(1, 10)]
    assert caplog.messages[-1] == "toy_000 is left out: none of its 2 train notes sounds"
    assert prepare_mixtures(pool, tmp_path / "x.lance", 3) == 3
