"""`timbred catalog` as a user meets it, with a tiny model and a few tones."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
from tiny_model import write_tiny_model
from typer.testing import CliRunner, Result

from timbred.cli import app
from timbred.models import _loaded

RATE = 22_050


def install_model(home: Path, space: str, **changes: Any) -> None:
    """Puts a tiny model where the program looks for the user's."""
    (home / "data" / "models").mkdir(parents=True, exist_ok=True)
    write_tiny_model(home / "data" / "models" / f"{space}.onnx", space=space, **changes)
    _loaded.cache_clear()


def write_tone(path: Path, hertz: float) -> None:
    """A quarter of a second of a sine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time_seconds = np.arange(RATE // 4) / RATE
    sf.write(path, 0.5 * np.sin(2 * np.pi * hertz * time_seconds), RATE)


def run(*words: str, status: int = 0, answer: str | None = None) -> Result:
    """A command's result; what is no clean end is raised."""
    result = CliRunner().invoke(app, ["catalog", *words], input=answer)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == status, result.output
    return result


def values(*words: str) -> list[dict[str, Any]]:
    """What a command prints with `--json`."""
    return [json.loads(line) for line in run(*words, "--json").stdout.splitlines()]
