"""The instruments that a run trains on, and what sounds beside them in mixtures."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from timbred_training.bus_mixtures import PreparedMixtures
from timbred_training.errors import TrainingError
from timbred_training.mixing import TRIO
from timbred_training.part_lines import Part
from timbred_training.prepare import refuse_no_train
from timbred_training.roles import role_index
from timbred_training.score_lines import Scores
from timbred_training.settings import Settings
from timbred_training.store import LevelReader, read_notes

COLUMNS = ["instrument", "family", "source", "split", "fx", "reference", "pitch", "columns"]
AT_ONCE = 256


def refuse_repeated(folders: Sequence[Path], what: str = "prepared notes") -> None:
    """Makes sure that nothing counts twice.

    Raises:
        TrainingError: if a folder is named twice.
    """
    if len({folder.resolve() for folder in folders}) < len(folders):
        raise TrainingError(f"{what} must be named once, not {[str(folder) for folder in folders]}")


class TrainingNotes:
    """The instruments of the train split of some prepared datasets.

    Args:
        folders: the datasets whose instruments are learned.
        scores: a folder of MIDI files whose rhythms mixtures may take.
        kits: datasets of drum kits, each an instrument, that only accompany.
        mixtures: datasets of prepared mixtures of the same instruments.

    Raises:
        TrainingError: if datasets are named twice, or hold nothing to train on.
    """

    def __init__(
        self,
        folders: list[Path],
        *,
        scores: Path | None = None,
        kits: Sequence[Path] = (),
        mixtures: Sequence[Path] = (),
    ) -> None:
        refuse_repeated(folders)
        refuse_repeated(mixtures, "prepared mixtures")
        if scores is not None:
            refuse_no_train(scores)
        self.reader = LevelReader(folders)
        self.scores = None if scores is None else Scores(scores)
        self.kits = TrainingNotes(list(kits)) if kits else None
        self.names: list[str] = []
        self.rows: list[np.ndarray] = []
        self.reference: list[int] = []
        families: list[str] = []
        pitches: list[np.ndarray] = []
        start = 0
        for folder in folders:
            table = read_notes(folder, COLUMNS)
            by_instrument: dict[str, list[int]] = {}
            for row in np.flatnonzero(table["split"] == "train"):
                by_instrument.setdefault(table["instrument"][row], []).append(int(row))
            for name, members in by_instrument.items():
                if len(members) < 2:
                    continue
                rows = np.array(members)
                marked = rows[table["reference"][rows]]
                self.names.append(name)
                self.rows.append(rows + start)
                self.reference.append(int((marked if len(marked) else rows)[0]) + start)
                families.append(str(table["family"][rows[0]]))
            pitches.append(table["pitch"])
            start += len(table["split"])
        if not self.names:
            raise TrainingError(
                f"prepared notes must hold train instruments of 2 notes or more, not {folders}"
            )
        self.pitch = np.concatenate(pitches)  # of every row
        self.families, self.family = np.unique(families, return_inverse=True)
        self.role = np.array([role_index(family) for family in families])
        self.trio = [np.flatnonzero(self.role == r) for r in TRIO]
        self.mixtures = PreparedMixtures(list(mixtures), self.names) if mixtures else None

    @classmethod
    def of(cls, settings: Settings) -> "TrainingNotes":
        """What a run with these settings trains on."""
        return cls(
            [Path(name) for name in settings.data],
            scores=Path(settings.scores) if settings.scores else None,
            kits=[Path(name) for name in settings.kits],
            mixtures=[Path(name) for name in settings.prepared_mixtures],
        )

    def twins(self) -> np.ndarray:
        """A number for each instrument, `(instruments,)`: equal, from 0 on, where the reference notes are."""
        rows, first, numbers = np.array(self.reference), dict[bytes, int](), list[int]()
        for begin in range(0, len(rows), AT_ONCE):
            for level in self.reader.take(rows[begin : begin + AT_ONCE]):
                numbers.append(first.setdefault(hashlib.blake2b(level.tobytes()).digest(), len(first)))
        return np.array(numbers)

    def drawn(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """A note each of `count` instruments drawn at random, as the reader numbers them."""
        instruments = rng.integers(len(self.names), size=count)
        return np.array([rng.choice(self.rows[instrument]) for instrument in instruments])

    def part(self, instrument: int, rows: np.ndarray, levels: list[np.ndarray]) -> Part:
        """An instrument as it plays in a mixture, with some of its notes."""
        return Part(levels, self.pitch[rows], int(self.role[instrument]))
