"""The quick look at validation notes while training."""

from pathlib import Path

import numpy as np

from timbred_training.frontend import BANDS
from timbred_training.store import Note, write_notes
from timbred_training.timbre import TimbreModel
from timbred_training.validation import quick_scores


def written(folder: Path, references: int) -> Path:
    """Three valid instruments of two notes each; so many of them have a reference."""
    rng = np.random.default_rng(0)
    levels = rng.uniform(-60.0, 0.0, (3, 2, 40, BANDS)).astype(np.float16)
    write_notes(
        folder,
        [
            Note(f"i{k}", "bass", "toy", "valid", True, n == 0 and k < references, 60, 100, levels[k, n])
            for k in range(3)
            for n in range(2)
        ],
    )
    return folder


def test_fewer_references_than_five_are_ranked_all(model: TimbreModel, tmp_path: Path) -> None:
    scores = quick_scores(model.encoder, [written(tmp_path / "few.lance", 3)])
    assert scores["top5"] == 100.0 and 0.0 <= scores["top1"] <= 100.0


def test_without_references_there_are_no_scores(model: TimbreModel, tmp_path: Path) -> None:
    assert quick_scores(model.encoder, [written(tmp_path / "none.lance", 0)]) == {}
