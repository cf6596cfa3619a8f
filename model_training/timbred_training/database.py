"""The references that queries are ranked among, and a table's row."""

from dataclasses import dataclass

import numpy as np

from timbred_training.note_table import TableNote, decode
from timbred_training.onnx_encoder import OnnxEncoder
from timbred_training.progress import shown
from timbred_training.retrieval import Rate, nearest, rate

SHOWN = 5


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
    """Embeds the reference notes."""
    vectors = [encoder(decode(n.audio, encoder.sample_rate)).vector for n in shown(references, "references")]
    return Database(
        np.stack(vectors),
        np.array([note.instrument for note in references]),
        np.array([note.family for note in references]),
    )
