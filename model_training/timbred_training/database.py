"""The references that queries are ranked among, and a table's row."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from timbred_training.errors import TrainingError
from timbred_training.note_table import TableNote, decoded
from timbred_training.onnx_encoder import OnnxEncoder
from timbred_training.progress import shown
from timbred_training.retrieval import Rate, nearest, rate

SHOWN = 5
NAMED = 5  # of the instruments that an error tells


@dataclass(frozen=True)
class Row:
    """One line: the right instrument first, among the first five, and the right family first."""

    name: str
    queries: int
    top1: Rate
    top5: Rate
    family: Rate


@dataclass(frozen=True)
class Hits:
    """What came of each query: bools `(queries,)`."""

    top1: np.ndarray
    top5: np.ndarray
    family: np.ndarray

    def row(self, name: str, groups: np.ndarray, which: np.ndarray | None = None) -> Row:
        """The rates of all queries, or of those that `which` marks; `groups` are resampled together."""
        keep = np.ones(len(self.top1), dtype=bool) if which is None else which
        rates = [rate(hits[keep], groups[keep]) for hits in (self.top1, self.top5, self.family)]
        return Row(name, int(keep.sum()), *rates)


@dataclass(frozen=True)
class Database:
    """Unit vectors `(entries, dim)` and whose they are, `(entries,)` each."""

    vectors: np.ndarray
    instruments: np.ndarray
    families: np.ndarray

    def of(self, families: tuple[str, ...]) -> "Database":
        """The entries of some families only."""
        keep = np.isin(self.families, families)
        return Database(self.vectors[keep], self.instruments[keep], self.families[keep])

    def hits(self, queries: np.ndarray, instruments: np.ndarray, families: np.ndarray) -> Hits:
        """Ranks queries `(n, dim)` whose right instruments and families are given, `(n,)`."""
        found = nearest(queries, self.vectors, SHOWN)
        right = self.instruments[found] == instruments[:, None]  # (n, SHOWN)
        return Hits(right[:, 0], right.any(axis=1), self.families[found[:, 0]] == families)


def embed_references(encoder: OnnxEncoder, references: list[TableNote]) -> Database:
    """Embeds the reference notes, one an instrument.

    Raises:
        TrainingError: if an instrument has several, or none can be decoded.
    """
    counts = Counter(note.instrument for note in references)
    several = [name for name, count in counts.items() if count > 1]
    if several:
        raise TrainingError(
            "an instrument of the note tables must have one reference with its effects on; "
            f"{len(several)} have more: {', '.join(several[:NAMED])}"
        )
    entries = [
        (note, encoder(sound).vector)
        for note, sound in decoded(shown(references, "references"), encoder.sample_rate)
    ]
    if not entries:
        raise TrainingError(
            "note tables must hold a reference with its effects on that can be decoded; "
            f"of {len(references)} none can be"
        )
    return Database(
        np.stack([vector for _, vector in entries]),
        np.array([note.instrument for note, _ in entries]),
        np.array([note.family for note, _ in entries]),
    )
