"""Mean and deviation of each descriptor over a training set, and the small file that keeps them."""

import io
import json
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import soundfile
import soxr
import torch
from numpy.typing import NDArray

from timbred_training.descriptors import DESCRIPTOR_NAMES, Descriptors, RawDescriptors
from timbred_training.descriptors_frames import SAMPLE_RATE_HZ
from timbred_training.errors import TrainingError

WINDOW_SECONDS = 4.0
STATISTICS_PATH = Path(__file__).with_name("descriptors_statistics.json")


@dataclass(frozen=True)
class Statistics:
    """What `descriptors fit` found, and in which sounds."""

    training_set: str
    seed: int
    notes: int
    names: tuple[str, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, path: Path) -> "Statistics":
        """Raises TrainingError where the file was made for other descriptors."""
        if not path.is_file():
            raise TrainingError(
                f"the statistics must be a file made by `timbred-train descriptors fit`, not {path}"
            )
        held = json.loads(path.read_text())
        if tuple(held["names"]) != DESCRIPTOR_NAMES:
            raise TrainingError(f"{path} holds other descriptors: run `timbred-train descriptors fit` again")
        lists = {key: tuple(held[key]) for key in ("names", "mean", "deviation")}
        return cls(held["training_set"], held["seed"], held["notes"], **lists)

    def encoder(self) -> Descriptors:
        return Descriptors(torch.tensor(self.mean), torch.tensor(self.deviation)).eval()


def fit(data: Path, *, notes: int, seed: int) -> Statistics:
    """Measure a seeded choice of the training notes in `data`, a folder that holds `train-*.parquet`.

    Raises:
        TrainingError: if the folder holds no such file.
    """
    files = sorted(data.glob("train-*.parquet"))
    if not files:
        raise TrainingError(f"the data folder must hold train-*.parquet, and {data} does not")
    raw = RawDescriptors().eval()
    with torch.inference_mode():
        found = torch.cat(
            [raw(torch.from_numpy(audio)[None]) for audio in _notes(files, notes, seed)]
        ).double()
    return Statistics(
        training_set=", ".join(file.name for file in files),
        seed=seed,
        notes=len(found),
        names=DESCRIPTOR_NAMES,
        mean=tuple(round(value, 6) for value in found.mean(0).tolist()),
        deviation=tuple(round(value, 6) for value in found.std(0).clamp(min=1e-4).tolist()),
    )


def _notes(files: list[Path], notes: int, seed: int) -> Iterator[NDArray[np.float32]]:
    generator = random.Random(seed)
    for index, file in enumerate(files):
        column = pq.read_table(file, columns=["audio"])["audio"]
        share = (notes + index) // len(files)
        for row in sorted(generator.sample(range(len(column)), min(share, len(column)))):
            yield decode(column[row].as_py())


def decode(encoded: bytes) -> NDArray[np.float32]:
    """Mono audio at the encoder's rate, (frames,), cut to the window."""
    audio, rate = soundfile.read(io.BytesIO(encoded), dtype="float32", always_2d=True)
    resampled = np.asarray(soxr.resample(audio.mean(axis=1), rate, SAMPLE_RATE_HZ), dtype=np.float32)
    return resampled[: int(WINDOW_SECONDS * SAMPLE_RATE_HZ)]
