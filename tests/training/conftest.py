"""Shared toy data: a note table, and the dataset prepared from it."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from toy_notes import write_toy_table
from toy_settings import TOY

from timbred_training.encoder import Encoder
from timbred_training.export import export_encoder
from timbred_training.prepare import prepare
from timbred_training.settings import Settings
from timbred_training.sources.parquet import ParquetSource
from timbred_training.timbre import SHIPPED_ROLES, TimbreModel
from timbred_training.train import train


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker runs all tests of the exported model, which takes seconds to make."""
    for item in items:
        if "exported" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("exported"))


@pytest.fixture(autouse=True)
def _same_weights_in_every_run() -> None:
    """What a test leaves to chance is drawn alike in every run."""
    torch.manual_seed(0)


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


@pytest.fixture(scope="session")
def model() -> TimbreModel:
    """A small timbre model with random weights, none of which is as it begins."""
    torch.manual_seed(0)
    encoder = Encoder((16, 32), (1, 1), dim=32)
    for part in encoder.modules():
        if isinstance(part, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
            assert part.running_mean is not None and part.running_var is not None
            torch.nn.init.normal_(part.running_mean, std=0.1)
            torch.nn.init.uniform_(part.running_var, 0.5, 2.0)
            torch.nn.init.uniform_(part.weight, 0.5, 2.0)
            torch.nn.init.normal_(part.bias, std=0.1)
    for parameter in (
        encoder.role_shift,
        encoder.role_focus.weight,
        encoder.role_focus.get_parameter("bias"),
    ):
        torch.nn.init.normal_(parameter, std=0.3)
    return TimbreModel(encoder).eval()


@pytest.fixture(scope="session")
def exported(model: TimbreModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model as a file; exporting takes seconds, so it is done once."""
    path = tmp_path_factory.mktemp("model") / "timbre.onnx"
    export_encoder(
        model,
        path,
        space="timbre",
        model_id="toy-1-0",
        sample_rate=32_000,
        window_seconds=1.0,
        embedding_dim=32,
        roles=SHIPPED_ROLES,
    )
    return path


@pytest.fixture(scope="session")
def held_settings(toy_notes_prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Those of a toy run with held vectors, whose run of single notes is there."""
    run = tmp_path_factory.mktemp("single")
    single = replace(TOY, data=(str(toy_notes_prepared),), mixture_weight=0.0, role_weight=0.0)
    train(single, run)
    return replace(
        TOY,
        data=single.data,
        objective="held",
        single_run=str(run),
        singles=7,
        freeze_norms_from=0.0,
        learning_rate=0.003,
        warmup_steps=1,
        dropout=0.0,
    )
