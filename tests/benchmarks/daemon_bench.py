"""What the daemon's benchmarks share: a catalogue of synthetic sounds, a daemon process, music."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "daemon"))

from library_of_tones import sound

from timbred.encoder import Encoder
from timbred.models import default_encoder
from timbred_bridge.runtime import DaemonAddress
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.roles import ROLES

RATE = 48_000
BATCH = 5_000
SEED = 7


@dataclass
class Bench:
    """A daemon process in folders of its own."""

    folder: Path
    catalog: Path
    command: list[str]
    process: subprocess.Popen[bytes]

    def kill_and_start_again(self) -> float:
        """As `kill -9` and `timbred serve` do; returns when the new process was started."""
        self.process.kill()
        self.process.wait()
        started_at = time.monotonic()
        self.process = _started(self.command)
        return started_at


def music(seconds: float, seed: int = SEED) -> np.ndarray:
    """A made-up bar music that never repeats: drums, bass and chords, stereo, shape `(2, frames)`."""
    rng = np.random.default_rng(seed)
    frames = int(seconds * RATE)
    mix = 1e-4 * rng.standard_normal(frames)
    for start in np.arange(0, seconds - 0.5, 0.25):
        begin = int(start * RATE)
        note_time = np.arange(min(RATE // 2, frames - begin)) / RATE
        envelope = np.exp(-note_time * rng.uniform(3, 20))
        for pitch_hz in rng.choice([41, 55, 110, 220, 330, 440, 660, 880, 1320], 3):
            bright = rng.uniform(0.1, 3)
            phase = 2 * np.pi * pitch_hz * note_time + bright * np.sin(4 * np.pi * pitch_hz * note_time)
            mix[begin : begin + len(note_time)] += 0.1 * envelope * np.sin(phase)
        noise = rng.standard_normal(len(note_time)) * np.exp(-note_time * rng.uniform(20, 80))
        mix[begin : begin + len(note_time)] += 0.1 * noise
    return np.stack([mix, mix]).astype(np.float32)


def fill_catalogue(address: Path, encoder: Encoder, count: int) -> None:
    """Sounds of all roles whose vectors lie scattered around those of made-up music."""
    rng = np.random.default_rng(SEED)
    pieces = [music(2.0, seed)[0, ::2] for seed in range(32)]
    centres = encoder.embed_batch(pieces)
    catalogue = Catalogue.open(address, mode="create")
    catalogue.declare_space(encoder.space, encoder.model_id, encoder.dim)
    for start in range(0, count, BATCH):
        numbers = range(start, min(start + BATCH, count))
        spread = 0.5 / np.sqrt(encoder.dim) * rng.standard_normal((len(numbers), encoder.dim))
        vectors = centres[rng.integers(0, len(centres), len(numbers))] + spread
        sounds = [
            replace(sound(n, name=f"Sound {n}", pack=f"Pack {n % 300}"), role=ROLES[n % len(ROLES)])
            for n in numbers
        ]
        catalogue.add(sounds, {encoder.space: vectors.astype(np.float32)})


@contextmanager
def serving(sounds: int, settings: str = "") -> Iterator[Bench]:
    """A daemon with a catalogue of so many sounds, ready to answer.

    Args:
        sounds: How many.
        settings: TOML that changes the defaults.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "run").mkdir(mode=0o700)
        (root / "timbred.toml").write_text(settings)
        fill_catalogue(root / "catalog", default_encoder(), sounds)
        os.environ |= {"TIMBRED_RUNTIME_DIR": str(root / "run"), "TIMBRED_CONFIG": str(root / "timbred.toml")}
        command = [sys.executable, "-m", "timbred", "serve", "--catalog", str(root / "catalog")]
        bench = Bench(root / "run", root / "catalog", command, _started(command))
        try:
            while DaemonAddress.read(bench.folder) is None:
                time.sleep(0.01)
            yield bench
        finally:
            bench.process.terminate()
            bench.process.wait()


def _started(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def table(rows: list[tuple[str, str, str]]) -> None:
    """Prints what was measured beside what is to reach."""
    print(f"{'what':<52} {'measured':>12}   to reach")
    for what, measured, target in rows:
        print(f"{what:<52} {measured:>12}   {target}")
