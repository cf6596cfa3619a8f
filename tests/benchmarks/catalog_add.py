"""Files a minute and memory over time of `timbred catalog add`, on one-shots made here.

    python tests/benchmarks/catalog_add.py --files 5000

A rescan of the unchanged folder is timed after it. Where the time goes is given too: the model here,
decoding and measuring in the reader processes, in the proportion that a few hundred of the files show.
"""

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psutil
import soundfile as sf

from timbred.encoder import Encoder
from timbred.models import default_encoder
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.decode import decode
from timbred_catalogs.hearing import Ear, windows
from timbred_catalogs.ingest import Progress, ingest
from timbred_catalogs.measured import measured

RATE = 44_100
FOLDERS = ("Kicks", "Snares", "Hats", "Claps", "Bass", "Pads")


def write_one_shots(folder: Path, count: int) -> None:
    """Decaying tones in noise, 0.1 to 1.5 s, mono and stereo, WAV and FLAC; no two alike."""
    rng = np.random.default_rng(1)
    for number in range(count):
        seconds = float(rng.uniform(0.1, 1.5))
        moment = np.arange(round(seconds * RATE)) / RATE
        tone = np.sin(2 * np.pi * rng.uniform(40, 4000) * moment)
        audio = (tone + rng.uniform(0, 1) * rng.standard_normal(len(moment))) * np.exp(-moment * 6 / seconds)
        channels = 1 + number % 2
        place = folder / f"Pack {number // 1000}" / FOLDERS[number % len(FOLDERS)]
        place.mkdir(parents=True, exist_ok=True)
        path = place / f"sound {number}.{'flac' if number % 5 == 0 else 'wav'}"
        sf.write(path, np.repeat(0.2 * audio[:, None], channels, axis=1), RATE)


class Timed:
    """An encoder, and the thread time spent in it."""

    def __init__(self, encoder: Encoder) -> None:
        self.space, self.model_id, self.dim = encoder.space, encoder.model_id, encoder.dim
        self.sample_rate, self.window_seconds = encoder.sample_rate, encoder.window_seconds
        self._encoder = encoder
        self._lock = threading.Lock()
        self.model_seconds = 0.0

    def embed_batch(self, audios: Sequence[np.ndarray], /) -> np.ndarray:
        start = time.thread_time()
        vectors = self._encoder.embed_batch(audios)
        with self._lock:
            self.model_seconds += time.thread_time() - start
        return vectors


def reader_seconds() -> float:
    """CPU time of the reader processes, as long as they wait for more."""
    spent = [child.cpu_times() for child in psutil.Process().children()]
    return float(sum(times.user + times.system for times in spent))


def milliseconds_a_file(files: Sequence[Path], encoder: Timed) -> dict[str, float]:
    """What a reader process does with a file, step by step, done here."""
    ear = Ear(encoder.sample_rate, encoder.window_seconds)
    spent = {"decoding": 0.0, "measuring": 0.0, "windows": 0.0}
    for file in files:
        start = time.thread_time()
        decoded = decode(str(file))
        read = time.thread_time()
        measured(decoded)
        known = time.thread_time()
        windows(decoded, ear)
        spent["decoding"] += read - start
        spent["measuring"] += known - read
        spent["windows"] += time.thread_time() - known
    return {step: 1000 * seconds / len(files) for step, seconds in spent.items()}


class Memory:
    """Resident megabytes of this process and its readers against the files done."""

    def __init__(self, every: int) -> None:
        self._every, self._next = every, 0
        self.curve: list[tuple[int, float]] = []

    def note(self, progress: Progress) -> None:
        if progress.phase == "reading" and progress.done >= self._next:
            own = psutil.Process()
            resident = sum(process.memory_info().rss for process in (own, *own.children()))
            self.curve.append((progress.done, resident / 1e6))
            self._next = progress.done + self._every


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--model", type=Path, help="an ONNX encoder; by default the installed one")
    settings = parser.parse_args()
    encoder = Timed(Encoder.load(settings.model) if settings.model else default_encoder())
    with tempfile.TemporaryDirectory() as work:
        samples = Path(work) / "Samples"
        write_one_shots(samples, settings.files)
        catalogue = Catalogue.open(Path(work) / "catalog", mode="create")
        memory = Memory(max(1, settings.files // 10))
        start, cpu_start = time.perf_counter(), time.process_time()
        first = ingest(catalogue, [samples], [encoder], workers=settings.workers, on_progress=memory.note)
        seconds, own_seconds = time.perf_counter() - start, time.process_time() - cpu_start
        readers = reader_seconds()
        start = time.perf_counter()
        second = ingest(catalogue, [samples], [encoder], workers=settings.workers)
        rescan_seconds = time.perf_counter() - start
        steps = milliseconds_a_file(sorted(samples.rglob("*.*"))[:: max(1, settings.files // 300)], encoder)
    print(f"model {encoder.model_id}, {settings.workers} workers: {first.sentence()}")
    print(f"{settings.files / seconds * 60:,.0f} files a minute ({seconds:.1f} s)")
    model = 1000 * encoder.model_seconds / settings.files
    rest = 1000 * own_seconds / settings.files - model
    print(f"CPU a file: model {model:.2f} ms, tables and the rest {rest:.2f} ms,", end=" ")
    print(f"readers {1000 * readers / settings.files:.2f} ms", end=" ")
    print("(" + ", ".join(f"{step} {value:.2f}" for step, value in steps.items()) + ")")
    print(f"rescan: {rescan_seconds:.2f} s ({second.sentence()})")
    print("files done  resident MB")
    for done, megabytes in memory.curve:
        print(f"{done:10,}  {megabytes:11.0f}")


if __name__ == "__main__":
    main()
