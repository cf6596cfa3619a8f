"""Listening leaves nothing behind that the user did not ask for: no library reports home."""

import os
import subprocess
import sys
from pathlib import Path

import onnxruntime
from tiny_model import write_tiny_model

LOAD = "import pathlib, sys, timbred.encoder as e; e.Encoder.load(pathlib.Path(sys.argv[1]))"
LOAD_WITHOUT_TIMBRED = "import sys; import onnxruntime; onnxruntime.InferenceSession(sys.argv[1])"


def files_left(home: Path, program: str, model: Path) -> list[Path]:
    """What a program writes into an empty home."""
    home.mkdir()
    told = {"PATH": os.environ["PATH"], "HOME": str(home)}
    subprocess.run([sys.executable, "-c", program, str(model)], env=told, check=True, timeout=60)
    return [path for path in home.rglob("*") if path.is_file()]


def test_running_a_model_keeps_no_device_id_and_no_events(tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path / "descriptors.onnx")
    assert files_left(tmp_path / "home", LOAD, model) == []


def test_the_check_would_notice_a_runtime_that_reports(tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path / "descriptors.onnx")
    reports = Path(onnxruntime.__file__).with_name("Privacy.md").read_text().find("ORT_DISABLE_TELEMETRY") > 0
    assert bool(files_left(tmp_path / "home", LOAD_WITHOUT_TIMBRED, model)) == reports
