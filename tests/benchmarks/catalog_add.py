"""Files a minute and memory over time of `timbred catalog add`, on one-shots made here.

    python tests/benchmarks/catalog_add.py --files 5000

A rescan of the unchanged folder is timed after it, and the time inside decoding and the model is given.
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
from timbred_catalogs import decode as decode_module
from timbred_catalogs import prepare as prepare_module
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.ingest import Progress, ingest

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
    """An encoder, and the thread time spent in it and in decoding."""

    def __init__(self, encoder: Encoder) -> None:
        self.space, self.model_id, self.dim = encoder.space, encoder.model_id, encoder.dim
        self.sample_rate, self.window_seconds = encoder.sample_rate, encoder.window_seconds
        self._encoder = encoder
        self._lock = threading.Lock()
        self.model_seconds = self.decode_seconds = 0.0

    def embed_batch(self, audios: Sequence[np.ndarray], /) -> np.ndarray:
        start = time.thread_time()
        vectors = self._encoder.embed_batch(audios)
        with self._lock:
            self.model_seconds += time.thread_time() - start
        return vectors

    def time_decoding(self) -> None:
        decode = decode_module.decode

        def timed(path: str) -> object:
            start = time.thread_time()
            try:
                return decode(path)
            finally:
                with self._lock:
                    self.decode_seconds += time.thread_time() - start

        setattr(prepare_module, "decode", timed)  # noqa: B010


class Memory:
    """Resident megabytes of this process against the files done."""

    def __init__(self, every: int) -> None:
        self._every, self._next = every, 0
        self.curve: list[tuple[int, float]] = []

    def note(self, progress: Progress) -> None:
        if progress.phase == "reading" and progress.done >= self._next:
            self.curve.append((progress.done, psutil.Process().memory_info().rss / 1e6))
            self._next = progress.done + self._every


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--model", type=Path, help="an ONNX encoder; by default the installed one")
    settings = parser.parse_args()
    encoder = Timed(Encoder.load(settings.model) if settings.model else default_encoder())
    encoder.time_decoding()
    with tempfile.TemporaryDirectory() as work:
        samples = Path(work) / "Samples"
        write_one_shots(samples, settings.files)
        catalogue = Catalogue.open(Path(work) / "catalog", mode="create")
        memory = Memory(max(1, settings.files // 10))
        start, cpu_start = time.perf_counter(), time.process_time()
        first = ingest(catalogue, [samples], [encoder], workers=settings.workers, on_progress=memory.note)
        seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
        start = time.perf_counter()
        second = ingest(catalogue, [samples], [encoder], workers=settings.workers)
        rescan_seconds = time.perf_counter() - start
    print(f"model {encoder.model_id}, {settings.workers} workers: {first.sentence()}")
    print(
        f"{settings.files / seconds * 60:,.0f} files a minute ({seconds:.1f} s, {cpu_seconds:.1f} s of CPU)"
    )
    print(f"of the CPU time: model {encoder.model_seconds / cpu_seconds:.0%}", end=", ")
    print(f"decoding {encoder.decode_seconds / cpu_seconds:.0%}")
    print(f"rescan: {rescan_seconds:.2f} s ({second.sentence()})")
    print("files done  resident MB")
    for done, megabytes in memory.curve:
        print(f"{done:10,}  {megabytes:11.0f}")


if __name__ == "__main__":
    main()
