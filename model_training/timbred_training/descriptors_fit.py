"""Mean and deviation of each descriptor over a training set, and the small file that keeps them."""

import json
import logging
import random
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from timbred_training.descriptors import DESCRIPTOR_NAMES, Descriptors, RawDescriptors
from timbred_training.descriptors_frames import SAMPLE_RATE_HZ
from timbred_training.errors import TrainingError
from timbred_training.note_table import TableNote, decoded, read_note_table, table_files
from timbred_training.sources.notes import described
from timbred_training.sources.sound_file import refuse_soundless

log = logging.getLogger(__name__)

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
    """Measure a seeded choice of the train notes in `data`, a folder of note tables.

    Raises:
        TrainingError: if fewer than two of them sound.
    """
    tables = {file.name: _train_notes(file) for file in table_files(data)}
    tables = {name: held for name, held in tables.items() if held}
    raw = RawDescriptors().eval()
    with torch.inference_mode():
        rows = [
            raw(torch.from_numpy(audio)[None])
            for audio in _windows(_chosen(list(tables.values()), notes, seed))
        ]
    if len(rows) < 2:
        raise TrainingError(f"descriptors need two train notes that sound, and {data} gives {len(rows)}")
    found = torch.cat(rows).double()
    return Statistics(
        training_set=", ".join(tables),
        seed=seed,
        notes=len(found),
        names=DESCRIPTOR_NAMES,
        mean=tuple(round(value, 6) for value in found.mean(0).tolist()),
        deviation=tuple(round(value, 6) for value in found.std(0).clamp(min=1e-4).tolist()),
    )


def _train_notes(file: Path) -> list[TableNote]:
    return [note for note in read_note_table(file) if note.split == "train"]


def _chosen(tables: list[list[TableNote]], notes: int, seed: int) -> Iterator[TableNote]:
    """As many of each table, and all of one that holds fewer."""
    generator = random.Random(seed)
    for index, held in enumerate(tables):
        share = (notes + index) // len(tables)
        for row in sorted(generator.sample(range(len(held)), min(share, len(held)))):
            yield held[row]


def _windows(notes: Iterable[TableNote]) -> Iterator[NDArray[np.float32]]:
    """Mono audio at the encoder's rate, (frames,), cut to the window; of silence only a warning."""
    for note, audio in decoded(notes, SAMPLE_RATE_HZ):
        window = audio[: int(WINDOW_SECONDS * SAMPLE_RATE_HZ)]
        try:
            refuse_soundless(window)
        except TrainingError as error:
            log.warning("the note %s is left out: %s", described(note), error)
            continue
        yield window
