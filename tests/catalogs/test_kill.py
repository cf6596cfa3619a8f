"""A run killed at any instant, and then run again, equals one that was left in peace."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.ingest import ingest

FILES = 30
FILES_TO_BE_KILLED_OVER = 160
KILLS = 6
MakeWav = Callable[..., Path]
RUN = """
import sys
sys.path.insert(0, sys.argv[3])
from conftest import BandEmbedder
from timbred_catalogs import ingest as module
from timbred_catalogs.catalogue import Catalogue
module.COMMIT_FILES = 16
catalogue = Catalogue.open(sys.argv[1], mode="create")
print("ready", flush=True)
module.ingest(catalogue, [sys.argv[2]], [BandEmbedder()], workers=2)
"""


@pytest.fixture
def library(tmp_path: Path, make_wav: MakeWav) -> Path:
    return write_library(tmp_path / "Samples", make_wav, FILES)


def write_library(folder: Path, make_wav: MakeWav, files: int) -> Path:
    """Every tenth file is a copy of the one before it; ten more are empty."""
    for number in range(files):
        seed = number - 1 if number % 10 == 9 else number
        make_wav(folder / f"Pack {number % 3}" / f"Kick {number}.wav", seed=seed, seconds=0.1)
    for number in range(10):
        (folder / f"empty {number}.wav").write_bytes(b"")
    return folder


def rows(catalogue: Catalogue) -> dict[str, Any]:
    """Everything but the moment of adding and, of copies, which one was met first."""
    names = [
        field.name
        for field in fields(next(catalogue.sounds()))
        if field.name in ("id", "role", "kind", "peak_db")
    ]
    sounds = list(catalogue.sounds())
    ids = [sound.id for sound in sounds]
    assert len(set(ids)) == len(ids), "no sound is doubled"
    vectors = np.round(catalogue.vectors("timbre", ids), 5).tolist()
    files = catalogue.tables.files.to_arrow().sort_by("path").to_pylist()
    return {
        "sounds": {
            s.id: [getattr(s, name) for name in names] + v for s, v in zip(sounds, vectors, strict=True)
        },
        "files": files,
        "unreadable": catalogue.unreadable(),
    }


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_run_that_is_resumed_equals_an_undisturbed_one(
    tmp_path: Path, make_wav: MakeWav, embedder: Embedder
) -> None:
    library = write_library(tmp_path / "Samples", make_wav, FILES_TO_BE_KILLED_OVER)
    undisturbed = Catalogue.open(tmp_path / "undisturbed", mode="create")
    ingest(undisturbed, [library], [embedder])
    wanted = rows(undisturbed)
    instants = random.Random(7)
    for number in range(KILLS):
        address = tmp_path / f"killed {number}"
        kill_after(address, library, instants.uniform(0.0, 1.5))
        killed = Catalogue.open(address, mode="create")
        ingest(killed, [library], [embedder])
        assert rows(killed) == wanted


def kill_after(address: Path, library: Path, seconds: float) -> None:
    command = [sys.executable, "-c", RUN, str(address), str(library), str(Path(__file__).parent)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"
    time.sleep(seconds)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()


@pytest.mark.parametrize("step", ["add", "record"])
def test_a_death_between_two_commits_doubles_nothing(
    tmp_path: Path, library: Path, embedder: Embedder, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = Catalogue.open(tmp_path / "undisturbed", mode="create")
    ingest(undisturbed, [library], [embedder])
    killed = Catalogue.open(tmp_path / "killed", mode="create")

    def die(*_: object) -> None:
        raise SystemError("died here")

    with monkeypatch.context() as patch:
        place = "catalogue.Catalogue.add" if step == "add" else "ledger.Ledger.record"
        patch.setattr(f"timbred_catalogs.{place}", die)
        with pytest.raises(SystemError):
            ingest(killed, [library], [embedder])
    ingest(killed, [library], [embedder])
    assert rows(killed) == rows(undisturbed)
