"""Leave authors out, each once: what the method reaches on tastes that it never saw."""

import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from timbred_training.errors import TrainingError
from timbred_training.export_timbre import load_run
from timbred_training.fit.bank import Bank, require_trunk
from timbred_training.fit.measure import (
    Measured,
    asked_of,
    measured_by,
    measured_by_chance,
    timbre_scores_of,
)
from timbred_training.fit.ranking import Ranks
from timbred_training.fit.settings import FitSettings
from timbred_training.fit.table import print_gains, print_measured
from timbred_training.fit.train import train_fit

MOST_FOLDS = 8
ABLATIONS: dict[str, dict[str, Any]] = {
    "without variance": {"gamma": 0.0},
    "without covariance": {"delta": 0.0},
    "without the norm's hinge": {"eta": 0.0},
    "without all three": {"gamma": 0.0, "delta": 0.0, "eta": 0.0},
    "real songs alone": {"real_share": 1.0},
}


def print_folds(
    bank: Bank, settings: FitSettings, console: Console, ablate: bool = False, trunk: Path | None = None
) -> None:
    """Prints what chance, the timbre vectors, the settings and, if wanted, each ablation reach."""
    asked, shots = asked_of(bank)
    others = {"random": measured_by_chance(asked, shots, bank.real, np.random.default_rng(0))}
    if trunk is not None:
        encoder = load_run(trunk).encoder
        require_trunk(encoder, str(bank.trunk), "the banks")
        timbre = timbre_scores_of(bank, encoder)
        others["timbre vectors"] = measured_by(timbre, asked, shots, bank.real)
    for name, measured in others.items():
        print_measured(name, measured, console)
    tried = {"fit": settings}
    if ablate:
        tried |= {name: replace(settings, **change) for name, change in ABLATIONS.items()}
    for name, one in tried.items():
        measured = measure_folds(bank, one)
        print_measured(name, measured, console)
        print_gains(measured, others, console)


def measure_folds(bank: Bank, settings: FitSettings) -> Measured:
    """Trains once for each fold and pools the answers about the songs held out."""
    asked, _ = asked_of(bank)
    rank, of = np.zeros(len(asked.song)), np.ones(len(asked.song))
    kits: dict[str, list[np.ndarray]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, held_out in enumerate(folds_of(bank)):
            one = train_fit(bank, replace(settings, hold_out=held_out), Path(folder) / str(number))
            assert one is not None, "every fold holds somebody out"
            mine = np.isin(bank.author[asked.song], held_out)
            rank[mine], of[mine] = one.ranks.rank, one.ranks.of
            for kind, values in one.kits.items():
                kits.setdefault(kind, []).append(values)
    joined = {kind: np.concatenate(values) for kind, values in kits.items()}
    return Measured(asked, Ranks(rank, of), bank.real[asked.song], joined)


def folds_of(bank: Bank) -> Iterator[tuple[str, ...]]:
    """Who is held out together: authors of real songs, evenly by their songs, and a share of the kits.

    Each author is alone where there are `MOST_FOLDS` or fewer.

    Raises:
        TrainingError: where there are not two authors of real songs.
    """
    authors, songs = np.unique(bank.author[bank.real], return_counts=True)
    if len(authors) < 2:
        raise TrainingError(f"real songs must be of two authors at least, not {authors.tolist()}")
    folds: list[list[str]] = [[] for _ in range(min(len(authors), MOST_FOLDS))]
    held = [0] * len(folds)
    for row in np.argsort(-songs, kind="stable"):
        emptiest = int(np.argmin(held))
        folds[emptiest].append(str(authors[row]))
        held[emptiest] += int(songs[row])
    for kit in np.unique(bank.author[~bank.real]).tolist():
        folds[zlib.crc32(kit.encode()) % len(folds)].append(kit)
    yield from map(tuple, folds)
