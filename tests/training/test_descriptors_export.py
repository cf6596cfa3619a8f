"""The shipped descriptors.onnx is the module it was made from, and says so."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

import timbred
from timbred_training.descriptors import DESCRIPTOR_NAMES
from timbred_training.descriptors_cli import fit
from timbred_training.descriptors_fit import STATISTICS_PATH, Statistics
from timbred_training.errors import TrainingError
from timbred_training.export import weights_hash

MODEL_PATH = Path(timbred.__file__).parent / "models" / "descriptors.onnx"


@pytest.fixture(scope="module")
def session() -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(MODEL_PATH), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize(("batch", "frames"), [(1, 2400), (3, 24_001), (1, 96_000)])
def test_the_model_file_equals_the_module(
    session: onnxruntime.InferenceSession, batch: int, frames: int
) -> None:
    generator = np.random.default_rng(frames)
    audio = generator.standard_normal((batch, frames)).astype(np.float32) * np.linspace(
        1, 0, frames, dtype="f"
    )
    with torch.inference_mode():
        expected = Statistics.read(STATISTICS_PATH).encoder()(torch.from_numpy(audio)).numpy()
    found = session.run(["embedding"], {"audio": audio})[0]
    assert np.abs(found - expected).max() < 1e-4


@pytest.mark.parametrize("hz", [50.0, 440.0, 11_000.0])
def test_a_tone_between_digital_silences_is_finite_and_the_same(
    session: onnxruntime.InferenceSession, hz: float
) -> None:
    audio = np.zeros((1, 40_000), np.float32)
    audio[0, 10_000:20_000] = 0.3 * np.sin(2 * np.pi * hz * np.arange(10_000) / 24_000)
    with torch.inference_mode():
        expected = Statistics.read(STATISTICS_PATH).encoder()(torch.from_numpy(audio)).numpy()
    found = session.run(["embedding"], {"audio": audio})[0]
    assert np.abs(found - expected).max() < 1e-4


def test_silence_through_the_model_file_is_the_first_axis(session: onnxruntime.InferenceSession) -> None:
    found = np.asarray(session.run(["embedding"], {"audio": np.zeros((2, 5000), np.float32)})[0])
    assert np.array_equal(found, np.eye(len(DESCRIPTOR_NAMES), dtype=np.float32)[[0, 0]])


def test_the_model_file_names_its_space_rate_window_and_size(session: onnxruntime.InferenceSession) -> None:
    held = session.get_modelmeta().custom_metadata_map
    assert held["timbred.space"] == "descriptors"
    assert (
        held["timbred.model_id"]
        == f"descriptors-1-{weights_hash(Statistics.read(STATISTICS_PATH).encoder())}"
    )
    assert held["timbred.sample_rate"] == "24000"
    assert held["timbred.window_seconds"] == "4.0"
    assert held["timbred.embedding_dim"] == str(len(DESCRIPTOR_NAMES))


def test_statistics_of_other_descriptors_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "statistics.json"
    path.write_text('{"names": ["loudness"]}')
    with pytest.raises(TrainingError, match="holds other descriptors"):
        Statistics.read(path)


def test_notes_marked_no_train_are_not_measured(tmp_path: Path) -> None:
    (tmp_path / "NO-TRAIN").touch()
    with pytest.raises(TrainingError, match="NO-TRAIN"):
        fit(data=tmp_path, notes=2, seed=1, out=tmp_path / "statistics.json")
