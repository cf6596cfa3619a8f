"""Builds the plugin and the tools of its tests, so that no test runs against an old build."""

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "plugin_bridge" / "plugin"
BUILD = ROOT / "build" / "plugin"


def build(target: str, folder: Path = BUILD, *options: str) -> Path:
    """Configures and builds what changed; one process at a time.

    Args:
        target: A CMake target.
        folder: The build folder.
        options: For the first configuration.

    Returns:
        The build folder.
    """
    if shutil.which("cmake") is None:
        pytest.fail("cmake is not installed: run scripts/setup --tests")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _run("cmake", "-S", str(SOURCE), "-B", str(folder), *options)
        _run("cmake", "--build", str(folder), "--target", target, "--parallel")
    return folder


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.fail(f"{' '.join(command)} failed:\n{done.stdout[-4000:]}\n{done.stderr[-2000:]}")
