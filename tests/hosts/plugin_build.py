"""Builds the plugin and the tools of its tests, so that no test runs against an old build."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "plugin_bridge" / "plugin"
BUILD = ROOT / "build" / "plugin"
HOST_TOOLS = ROOT / "build" / "hosts"


def build(*targets: str, folder: Path = BUILD, options: Sequence[str] = ()) -> Path:
    """Configures and builds what changed; one process at a time.

    Args:
        targets: CMake's.
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
        _run("cmake", "--build", str(folder), "--parallel", "2", "--target", *targets)
    return folder


def compile_host(source: Path, *packages: str, flags: tuple[str, ...] = ()) -> Path:
    """Compiles one of the small hosts beside this file.

    Args:
        source: A C or C++ file.
        packages: pkg-config names.
        flags: Further ones for the compiler.

    Returns:
        The program, or the shared library where the flags ask for one.
    """
    HOST_TOOLS.mkdir(parents=True, exist_ok=True)
    program = HOST_TOOLS / source.stem
    compiler = "gcc" if source.suffix == ".c" else "g++"
    found = subprocess.run(["pkg-config", "--cflags", "--libs", *packages], capture_output=True, text=True)
    if packages and found.returncode != 0:
        pytest.fail(f"{' '.join(packages)} is not installed: run scripts/setup --tests")
    libraries = found.stdout.split() if packages else []
    part = program.with_suffix(f".{os.getpid()}")
    _run(compiler, "-O2", "-Wall", "-Wextra", *flags, str(source), "-o", str(part), *libraries, "-ldl")
    part.replace(program)
    return program


def need(program: str) -> str:
    """The path of a host program; a host test without its host fails, it is not skipped."""
    found = shutil.which(program)
    if found is None:
        pytest.fail(f"{program} is not installed: run scripts/setup --tests")
    return found


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.fail(f"{' '.join(command)} failed:\n{done.stdout[-4000:]}\n{done.stderr[-2000:]}")
