"""The dataset of prepared songs: one that is not there yet, not written to its end, or damaged."""

from pathlib import Path

import lance
import numpy as np
import pyarrow as pa
import pytest

from timbred_training.errors import TrainingError
from timbred_training.fit.song_store import STEM, Sound, prepared_songs, read_sounds, write_sounds
from timbred_training.frontend import BANDS


def sound(song: str) -> Sound:
    return Sound(song, "me", "stems", True, STEM, 0, "part", "", np.zeros((3, BANDS), np.float16))


@pytest.fixture
def written(tmp_path: Path) -> Path:
    write_sounds(tmp_path / "songs.lance", [sound("a")])
    return tmp_path / "songs.lance"


def test_rows_are_appended(written: Path) -> None:
    write_sounds(written, [sound("b")])
    assert prepared_songs(written) == {"a", "b"}
    assert [row.song for row in read_sounds(written)] == ["a", "b"]


@pytest.mark.parametrize("left", ["", "data/half.lance", "_versions/.tmp_1.manifest_half"])
def test_a_first_write_that_was_broken_off_is_done_again(tmp_path: Path, left: str) -> None:
    folder = tmp_path / "songs.lance"
    (folder / left).parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(exist_ok=True)
    if left:
        (folder / left).write_bytes(b"half")
    assert prepared_songs(folder) == set()
    with pytest.raises(TrainingError, match="prepared songs must lie at"):
        read_sounds(folder)
    write_sounds(folder, [sound("a")])
    assert prepared_songs(folder) == {"a"}
    assert len(read_sounds(folder)) == 1


def test_a_file_is_no_dataset(tmp_path: Path) -> None:
    file = tmp_path / "songs.lance"
    file.write_text("text")
    for use in (prepared_songs, read_sounds, lambda path: write_sounds(path, [sound("a")])):
        with pytest.raises(TrainingError, match=r"must be a folder, and .*songs\.lance is a file"):
            use(file)


@pytest.mark.parametrize("part", ["_versions", "data"])
def test_a_damaged_dataset_is_named(written: Path, part: str) -> None:
    for file in (written / part).iterdir():
        file.write_bytes(b"damaged")
    for use in (prepared_songs, read_sounds):
        with pytest.raises(TrainingError, match=r"must be a readable dataset, not .*songs\.lance"):
            use(written)


def test_a_dataset_of_something_else_is_refused(tmp_path: Path) -> None:
    lance.write_dataset(pa.table({"note": [1]}), str(tmp_path / "notes.lance"))
    for use in (prepared_songs, read_sounds):
        with pytest.raises(TrainingError, match=r"must have the columns .*, not \['note'\]"):
            use(tmp_path / "notes.lance")
