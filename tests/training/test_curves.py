"""The page of curves."""

import json
from pathlib import Path

import pytest

from timbred_training.curves import read_metrics, running_mean, write_page
from timbred_training.errors import TrainingError


def test_a_metric_keeps_the_steps_at_which_it_was_taken(tmp_path: Path) -> None:
    records = [{"step": 1, "loss": 2.0}, {"step": 2, "loss": 1.0, "top1": 30.0}]
    (tmp_path / "metrics.jsonl").write_text("\n".join(json.dumps(record) for record in records))
    assert read_metrics(tmp_path) == {"loss": ([1, 2], [2.0, 1.0]), "top1": ([2], [30.0])}
    assert write_page(tmp_path).read_text().count("<svg") == 2


def test_lines_that_were_broken_off_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text(
        '{"step": 1, "loss": 2.0}\n{"step": 2, "lo{"step": 2, "loss": 1.0}\n{"st'
    )
    assert read_metrics(tmp_path) == {"loss": ([1], [2.0])}
    (tmp_path / "metrics.jsonl").write_text('{"st')
    with pytest.raises(TrainingError, match="a line a step"):
        write_page(tmp_path)


def test_the_running_mean_looks_back_only() -> None:
    assert running_mean([4.0, 2.0, 0.0], width=2) == [4.0, 3.0, 1.0]


def test_a_run_without_metrics_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"metrics\.jsonl"):
        write_page(tmp_path)
