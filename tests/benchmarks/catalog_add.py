"""Files a minute, memory and where the time goes of `timbred catalog add`, on one-shots made here.

    python tests/benchmarks/catalog_add.py --files 5000
    python tests/benchmarks/catalog_add.py --files 100000 --longest 0.3

With the models that the command takes, and roles by sound. A rescan of the unchanged folder is timed after it
(`catalog_rescan.py` does so with 100,000 files). The models run here, decoding and measuring in the reader
processes, in the proportion that some hundred of the files show.
"""

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import soundfile as sf

from timbred.catalog_models import wanted_encoders
from timbred.encoder import Encoder
from timbred.role_head import find_role_head
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.decode import decode
from timbred_catalogs.hearing import Ear, windows_of_each
from timbred_catalogs.ingest import ingest
from timbred_catalogs.measured import measured
from timbred_catalogs.summary import Progress

RATE = 44_100
LOOK_SECONDS = 0.5
FOLDERS = ("Kicks", "Snares", "Hats", "Claps", "Bass", "Pads")


def write_one_shots(folder: Path, count: int, longest: float = 1.5) -> None:
    """Decaying tones in noise, 0.1 s to `longest`, mono and stereo, WAV and FLAC; no two alike."""
    rng = np.random.default_rng(1)
    for number in range(count):
        seconds = float(rng.uniform(0.1, longest))
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
    """CPU time of the reader processes, of those that wait for more and of those that were closed."""
    process = psutil.Process()
    waiting = [child.cpu_times() for child in process.children()]
    closed = process.cpu_times()
    ended = closed.children_user + closed.children_system
    return float(ended + sum(each.user + each.system for each in waiting))


def milliseconds_a_file(files: Sequence[Path], encoders: Sequence[Timed]) -> dict[str, float]:
    """What a reader process does with a file, step by step, done here."""
    ears = [Ear(encoder.sample_rate, encoder.window_seconds) for encoder in encoders]
    spent = {"decoding": 0.0, "measuring": 0.0, "windows": 0.0}
    for file in files:
        start = time.thread_time()
        decoded = decode(str(file))
        read = time.thread_time()
        measured(decoded)
        known = time.thread_time()
        windows_of_each(decoded, ears)
        spent["decoding"] += read - start
        spent["measuring"] += known - read
        spent["windows"] += time.thread_time() - known
    return {step: 1000 * seconds / len(files) for step, seconds in spent.items()}


@dataclass(frozen=True)
class Cost:
    """Processor seconds of a whole run; `steps` are a reader's milliseconds a file, measured apart."""

    files: int
    model: float
    own: float
    readers: float
    steps: dict[str, float]

    @property
    def share(self) -> float:
        """Of decoding and the model in everything."""
        decoding = self.readers * self.steps["decoding"] / sum(self.steps.values())
        return (self.model + decoding) / (self.own + self.readers)

    def sentence(self) -> str:
        per_file = 1000 / self.files
        steps = ", ".join(f"{step} {value:.2f}" for step, value in self.steps.items())
        return (
            f"models {self.model * per_file:.2f} ms, readers {self.readers * per_file:.2f} ms ({steps}), "
            f"tables and the rest {(self.own - self.model) * per_file:.2f} ms"
        )


class Memory:
    """Resident megabytes of this process and its readers, looked at twice a second from start to end."""

    def __init__(self) -> None:
        self.files = 0
        self.tidying = False
        self.curve: list[tuple[int, bool, float]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def note(self, progress: Progress) -> None:
        self.tidying = progress.phase == "tidying"
        if progress.phase == "reading":
            self.files = progress.done

    def _look(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            self.curve.append((self.files, self.tidying, resident_mb()))

    def reading(self, files: int) -> float:
        """The most while up to so many files were done."""
        return max((mb for done, tidying, mb in self.curve if done <= files and not tidying), default=0.0)

    def most_tidying(self) -> float:
        """The most while the tables were compacted and indexed, after the last file."""
        return max((mb for _, tidying, mb in self.curve if tidying), default=0.0)


def resident_mb() -> float:
    """What is shared with the readers counts once for each."""
    total = 0
    for process in (psutil.Process(), *psutil.Process().children()):
        with suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--longest", type=float, default=1.5, help="seconds; short ones show memory sooner")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--model", type=Path, help="one ONNX encoder alone, without roles by sound")
    settings = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        samples = Path(work) / "Samples"
        write_one_shots(samples, settings.files, settings.longest)
        catalogue = Catalogue.open(Path(work) / "catalog", mode="create")
        wanted = [Encoder.load(settings.model)] if settings.model else wanted_encoders(catalogue)
        encoders, head = [Timed(encoder) for encoder in wanted], find_role_head(wanted).head
        start, cpu_start = time.perf_counter(), time.process_time()
        with Memory() as memory:
            first = ingest(
                catalogue,
                [samples],
                encoders,
                workers=settings.workers,
                role_head=head,
                on_progress=memory.note,
            )
        seconds, own_seconds = time.perf_counter() - start, time.process_time() - cpu_start
        readers = reader_seconds()
        start = time.perf_counter()
        second = ingest(catalogue, [samples], encoders, workers=settings.workers, role_head=head)
        rescan_seconds = time.perf_counter() - start
        steps = milliseconds_a_file(sorted(samples.rglob("*.*"))[:: max(1, settings.files // 300)], encoders)
    models = " and ".join(encoder.model_id for encoder in encoders)
    print(f"{models}, {settings.workers} workers: {first.sentence()}\n")
    model_seconds = sum(encoder.model_seconds for encoder in encoders)
    cost = Cost(settings.files, model_seconds, own_seconds, readers, steps)
    minute = 60 * settings.files / seconds
    alone = 60 * settings.files * settings.workers / max(model_seconds, 1e-9)
    print("| what | measured | to reach |\n|---|---|---|")
    print(f"| files a minute | {minute:,.0f} | 1,500 |")
    print(f"| the models alone on as many cores would take | {alone:,.0f} | |")
    print(f"| of the processor time: decoding and the models | {cost.share:.0%} | 70 % |")
    print(f"| processor time of a file | {cost.sentence()} | |")
    print(f"| rescan ({second.sentence()}) | {rescan_seconds:.2f} s | |")
    for share in (10, 5, 2, 1):
        count = max(1, settings.files // share)
        print(f"| most memory in the first {count:,} files | {memory.reading(count):,.0f} MB | 700 MB |")
    print(f"| most memory while tables are tidied | {memory.most_tidying():,.0f} MB | 700 MB |")


if __name__ == "__main__":
    main()
