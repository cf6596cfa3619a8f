"""What the daemon's tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from catalog_program import install_model, write_tone
from daemon_thread import Daemon
from library_of_tones import write_library
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


@pytest.fixture
def daemon_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Daemon:
    """Folders with a model and a library of tones, and a daemon that is not started."""
    run = tmp_path / "run"
    run.mkdir(mode=0o700)
    monkeypatch.setenv("TIMBRED_RUNTIME_DIR", str(run))
    monkeypatch.setenv("TIMBRED_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TIMBRED_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("TIMBRED_CONFIG", str(tmp_path / "timbred.toml"))
    model = write_tiny_model(tmp_path / "data" / "models" / "timbre.onnx", space="timbre")
    encoder = Encoder.load(model)
    write_library(tmp_path / "catalog", encoder)
    return Daemon(run, tmp_path / "catalog", encoder)


@pytest.fixture
def daemon(daemon_folders: Daemon) -> Iterator[Daemon]:
    """A running daemon."""
    daemon_folders.start()
    yield daemon_folders
    daemon_folders.stop()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user of the command line with one model and three sounds."""
    monkeypatch.setenv("TIMBRED_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TIMBRED_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("TIMBRED_CONFIG", str(tmp_path / "timbred.toml"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("timbred.models.SHIPPED_FOLDER", tmp_path / "no models")
    install_model(tmp_path, "descriptors")
    for number, name in enumerate(("Kicks/Kick 01.wav", "Snares/SD 01.wav", "Pads/Pad Am.wav")):
        write_tone(tmp_path / "Samples" / "Dusty" / name, 100.0 * (number + 1))
    return tmp_path
