"""What a run may go on from or begin with: its own checkpoint, another's, one of another device."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.fabric import Fabric
from toy_notes import write_toy_table
from toy_settings import TOY

import timbred_training.train as training
from timbred_training.errors import TrainingError
from timbred_training.export_timbre import load_run
from timbred_training.prepare import prepare
from timbred_training.run_folder import read_run
from timbred_training.settings import Settings
from timbred_training.sources.parquet import ParquetSource
from timbred_training.training_notes import TrainingNotes
from timbred_training.validation import note_vectors

FEW = replace(TOY, steps=1)


@pytest.fixture(scope="module")
def settings(toy_notes_prepared: Path) -> Settings:
    return replace(FEW, data=(str(toy_notes_prepared),))


@pytest.fixture(scope="module")
def finished(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of one step."""
    return training.train(settings, tmp_path_factory.mktemp("finished")).parent


def copied(run: Path, folder: Path) -> Path:
    folder.mkdir()
    (folder / "checkpoint.pt").write_bytes((run / "checkpoint.pt").read_bytes())
    return folder


def test_a_checkpoint_of_a_gpu_goes_on_without_one(
    settings: Settings, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    with monkeypatch.context() as patched:
        patched.setattr(torch.serialization, "location_tag", lambda _: "cuda:0")
        torch.save(read_run(finished), run / "checkpoint.pt")
    begun = training.train(settings, tmp_path / "begun", start_from=run / "checkpoint.pt")
    assert read_run(begun.parent)["step"] == 1
    training.train(replace(settings, steps=2), run)
    assert read_run(run)["step"] == 2


def test_an_optimisers_state_is_read_where_the_weights_are_used(
    settings: Settings, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device's `setup` moves weights, but no state that an optimiser has of them by then."""

    class Watched(Fabric):
        def setup(self, module: torch.nn.Module, *optimizers: torch.optim.Optimizer, **options: Any) -> Any:
            assert not any(optimiser.state for optimiser in optimizers)
            return super().setup(module, *optimizers, **options)

    monkeypatch.setattr(training, "Fabric", Watched)
    run = copied(finished, tmp_path / "run")
    training.train(replace(settings, steps=2), run)
    assert {float(s["step"]) for s in read_run(run)["optimiser"]["state"].values()} == {2.0}


def test_a_run_goes_on_for_longer(settings: Settings, finished: Path, tmp_path: Path) -> None:
    run = copied(finished, tmp_path / "run")
    longer: dict[str, Any] = {
        "name": "long",
        "steps": 2,
        "seconds": 1e9,
        "threads": 2,
        "evaluate_seconds": 1e9,
    }
    training.train(replace(settings, **longer), run)
    assert read_run(run)["step"] == 2


def test_a_run_of_other_settings_is_not_resumed(settings: Settings, finished: Path, tmp_path: Path) -> None:
    run = copied(finished, tmp_path / "run")
    with pytest.raises(TrainingError, match=r"run has seed 1, not 9; learning_rate 0\.002, not 0\.1$"):
        training.train(replace(settings, steps=2, seed=9, learning_rate=0.1), run)


def test_a_run_of_other_instruments_is_not_resumed(
    settings: Settings, toy_table: Path, tmp_path: Path
) -> None:
    data = tmp_path / "toy.lance"
    prepare(ParquetSource(toy_table, "toy", "CC0-1.0"), data)
    ours = replace(settings, data=(str(data),))
    training.train(ours, tmp_path / "run")
    write_toy_table(tmp_path / "more.parquet", instruments=37, valid_share=0.0)
    prepare(ParquetSource(tmp_path / "more.parquet", "toy", "CC0-1.0"), data)
    with pytest.raises(TrainingError, match=r"run has instrument 26 None, not 'toy_036'$"):
        training.train(replace(ours, steps=2), tmp_path / "run")


def test_the_vector_of_an_instrument_that_is_new_begins_where_its_notes_lie(
    settings: Settings, finished: Path, toy_table: Path, tmp_path: Path
) -> None:
    data = tmp_path / "toy.lance"
    write_toy_table(tmp_path / "more.parquet", instruments=37, valid_share=0.0)
    prepare(ParquetSource(toy_table, "toy", "CC0-1.0"), data)
    prepare(ParquetSource(tmp_path / "more.parquet", "toy", "CC0-1.0"), data)
    still = replace(settings, data=(str(data),), learning_rate=0.0)
    training.train(still, tmp_path / "run", start_from=finished)
    begun, before = read_run(tmp_path / "run"), read_run(finished)
    placed = begun["objective"]["proxies"]
    known = [begun["instruments"].index(name) for name in before["instruments"]]
    torch.testing.assert_close(placed[known], before["objective"]["proxies"])
    notes = TrainingNotes([data])
    row = notes.names.index("toy_036")
    own = note_vectors(load_run(finished).encoder, notes.reader, notes.rows[row])
    torch.testing.assert_close(placed[row], torch.nn.functional.normalize(own.mean(dim=0), dim=0))


def test_vectors_that_no_loss_asked_for_begin_where_the_notes_lie_too(
    settings: Settings, tmp_path: Path
) -> None:
    without = replace(settings, single_losses=("info_nce",))
    first = training.train(without, tmp_path / "first").parent
    training.train(replace(settings, learning_rate=0.0), tmp_path / "run", start_from=first)
    notes = TrainingNotes([Path(settings.data[0])])
    own = note_vectors(load_run(first).encoder, notes.reader, notes.rows[3]).mean(dim=0)
    placed = read_run(tmp_path / "run")["objective"]["proxies"][3]
    torch.testing.assert_close(placed, torch.nn.functional.normalize(own, dim=0), atol=0.02, rtol=0.0)


def test_a_run_folder_stands_for_its_checkpoint(settings: Settings, finished: Path, tmp_path: Path) -> None:
    still = replace(settings, learning_rate=0.0, ema_decay=0.0)
    training.train(still, tmp_path / "one", start_from=finished)
    training.train(still, tmp_path / "two", start_from=finished / "checkpoint.pt")
    one, two = (read_run(tmp_path / name)["objective"] for name in ("one", "two"))
    for name, value in one.items():
        assert torch.equal(value, two[name]), name


def test_what_is_no_run_is_not_begun_from(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"must hold a checkpoint, and .*none/checkpoint\.pt is missing"):
        training.train(settings, tmp_path / "run", start_from=tmp_path / "none")
    (tmp_path / "text.pt").write_text("nothing")
    with pytest.raises(TrainingError, match=r"must be one that a run wrote, and .*text\.pt is none"):
        training.train(settings, tmp_path / "run", start_from=tmp_path / "text.pt")
    torch.save({"heads": {}}, tmp_path / "heads.pt")
    with pytest.raises(TrainingError, match=r"must be of an encoder's run, and .*heads\.pt"):
        training.train(settings, tmp_path / "run", start_from=tmp_path / "heads.pt")


def test_more_instruments_than_there_are_are_refused(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"instruments must be at most the 26 that .*, not 27"):
        training.train(replace(settings, instruments=27), tmp_path)
    with pytest.raises(TrainingError, match=r"trios must be at most .*, 8 of the rarest, not 9"):
        training.train(replace(settings, instruments=26, trios=9, mixtures=9), tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_two_processes_go_by_one_clock_and_draw_apart(toy_notes_prepared: Path, tmp_path: Path) -> None:
    script = Path(__file__).with_name("toy_two_processes.py")
    for part in ("begun", "resumed"):
        noted = tmp_path / part
        noted.mkdir()
        subprocess.run(
            [sys.executable, script, toy_notes_prepared, tmp_path / "run", noted], check=True, timeout=100
        )
        first, second = (
            [json.loads(line) for line in (noted / f"{rank}.jsonl").read_text().splitlines()]
            for rank in (0, 1)
        )
        assert len(first) > 2
        assert [line[:2] for line in first] == [line[:2] for line in second]
        assert {line[2] for line in first}.isdisjoint(line[2] for line in second)
