"""Counts and times what the plugin does on the audio thread, in LV2 and in VST3."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from plugin_build import compile_host

HERE = Path(__file__).parent
LV2_URI = "urn:timbred:plugin"
Counts = dict[str, int]


@dataclass(frozen=True)
class CoreTime:
    """Nanoseconds that one block takes without a plugin format around it.

    Args:
        frames: Frames of the block.
        process_ns: The copy into the ring, the transport, and the copy to the output.
        memcpy_ns: A bare memcpy of the block into as much shared memory as a ring has, one behind the other.
    """

    frames: int
    process_ns: float
    memcpy_ns: float


@dataclass(frozen=True)
class BlockTime:
    """Nanoseconds that one block takes.

    Args:
        frames: Frames of the block.
        run_ns: The LV2's run().
        memcpy_ns: A bare memcpy of the block into as much shared memory as a ring has, one behind the other.
        hot_memcpy_ns: A bare memcpy to the same place each time.
    """

    frames: int
    run_ns: float
    memcpy_ns: float
    hot_memcpy_ns: float


def lv2_counts(plugin_folder: Path, mode: str = "trap") -> Counts:
    """What run() of the LV2 did in 20,000 random blocks; mode "selftest" does one of each on purpose."""
    return dict(json.loads(_lv2_host(plugin_folder, mode)))


def lv2_times(plugin_folder: Path) -> list[BlockTime]:
    """How long run() of the LV2 takes by block size."""
    return [BlockTime(**json.loads(line)) for line in _lv2_host(plugin_folder, "time").splitlines()]


def core_times(tools: Path) -> list[CoreTime]:
    """How long the plugin's own part takes by block size."""
    return [CoreTime(**json.loads(line)) for line in _run([str(tools / "time_tool")]).splitlines()]


def vst3_counts(plugin_folder: Path) -> dict[str, Counts]:
    """What the VST3 did under pedalboard: see vst3_realtime.py."""
    counter = compile_host(HERE / "count_calls.c", flags=("-shared", "-fPIC"))
    script = [sys.executable, str(HERE / "vst3_realtime.py"), str(plugin_folder / "timbred.vst3")]
    return dict(json.loads(_run(script, LD_PRELOAD=str(counter))))


def _lv2_host(plugin_folder: Path, mode: str) -> str:
    host = compile_host(HERE / "lv2_realtime.cpp", "lilv-0", flags=("-std=c++17", "-pthread"))
    with lv2_path(plugin_folder) as path:
        return _run([str(host), mode, LV2_URI], LV2_PATH=str(path))


@contextmanager
def lv2_path(plugin_folder: Path) -> Iterator[Path]:
    """A folder for LV2_PATH in which the plugin's bundle lies alone."""
    with tempfile.TemporaryDirectory() as path:
        (Path(path) / "timbred.lv2").symlink_to(plugin_folder / "timbred.lv2")
        yield Path(path)


def _run(command: list[str], **environment: str) -> str:
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # as a user's runtime folder, in memory
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        environment = {**os.environ, "TIMBRED_RUNTIME_DIR": folder, **environment}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    if not done.stdout:
        raise RuntimeError(f"{command[0]} failed: {done.stderr[-2000:]}")
    return done.stdout
