"""The two tables of a timbre model: single notes found again, and mixtures asked for each of their roles."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from timbred_training.errors import TrainingError
from timbred_training.mixture_lines import ROLE_FAMILIES, draw_mixture
from timbred_training.note_table import TableNote, decode, read_note_tables
from timbred_training.onnx_encoder import OnnxEncoder
from timbred_training.retrieval import Rate, nearest, rate

T = TypeVar("T")


@dataclass(frozen=True)
class Row:
    """One line of a table: the right instrument first, among the first five, and the right family first."""

    name: str
    queries: int
    top1: Rate
    top5: Rate
    family: Rate


@dataclass(frozen=True)
class Report:
    """Both tables, and what a thousand queries cost in seconds, embedding and search together."""

    model_id: str
    split: str
    seed: int
    entries: int
    singles: list[Row]
    mixtures: list[Row]
    single_seconds: float
    mixture_seconds: float


def evaluate(model: Path, data: Path, split: str, *, mixtures: int = 300, seed: int = 0) -> Report:
    """Measures a model file on a folder of note tables, through ONNX Runtime with one thread.

    The database holds the reference notes of every instrument of every file whose effects are on; queries are
    the other notes of `split`, and mixtures of these.
    """
    encoder = OnnxEncoder(model)
    notes = read_note_tables(data)
    references = [note for note in notes if note.reference and note.fx]
    queries = [note for note in notes if not note.reference and note.fx and note.split == split]
    if not references or not queries:
        splits = sorted({note.split for note in notes})
        raise TrainingError(
            f"the split must be one of {splits} and hold notes that are no references, not {split}"
        )
    rate_hz = encoder.sample_rate
    database = np.stack([encoder(decode(n.audio, rate_hz)).vector for n in _shown(references, "references")])
    audio = [decode(note.audio, rate_hz) for note in queries]
    singles, single_seconds = _single_rows(encoder, references, database, queries, audio)
    rows, mixture_seconds = _mixture_rows(encoder, references, database, queries, audio, mixtures, seed)
    return Report(
        encoder.model_id, split, seed, len(references), singles, rows, single_seconds, mixture_seconds
    )


def print_report(report: Report, console: Console) -> None:
    """Prints both tables."""
    console.print(
        f"{report.model_id}, split {report.split}, {report.entries} references, seed {report.seed}; "
        "percent [95 % interval, instruments or mixtures resampled]"
    )
    for title, rows, seconds in (
        ("single notes", report.singles, report.single_seconds),
        ("three-instrument mixtures", report.mixtures, report.mixture_seconds),
    ):
        table = Table(title=f"{title} ({seconds:.1f} s per 1000 queries)")
        for heading in ("", "queries", "top-1", "top-5", "family@1"):
            table.add_column(heading, justify="left" if not heading else "right", no_wrap=True)
        for row in rows:
            table.add_row(row.name, str(row.queries), str(row.top1), str(row.top5), str(row.family))
        console.print(table)


def _single_rows(
    encoder: OnnxEncoder,
    references: list[TableNote],
    database: np.ndarray,
    queries: list[TableNote],
    audio: list[np.ndarray],
) -> tuple[list[Row], float]:
    started = time.perf_counter()
    vectors = np.stack([encoder(sound).vector for sound in _shown(audio, "single notes")])
    found = nearest(vectors, database, 5)
    seconds = 1000 * (time.perf_counter() - started) / len(queries)
    wanted, families = _names(queries)
    first, second, third = _hits(found, references, wanted, families)
    rows = [_row("all", first, second, third, wanted)]
    for family in sorted(set(families)):
        mine = families == family
        rows.append(_row(family, first[mine], second[mine], third[mine], wanted[mine]))
    return rows, seconds


def _mixture_rows(
    encoder: OnnxEncoder,
    references: list[TableNote],
    database: np.ndarray,
    queries: list[TableNote],
    audio: list[np.ndarray],
    count: int,
    seed: int,
) -> tuple[list[Row], float]:
    pools: dict[str, dict[str, list[np.ndarray]]] = {role: {} for role in ROLE_FAMILIES}
    for note, sound in zip(queries, audio, strict=True):
        for role, families in ROLE_FAMILIES.items():
            if note.family in families:
                pools[role].setdefault(note.instrument, []).append(sound)
    if not all(pools.values()) or not count:
        return [], 0.0
    rng = np.random.default_rng(seed)
    drawn = [draw_mixture(pools, encoder.sample_rate, rng) for _ in range(count)]
    started = time.perf_counter()
    answers = [encoder(mixture.audio) for mixture in _shown(drawn, "mixtures")]
    rows, parts = [], []
    for role, families in ROLE_FAMILIES.items():
        entries = [k for k, note in enumerate(references) if note.family in families]
        asked = [
            a.by_role[encoder.roles.index(role)]
            if a.by_role is not None and role in encoder.roles
            else a.vector
            for a in answers
        ]
        found = nearest(np.stack(asked), database[entries], 5)
        family_of = {note.instrument: note.family for note in references}
        wanted = np.array([mixture.instruments[role] for mixture in drawn])
        hits = _hits(
            found, [references[k] for k in entries], wanted, np.array([family_of[name] for name in wanted])
        )
        parts.append(hits)
        rows.append(_row(role, *hits, np.arange(count)))
    seconds = 1000 * (time.perf_counter() - started) / count
    top1, top5, kind = (np.concatenate(column) for column in zip(*parts, strict=True))
    rows.insert(0, _row("all", top1, top5, kind, np.tile(np.arange(count), len(ROLE_FAMILIES))))
    return rows, seconds


def _hits(
    found: np.ndarray, references: list[TableNote], wanted: np.ndarray, families: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    names, kinds = _names(references)
    right = names[found] == wanted[:, None]  # (queries, 5)
    return right[:, 0], right.any(axis=1), kinds[found[:, 0]] == families


def _names(notes: list[TableNote]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([note.instrument for note in notes]), np.array([note.family for note in notes])


def _row(name: str, top1: np.ndarray, top5: np.ndarray, family: np.ndarray, groups: np.ndarray) -> Row:
    return Row(name, len(top1), rate(top1, groups), rate(top5, groups), rate(family, groups))


def _shown(items: list[T], title: str) -> Iterable[T]:
    return track(items, title, console=Console(stderr=True), transient=True)
