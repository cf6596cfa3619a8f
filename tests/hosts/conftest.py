"""What the host tests share: the built plugin, a runtime folder, a list to show, a screen."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import plugin_build
import pytest
import soundfile
from host_daemon import Row
from screen import Screen


@pytest.fixture(scope="session")
def plugin_folder() -> Path:
    """The folder with timbred.vst3, timbred.clap, timbred.lv2 and the standalone, built anew if need be."""
    return plugin_build.build("all") / "bin"


@pytest.fixture
def runtime_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A runtime folder of the test's own."""
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("TIMBRED_RUNTIME_DIR", str(folder))
    return folder


@pytest.fixture
def noise() -> np.ndarray:
    """Two seconds of stereo noise at 48 kHz, float32 `(channels, frames)`."""
    return (np.random.default_rng(0).standard_normal((2, 96_000)) * 0.1).astype(np.float32)


@pytest.fixture
def suggestions(tmp_path: Path) -> list[Row]:
    """A short list whose sounds are real files, one of them with spaces and umlauts in its name."""
    names = ("Kick Deep 04", "Kick Größe #2", "Snare Tight")
    rows: list[Row] = []
    for place, name in enumerate(names):
        path = tmp_path / f"{name}.wav"
        soundfile.write(path, np.sin(np.arange(24_000) * 0.02 * (place + 1)) * 0.5, 48_000)
        slot = "snare" if place == 2 else "kick"
        rank = 1 if place == 2 else place + 1
        row = (slot, rank, f"id{place}", name, "Starter", slot, 0.9 - 0.1 * place, 0, "same decay", str(path))
        rows.append(row)
    return rows


@pytest.fixture
def screen() -> Iterator[Screen]:
    """A virtual screen with a window manager."""
    with Screen(1600, 1500) as made:
        yield made
