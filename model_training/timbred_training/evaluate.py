"""The two tables of a timbre model: single notes found again, and mixtures asked for each of their roles."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from timbred_training.database import Database, Row, embed_references
from timbred_training.errors import TrainingError
from timbred_training.mixture_questions import MixtureAnswers, ask_mixtures
from timbred_training.note_table import TableNote, decoded, read_note_tables
from timbred_training.onnx_encoder import OnnxEncoder
from timbred_training.progress import shown
from timbred_training.stems import StemEncoder, load_demucs

FIT_SPACES = ("fit.context", "fit.sample")  # whose vectors are compared with each other's alone


@dataclass(frozen=True)
class Report:
    """Both tables; seconds are those of a thousand queries, embedding and search together, on one thread.

    `left_out` counts the split's other queries: without a reference of their family, or without sound.
    `drawn` is how many mixtures were asked for.
    """

    model_id: str
    split: str
    seed: int
    entries: int
    left_out: int
    singles: list[Row]
    single_seconds: float
    drawn: int
    mixtures: MixtureAnswers | None


def evaluate(
    model: Path,
    data: Sequence[Path],
    split: str,
    *,
    mixtures: int = 300,
    seed: int = 0,
    demucs: Path | None = None,
    one_vector: bool = False,
) -> Report:
    """Measures a model file on note tables or folders of them, through ONNX Runtime with one thread.

    The database holds the reference notes of every instrument of every file whose effects are on; queries are
    the other notes of `split`, and mixtures of these. A query whose instrument has no reference of the same
    family is left out. With Demucs' weights, mixtures are asked for a role by the vector of its stems; with
    `one_vector` by that of the whole mixture, as models without role queries are.

    Raises:
        TrainingError: if the model is half of a fit model, a folder holds no note tables, the split no
            queries that could be found, or an instrument several references.
    """
    encoder = OnnxEncoder(model, role_queries=not one_vector)
    if encoder.space in FIT_SPACES:
        raise TrainingError(
            f"notes must be measured by a model of one space for all, and {model} is of {encoder.space}"
        )
    notes = read_note_tables(*data)
    references = [note for note in notes if note.reference and note.fx]
    queries = [note for note in notes if not note.reference and note.fx and note.split == split]
    if not queries:
        splits = sorted({note.split for note in notes})
        raise TrainingError(f"the split must be one of {splits} and hold non-reference notes, not {split}")
    database = embed_references(encoder, references)
    entries = set(zip(database.instruments, database.families, strict=True))
    known = [note for note in queries if (note.instrument, note.family) in entries]
    heard = list(decoded(known, encoder.sample_rate))
    if not heard:
        raise TrainingError(
            "queries must hold sound and have a reference of their instrument and family, its effects on; "
            f"none of the {len(queries)} of the split {split} does"
        )
    left_out, queries = len(queries) - len(heard), [note for note, _ in heard]
    audio = [sound for _, sound in heard]
    singles, seconds = _ask_singles(encoder, database, queries, audio)
    asked = encoder if demucs is None else StemEncoder(model, load_demucs(demucs))
    answers = ask_mixtures(asked, database, queries, audio, mixtures, seed)
    size = len(database.vectors)
    return Report(asked.model_id, split, seed, size, left_out, singles, seconds, mixtures, answers)


def print_report(report: Report, console: Console) -> None:
    """Prints both tables, and how stable the mixtures' answers are."""
    about = f"{report.model_id}: split {report.split}, {report.entries} references, seed {report.seed}"
    console.print(escape(about))
    if report.left_out:
        console.print(
            f"{report.left_out} queries are left out: without a reference of their family, or without sound"
        )
    console.print("percent [95 % interval, whole instruments or mixtures resampled; of one, its queries]")
    console.print(_table("single notes", report.singles, report.single_seconds))
    if not report.drawn:
        return
    if report.mixtures is None:
        console.print("no mixtures: they need a bass, a lead and a percussion among the queries")
        return
    console.print(_table("three-instrument mixtures", report.mixtures.rows, report.mixtures.seconds))
    shares = ", ".join(f"{role} {share}" for role, share in report.mixtures.stability.items())
    if shares:
        console.print(f"first ten in common between two windows half a window apart: {shares}")


def _table(title: str, rows: list[Row], seconds: float) -> Table:
    table = Table(title=f"{title} ({seconds:.1f} s per 1000 queries)")
    table.add_column("", no_wrap=True)
    for heading in ("queries", "top-1", "top-5", "family@1"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(escape(row.name), str(row.queries), str(row.top1), str(row.top5), str(row.family))
    return table


def _ask_singles(
    encoder: OnnxEncoder, database: Database, queries: list[TableNote], audio: list[np.ndarray]
) -> tuple[list[Row], float]:
    instruments = np.array([note.instrument for note in queries])
    families = np.array([note.family for note in queries])
    started = time.perf_counter()
    vectors = np.stack([encoder(sound).vector for sound in shown(audio, "single notes")])
    hits = database.hits(vectors, instruments, families)
    seconds = 1000 * (time.perf_counter() - started) / len(queries)
    rows = [hits.row("all", instruments)]
    rows += [hits.row(family, instruments, families == family) for family in sorted(set(families))]
    return rows, seconds
