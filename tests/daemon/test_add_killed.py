"""`timbred catalog add` killed at fifty instants, and run again: row by row what one left in peace makes."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catalog_program import install_model, run, write_tone

from timbred_catalogs.catalogue import Catalogue

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

FILES, COPIES, EMPTY = 96, 12, 6
KILLS = 50
SEED = 7
# The command itself, without the shipped models, committing every 8 files; `ready` comes after its imports.
COMMAND = """
import pathlib
from timbred import models
from timbred.__main__ import main
from timbred_catalogs import engines, ingest
from timbred_catalogs.quiet import lancedb
lancedb()
models.SHIPPED_FOLDER = pathlib.Path("no models")
engines.COMMIT_FILES = 8
ingest.CHUNK_FILES = 4
print("ready", flush=True)
main()
"""
# Which of two copies a run meets first, and the moment of adding, are chance.
OF_THE_FILE = ("path", "name", "mtime_ns")
CHANCE = ("added_at",)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Tones, some of them twice, and files that hold nothing."""
    monkeypatch.setenv("TIMBRED_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TIMBRED_CONFIG", str(tmp_path / "timbred.toml"))
    monkeypatch.setattr("timbred.models.SHIPPED_FOLDER", tmp_path / "no models")
    install_model(tmp_path, "timbre")
    folder = tmp_path / "Samples"
    for number in range(FILES):
        write_tone(folder / f"Pack {number % 5}" / f"Kick {number}.wav", 60.0 + 11 * number)
    for number in range(COPIES):
        write_tone(folder / "Copies" / f"Kick {number} again.wav", 60.0 + 11 * 7 * number)
    for number in range(EMPTY):
        (folder / f"empty {number}.wav").write_bytes(b"")
    return folder


def started(address: Path, library: Path) -> "subprocess.Popen[str]":
    """The command at the instant when its work begins."""
    words = [sys.executable, "-c", COMMAND, "catalog", "add", str(library), "--catalog", str(address)]
    running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"
    return running


def rows(address: Path) -> dict[str, Any]:
    """All that the catalogue holds but chance: sounds by their ids with their vectors, files, unreadable."""
    catalogue = Catalogue.open(address)
    stored = catalogue.tables.sounds.to_arrow().to_pylist()
    ids = [row["id"] for row in stored]
    assert len(set(ids)) == len(ids), "no sound is doubled"
    files = catalogue.tables.files.to_arrow().sort_by("path").to_pylist()
    assert len({file["path"] for file in files}) == len(files), "no file is doubled"
    several = {file["sound_id"] for file in files if str(file["path"]).count("again")}
    sounds = {row["id"]: _without_chance(row, row["id"] in several) for row in stored}
    return {"sounds": sounds, "files": files, "unreadable": catalogue.unreadable()}


def _without_chance(row: dict[str, Any], has_copies: bool) -> dict[str, Any]:
    left_out = {*CHANCE, *(("pack", *OF_THE_FILE) if has_copies else ())}
    kept = {name: value for name, value in row.items() if name not in left_out}
    # A batch of other company may change a vector's last bit.
    return {**kept, "vector_timbre": np.round(kept["vector_timbre"], 5).tolist()}


def test_fifty_killed_runs_resumed_equal_an_undisturbed_one(tmp_path: Path, library: Path) -> None:
    undisturbed = started(tmp_path / "undisturbed", library)
    start = time.monotonic()
    assert undisturbed.wait() == 0
    seconds = time.monotonic() - start
    wanted = rows(tmp_path / "undisturbed")
    assert (len(wanted["sounds"]), len(wanted["unreadable"])) == (FILES, EMPTY)
    instants = random.Random(SEED)
    left = []
    for number in range(KILLS):
        address = tmp_path / f"killed {number}"
        left.append(killed_after(address, library, instants.uniform(0.0, seconds)))
        run("add", str(library), "--catalog", str(address))
        assert rows(address) == wanted, f"killed {number}, which left {left[-1]} sounds"
    assert any(0 < count < FILES for count in left), f"every kill fell outside the work: {left}"


def killed_after(address: Path, library: Path, seconds: float) -> int:
    """Returns: how many sounds the killed run left behind."""
    running = started(address, library)
    time.sleep(seconds)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    return Catalogue.open(address, mode="create").count()
