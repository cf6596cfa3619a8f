"""Baselines for mixtures: separators in front of the single encoder, and one output a role."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from toy_settings import TOY

from timbred_training.baseline_objectives import MultiObjective
from timbred_training.errors import TrainingError
from timbred_training.evaluate import evaluate
from timbred_training.export_timbre import export_run, load_multi, load_run, load_separator
from timbred_training.onnx_encoder import OnnxEncoder
from timbred_training.separators import HarmonicPercussive, SeparatedModel, running_median
from timbred_training.train import train


@pytest.fixture(scope="module")
def single_run(toy_notes_prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A single encoder that has seen two steps."""
    folder = tmp_path_factory.mktemp("single")
    train(replace(TOY, data=(str(toy_notes_prepared),), steps=2), folder)
    return folder


def test_a_running_median_is_that_of_each_window() -> None:
    x = torch.randn(2, 3, 10)
    wide = np.pad(x.numpy(), ((0, 0), (0, 0), (2, 2)), mode="edge")
    expected = np.stack([np.median(wide[..., k : k + 5], axis=-1) for k in range(10)], axis=-1)
    np.testing.assert_allclose(running_median(x, 5).numpy(), expected)


def test_a_held_tone_is_harmonic_and_a_click_percussive() -> None:
    power = torch.full((1, 96, 60), 1e-6)
    power[:, 20], power[:, :, 30] = 1.0, 1.0
    shares = HarmonicPercussive()(power)[0]  # (bass, lead, percussion)
    assert shares[0, 20, 10] > 0.99 and shares[1, 20, 10] > 0.99 and shares[2, 20, 10] < 0.01
    assert shares[2, 60, 30] > 0.99 and shares[0, 60, 30] < 0.01


def assert_equal_when_exported(model: torch.nn.Module, path: Path) -> None:
    encoder = OnnxEncoder(path)
    for seconds in (0.1, 1.7):
        audio = np.random.default_rng(0).normal(0, 0.1, int(seconds * 32_000)).astype(np.float32)
        answer = encoder(audio)
        with torch.no_grad():
            vector, by_role = model(torch.from_numpy(audio)[None])
        np.testing.assert_allclose(answer.vector, vector[0].numpy(), atol=1e-4)
        assert answer.by_role is not None
        np.testing.assert_allclose(answer.by_role, by_role[0].numpy(), atol=1e-4)


@pytest.mark.slow
def test_medians_stand_in_front_of_a_single_encoder_and_are_evaluated(
    single_run: Path, toy_table: Path, tmp_path: Path
) -> None:
    assert export_run(single_run, tmp_path / "x.onnx", separator="hpss").startswith("separated-hpss-1-")
    assert_equal_when_exported(
        SeparatedModel(load_run(single_run), HarmonicPercussive()), tmp_path / "x.onnx"
    )
    report = evaluate(tmp_path / "x.onnx", [toy_table], "valid", mixtures=3)
    assert report.mixtures is not None and [r.name for r in report.mixtures.rows][1:] == [
        "bass",
        "lead",
        "percussion",
    ]


@pytest.mark.slow
def test_masks_are_learned_and_exported_with_the_single_encoder(
    single_run: Path, toy_notes_prepared: Path, tmp_path: Path
) -> None:
    settings = replace(TOY, data=(str(toy_notes_prepared),), objective="masks", steps=12, learning_rate=0.01)
    train(settings, tmp_path / "masks")
    losses = [
        line.split('"masks": ')[1] for line in (tmp_path / "masks/metrics.jsonl").read_text().splitlines()
    ]
    first, last = (float(line.split(",")[0]) for line in (losses[0], losses[-1]))
    assert last < first
    export_run(single_run, tmp_path / "x.onnx", separator=str(tmp_path / "masks"))
    model = SeparatedModel(load_run(single_run), load_separator(str(tmp_path / "masks")))
    assert_equal_when_exported(model, tmp_path / "x.onnx")


@pytest.mark.slow
def test_a_multi_encoder_comes_nearer_to_the_single_one_and_is_exported(
    single_run: Path, toy_notes_prepared: Path, tmp_path: Path
) -> None:
    settings = replace(
        TOY, data=(str(toy_notes_prepared),), objective="multi", single_run=str(single_run), steps=12
    )
    state = torch.load(train(settings, tmp_path / "run"), weights_only=True)
    assert not any("_single" in name for name in state["objective"])
    metrics = (tmp_path / "run/metrics.jsonl").read_text().splitlines()
    first, last = (float(line.split('"cosine": ')[1].split(",")[0]) for line in (metrics[0], metrics[-1]))
    assert last < first
    export_run(tmp_path / "run", tmp_path / "x.onnx")
    assert_equal_when_exported(load_multi(tmp_path / "run"), tmp_path / "x.onnx")


def test_runs_of_another_objective_are_refused(single_run: Path, toy_notes_prepared: Path) -> None:
    with pytest.raises(TrainingError, match="objective masks is needed"):
        load_separator(str(single_run))
    with pytest.raises(TrainingError, match="dim must be that of single_run, 32, not 16"):
        train(
            replace(
                TOY, data=(str(toy_notes_prepared),), objective="multi", single_run=str(single_run), dim=16
            ),
            single_run.parent / "other",
        )
    with pytest.raises(TrainingError, match="encoder must be that of single_run"):
        MultiObjective(
            replace(TOY, objective="multi", single_run=str(single_run), expansion=TOY.expansion + 1)
        )


def test_a_multi_encoder_begins_as_the_single_one(single_run: Path) -> None:
    objective = MultiObjective(replace(TOY, objective="multi", single_run=str(single_run)))
    for name, value in load_run(single_run).encoder.state_dict().items():
        assert torch.equal(objective.encoder.encoder.state_dict()[name], value), name
