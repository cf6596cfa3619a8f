"""Draws the batches: pairs of notes of many instruments, and mixtures of these instruments' other notes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from timbred_training.augment import SILENCE_DB, equaliser_db, low_pass_db, mask, noise_power
from timbred_training.encoder import ROLES
from timbred_training.errors import TrainingError
from timbred_training.frontend import BANDS, relative_db
from timbred_training.roles import NO_ROLE, role_index
from timbred_training.settings import Settings
from timbred_training.store import LevelReader, read_notes

TRIO = tuple(ROLES.index(role) for role in ("bass", "lead", "percussion"))
COLUMNS = ["instrument", "family", "source", "split", "fx", "reference", "columns"]


@dataclass(frozen=True)
class Batch:
    """What one step trains on; `instrument` values are classes over all training instruments."""

    singles: torch.Tensor  # (2 n, BANDS, t): first the n first notes, then the n second notes
    instrument: torch.Tensor  # (n,)
    family: torch.Tensor  # (n,) classes over all families
    mixtures: torch.Tensor  # (m, BANDS, t)
    contains: torch.Tensor  # bool (m, n): which of the n instruments sound in which mixture
    asked_mixture: torch.Tensor  # (q,) rows of mixtures
    asked_role: torch.Tensor  # (q,) rows of ROLES
    answer: torch.Tensor  # (q,) positions in `instrument`


class TrainingNotes:
    """The instruments of the train split of some prepared datasets."""

    def __init__(self, folders: list[Path]) -> None:
        self.reader = LevelReader(folders)
        self.names: list[str] = []
        self.rows: list[np.ndarray] = []
        self.reference: list[int] = []
        families: list[str] = []
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
            start += len(table["split"])
        if not self.names:
            raise TrainingError(
                f"prepared notes must hold train instruments of 2 notes or more, not {folders}"
            )
        self.families, self.family = np.unique(families, return_inverse=True)
        self.role = np.array([role_index(family) for family in families])
        self.trio = [np.flatnonzero(self.role == r) for r in TRIO]


def draw_batch(notes: TrainingNotes, settings: Settings, step: int, rank: int = 0) -> Batch:
    """The batch of a step: the same for the same settings, step and rank, whatever came before."""
    rng = np.random.default_rng([settings.seed, step, rank])
    groups = _draw_groups(notes, settings, rng)
    chosen = np.array([i for group in groups for i in group])
    first, second, rest = _draw_notes(notes, chosen, rng)
    wanted = np.unique(np.concatenate([first, second, *rest]))
    levels = dict(zip(wanted.tolist(), notes.reader.take(wanted), strict=True))
    t = settings.single_columns
    singles = np.stack([_single(levels[int(row)], t, rng) for row in (*first, *second)])
    mixtures, contains, asked = [], np.zeros((len(groups), len(chosen)), dtype=bool), []
    position = 0
    for m, group in enumerate(groups):
        members = range(position, position + len(group))
        mixtures.append(
            _mixture([[levels[int(r)] for r in rest[p]] for p in members], notes.role[group], settings, rng)
        )
        contains[m, position : position + len(group)] = True
        roles = notes.role[group]
        asked += [
            (m, roles[k], p)
            for k, p in enumerate(members)
            if roles[k] != NO_ROLE and np.count_nonzero(roles == roles[k]) == 1
        ]
        position += len(group)
    asked = [asked[k] for k in rng.permutation(max(len(asked), settings.questions)) % len(asked)]
    questions = np.array(asked[: settings.questions], dtype=np.int64)
    return Batch(
        _scaled(singles),
        torch.from_numpy(chosen),
        torch.from_numpy(notes.family[chosen]),
        _scaled(np.stack(mixtures)),
        torch.from_numpy(contains),
        *(torch.from_numpy(questions[:, k]) for k in range(3)),
    )


def _draw_groups(notes: TrainingNotes, settings: Settings, rng: np.random.Generator) -> list[np.ndarray]:
    """Groups of instruments that become mixtures: some of bass, lead and percussion, the rest of any."""
    trios = np.stack([rng.choice(pool, settings.trios, replace=False) for pool in notes.trio], axis=1)
    others = np.setdiff1d(np.arange(len(notes.names)), trios.ravel())
    free = rng.choice(others, settings.instruments - trios.size, replace=False)
    # Always the same number of groups: tensors of one shape let the convolutions' kernels be used again.
    cuts = np.sort(rng.choice(np.arange(1, len(free)), settings.mixtures - settings.trios - 1, replace=False))
    return [*trios, *np.split(free, cuts)]


def _draw_notes(
    notes: TrainingNotes, chosen: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """For each instrument a first note (mostly its reference), a second, and those its line plays."""
    first, second, rest = [], [], []
    for instrument in chosen:
        order = rng.permutation(notes.rows[instrument])
        if rng.random() < 0.75:
            reference = notes.reference[instrument]
            order = np.concatenate([[reference], order[order != reference]])
        first.append(order[0])
        second.append(order[1])
        rest.append(order[1:])
    return np.array(first), np.array(second), rest


def _power(level_db: np.ndarray) -> np.ndarray:
    power: np.ndarray = np.power(np.float32(10.0), level_db.astype(np.float32) / 10.0)
    return power


def _single(level_db: np.ndarray, columns: int, rng: np.random.Generator) -> np.ndarray:
    """One note at a random delay, with another tone control, in a faint noise, partly masked."""
    delay = int(rng.integers(0, 8))
    power = np.zeros((columns, BANDS), dtype=np.float32)
    sounding = level_db[: columns - delay]
    power[delay : delay + len(sounding)] = _power(sounding)
    gain_db = equaliser_db(rng, tilt_db=6.0, bumps=2, bump_db=2.5) + low_pass_db(rng, 0.05)
    power *= _power(gain_db)
    if rng.random() < 0.7:
        power += noise_power(rng, float(power.max()), columns)
    level = np.log10(np.maximum(power, 1e-12)) * 10.0
    return mask(rng, level, bands=6, columns=8, value=SILENCE_DB)


def _mixture(
    lines: list[list[np.ndarray]], roles: np.ndarray, settings: Settings, rng: np.random.Generator
) -> np.ndarray:
    """The sum of the instruments' lines at different levels, through one tone control."""
    total = np.zeros((settings.mixture_columns, BANDS), dtype=np.float32)
    spread_db = rng.uniform(0.0, settings.level_spread_db)
    for note_levels, role in zip(lines, roles, strict=True):
        gain_db = rng.uniform(-0.5, 0.5) * spread_db + (rng.uniform(0, 9) if role == TRIO[2] else 0.0)
        gains_db = gain_db + equaliser_db(rng, tilt_db=4.0, bumps=1, bump_db=3.0)
        total += _line(note_levels, settings.mixture_columns, rng) * _power(gains_db)
    total *= _power(equaliser_db(rng, tilt_db=6.0, bumps=2, bump_db=3.0) + low_pass_db(rng, 0.05))
    total += noise_power(rng, float(total.max()) + 1e-9, len(total)) if rng.random() < 0.7 else 0.0
    level = np.log10(np.maximum(total, 1e-12)) * 10.0
    return mask(rng, level, bands=6, columns=8, value=SILENCE_DB)


def _line(note_levels: list[np.ndarray], columns: int, rng: np.random.Generator) -> np.ndarray:
    """Notes one after another, a quarter of the slots silent, begun somewhere in the middle; mel powers."""
    line = np.zeros((columns, BANDS), dtype=np.float32)
    sounded = False
    start = -int(rng.integers(0, 40))
    while start < columns:
        level = note_levels[int(rng.integers(len(note_levels)))]
        if sounded and rng.random() < 0.25:
            start += int(rng.integers(10, 60))
            continue
        begin, end = max(start, 0), min(start + len(level), columns)
        if end > begin:
            line[begin:end] += _power(level[begin - start : end - start])
            sounded = True
        start += max(8, int(len(level) * rng.uniform(0.6, 1.1)))
    return line


def _scaled(level_db: np.ndarray) -> torch.Tensor:
    """Levels `(n, t, BANDS)` in decibels to what the encoder takes, `(n, BANDS, t)`."""
    return relative_db(torch.from_numpy(np.ascontiguousarray(level_db.transpose(0, 2, 1), dtype=np.float32)))
