"""A toy run from note table to retrieval, and a run that is killed and resumed."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from toy_settings import TOY

import timbred_training.train as training
from timbred_training import batches
from timbred_training.evaluate import evaluate
from timbred_training.export_timbre import export_run
from timbred_training.settings import Settings
from timbred_training.training_notes import TrainingNotes

CHANCE_TOP1 = 100.0 / 36  # one of 36 references
MARGIN = 10.0  # a toy run of a minute must be ten times better than chance
CHANCE_TOP5 = 500.0 / 12  # a role has 12 references
MIXTURE_MARGIN = 1.5  # four seeds read 75 to 93 %


def test_a_killed_run_resumes_exactly(
    toy_notes_prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(TOY, data=(str(toy_notes_prepared),), checkpoint_seconds=0.0)
    whole = torch.load(training.train(settings, tmp_path / "whole"), weights_only=True)

    def kill_at_step_two(notes: TrainingNotes, s: Settings, step: int, rank: int) -> batches.Batch:
        if step == 2:
            raise KeyboardInterrupt
        return draw(notes, s, step, rank)

    draw = batches.draw_batch
    monkeypatch.setattr(training, "draw_batch", kill_at_step_two)
    with pytest.raises(KeyboardInterrupt):
        training.train(replace(settings, evaluate_seconds=0.0), tmp_path / "killed")  # which draws, too
    monkeypatch.setattr(training, "draw_batch", draw)
    resumed = torch.load(training.train(settings, tmp_path / "killed"), weights_only=True)
    assert resumed["step"] == whole["step"] == 4
    for name, value in whole["objective"].items():
        assert torch.equal(value, resumed["objective"][name]), name
    for name, value in whole["average"].items():
        assert torch.equal(value, resumed["average"][name]), name


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_toy_model_is_trained_exported_and_retrieves_ten_times_better_than_chance(
    toy_table: Path, toy_notes_prepared: Path, tmp_path: Path
) -> None:
    settings = replace(TOY, data=(str(toy_notes_prepared),), steps=400)
    training.train(settings, tmp_path / "run")
    export_run(tmp_path / "run", tmp_path / "toy.onnx")
    report = evaluate(tmp_path / "toy.onnx", [toy_table], "valid", mixtures=20)
    assert report.entries == 36 and report.singles[0].queries == 30
    assert report.singles[0].top1.percent > MARGIN * CHANCE_TOP1
    assert report.mixtures is not None
    assert [row.name for row in report.mixtures.rows] == ["all", "bass", "lead", "percussion"]
    # Which of two like instruments comes first is a matter of the seed (15 to 43 % of the time, chance 8).
    assert report.mixtures.rows[0].top5.percent > MIXTURE_MARGIN * CHANCE_TOP5
