"""What the daemon's tests share."""

import pytest
from tiny_model import write_tiny_model

from timbred.encoder import Encoder


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    """An encoder without roles."""
    return Encoder.load(write_tiny_model(tmp_path_factory.mktemp("model") / "descriptors.onnx"))


@pytest.fixture(scope="session")
def role_encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    """An encoder that says what the audio holds of a bass and of a lead."""
    path = tmp_path_factory.mktemp("model") / "timbre.onnx"
    return Encoder.load(write_tiny_model(path, space="timbre", roles=("bass", "lead")))
