"""Shared toy data: a note table, and the dataset prepared from it."""

from pathlib import Path

import pytest
from toy_notes import write_toy_table

from timbred_training.prepare import prepare
from timbred_training.sources.parquet import ParquetSource


@pytest.fixture(scope="session")
def toy_table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one note table of 36 toy instruments, a third of them valid."""
    folder = tmp_path_factory.mktemp("toy")
    write_toy_table(folder / "toy.parquet")
    return folder


@pytest.fixture(scope="session")
def toy_notes_prepared(toy_table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The prepared dataset of these notes."""
    folder = tmp_path_factory.mktemp("prepared") / "toy.lance"
    prepare(ParquetSource(toy_table, "toy", "CC0-1.0"), folder)
    return folder
