"""A run's folder: one process trains in it, its metrics go on where it does, and nothing is written over."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from toy_settings import TOY

import timbred_training.train as training
from timbred_training import cli
from timbred_training.curves import read_metrics
from timbred_training.errors import TrainingError
from timbred_training.export_timbre import load_run
from timbred_training.run_folder import held, read_run, read_state, refuse_run
from timbred_training.settings import Settings


@pytest.fixture(scope="module")
def settings(toy_notes_prepared: Path) -> Settings:
    return replace(TOY, data=(str(toy_notes_prepared),), steps=1)


@pytest.fixture(scope="module")
def finished(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of one step."""
    return training.train(settings, tmp_path_factory.mktemp("finished")).parent


def copied(run: Path, folder: Path, **changed: object) -> Path:
    """A run of the same checkpoint, but for some of its parts; None takes one out."""
    folder.mkdir()
    state = torch.load(run / "checkpoint.pt", weights_only=True) | changed
    torch.save({k: v for k, v in state.items() if v is not None}, folder / "checkpoint.pt")
    return folder


def steps_of(run: Path) -> list[int]:
    return [json.loads(line)["step"] for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_metrics_of_steps_that_are_trained_again_are_dropped(
    settings: Settings, finished: Path, tmp_path: Path
) -> None:
    run = copied(finished, tmp_path / "run")
    (run / "metrics.jsonl").write_text('{"step": 1}\n{"step": 2}\n{"step": 3}\n[]\n{"step": 4, "hel')
    training.train(replace(settings, steps=3), run)
    assert steps_of(run) == [1, 2, 3]
    assert list(read_metrics(run)["progress"][0]) == [2, 3]


def test_a_run_that_was_killed_before_its_first_checkpoint_begins_its_metrics_anew(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "killed": 0}\n{"step": 2')
    training.train(settings, tmp_path)
    assert steps_of(tmp_path) == [1] and "killed" not in read_metrics(tmp_path)
    assert (tmp_path / "metrics.jsonl.old").read_text().startswith('{"step": 1, "killed"')


def test_a_folder_that_cannot_be_locked_is_named(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "train.lock").mkdir()
    with pytest.raises(TrainingError, match=r"must allow a lock at .*train\.lock"):
        training.train(settings, tmp_path)


def test_one_process_trains_in_a_folder_at_a_time(settings: Settings, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with held(run), pytest.raises(TrainingError, match=r"one process at a time, and another .* in .*run$"):
        training.train(settings, run)
    assert not (run / "checkpoint.pt").exists()
    assert training.train(settings, run).is_file()


def test_a_run_is_not_trained_into_a_file(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for run in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(TrainingError, match=rf"must lie in a folder, and {run} can't be one"):
            training.train(settings, run)


def test_a_fit_run_is_not_trained_into(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "heads.pt").write_bytes(b"")
    for refused in (lambda: refuse_run(tmp_path), lambda: training.train(settings, tmp_path)):
        with pytest.raises(TrainingError, match=r"must hold no run yet, and .*heads\.pt is there"):
            refused()


def test_a_checkpoint_that_is_damaged_anywhere_is_named(finished: Path, tmp_path: Path) -> None:
    whole, file, rng = (finished / "checkpoint.pt").read_bytes(), tmp_path / "c.pt", np.random.default_rng(0)
    refused = 0
    for number in range(60):
        damaged = bytearray(whole[: len(whole) if number % 2 else int(rng.integers(len(whole)))])
        for place in rng.integers(0, min(len(damaged), 4_000), 4 * (number % 2)):
            damaged[place] = int(rng.integers(256))
        file.write_bytes(damaged)
        try:
            read_run(file)
        except TrainingError as error:
            refused += str(file) in str(error)
    assert refused > 30


@pytest.mark.parametrize("error", [UnicodeDecodeError("utf-8", b"", 0, 1, ""), IndexError(), OSError()])
def test_whatever_reading_a_checkpoint_raises_names_it(
    error: Exception, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(torch, "load", load)
    with pytest.raises(TrainingError, match=r"one that a run wrote, and .*checkpoint\.pt is none"):
        read_state(finished / "checkpoint.pt")


def test_a_checkpoint_of_another_version_is_named(settings: Settings, finished: Path, tmp_path: Path) -> None:
    odd = copied(finished, tmp_path / "odd", settings={"name": "x", "data": [], "colour": 1})
    with pytest.raises(TrainingError, match=r"of this version, and .*odd.* is not: .*unknown=\['colour'\]"):
        load_run(odd)
    fewer = dict(list(read_run(finished)["average"].items())[1:])
    less = copied(finished, tmp_path / "less", average=fewer)
    with pytest.raises(TrainingError, match=r"settings' sizes, and .*less is not: .*Missing key"):
        load_run(less)
    with pytest.raises(TrainingError, match=r"settings' sizes, and .*less is not"):
        training.train(settings, tmp_path / "new", start_from=less)
    text = copied(finished, tmp_path / "text", average="text")
    with pytest.raises(TrainingError, match=r"of an encoder's run, and .*text/checkpoint\.pt is of"):
        load_run(text)


@pytest.mark.parametrize("part", ["objective", "optimiser", "instruments", "began"])
def test_a_checkpoint_that_lacks_a_part_is_not_gone_on_from(
    part: str, settings: Settings, finished: Path, tmp_path: Path
) -> None:
    run = copied(finished, tmp_path / "run", **{part: None})
    with pytest.raises(TrainingError, match=rf"of this version, and .*run lacks {part}$"):
        training.train(replace(settings, steps=2), run)
    if part in ("objective", "instruments"):
        with pytest.raises(TrainingError, match=rf"of this version, and .*run lacks {part}$"):
            training.train(settings, tmp_path / "new", start_from=run)


@pytest.mark.parametrize("part", ["objective", "optimiser"])
def test_what_a_checkpoint_holds_of_another_module_is_refused(
    part: str, settings: Settings, finished: Path, tmp_path: Path
) -> None:
    run = copied(finished, tmp_path / "run", **{part: {}})
    with pytest.raises(TrainingError, match=r"settings' sizes, and .*checkpoint\.pt is not"):
        training.train(replace(settings, steps=2), run)


def test_another_size_is_not_begun_from(settings: Settings, finished: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"settings' sizes, and .*finished.* is not"):
        training.train(replace(settings, dim=16), tmp_path / "new", start_from=finished)


def test_a_model_is_not_exported_over_a_folder(finished: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match=rf"written to a file, and {tmp_path} is a folder$"):
        cli.app(["export", str(finished), str(tmp_path)], standalone_mode=False)
    with pytest.raises(TrainingError, match=r"written into a folder, not .*file: "):
        cli.app(["export", str(finished), str(tmp_path / "file" / "x.onnx")], standalone_mode=False)
