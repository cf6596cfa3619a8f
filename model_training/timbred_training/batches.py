"""Draws the batches: pairs of notes of many instruments, and mixtures of these instruments' other notes."""

from dataclasses import dataclass

import numpy as np
import torch

from timbred_training.augment import SILENCE_DB, equaliser_db, low_pass_db, mask, noise_power
from timbred_training.frontend import BANDS, relative_db
from timbred_training.mixing import draw_mixture, excerpt, finished
from timbred_training.part_lines import PERCUSSION, Part, power_of
from timbred_training.roles import NO_ROLE
from timbred_training.settings import Settings
from timbred_training.training_notes import TrainingNotes
from timbred_training.validation import padded_notes
from timbred_training.variants import Variant

MOST_DRUMS = 12  # of a kit in one mixture


@dataclass(frozen=True)
class Batch:
    """What one step trains on; `instrument` values are classes over all training instruments."""

    singles: torch.Tensor  # (k, BANDS, t): n first and n second notes, or k of any instruments
    note: torch.Tensor  # (k,) which notes these are, as `TrainingNotes.reader` numbers them
    instrument: torch.Tensor  # (n,)
    family: torch.Tensor  # (n,) classes over all families
    mixtures: torch.Tensor  # (m, BANDS, t)
    contains: torch.Tensor  # bool (m, n): which of the n instruments sound in which mixture
    asked_mixture: torch.Tensor  # (q,) rows of mixtures
    asked_role: torch.Tensor  # (q,) rows of ROLES
    answer: torch.Tensor  # (q,) positions in `instrument`
    shares: torch.Tensor  # (m, 3, BANDS, t) of bass, lead, percussion in each power; empty if not asked for
    kit_mixture: torch.Tensor  # (k,) rows of mixtures in which a kit plays
    drums: torch.Tensor  # bool (k, drums of all kits): which of them sound there
    variant: torch.Tensor  # (v,) positions of those that play as variants of themselves
    variant_notes: torch.Tensor  # (v, BANDS, t) the first note of each of these


def draw_batch(notes: TrainingNotes, settings: Settings, step: int, rank: int = 0) -> Batch:
    """The batch of a step: the same for the same settings, step and rank, whatever came before.

    A share of the instruments play as variants of themselves, in new mixtures and as their two
    notes; notes that `settings.singles` draws apart stay as they are.
    """
    rng = np.random.default_rng([settings.seed, step, rank])
    if settings.mixes:
        groups, prepared = _draw_groups(notes, settings, rng)
    else:
        groups, prepared = [rng.permutation(len(notes.names))[: settings.instruments]], {}
    chosen = np.array([i for group in groups for i in group])
    first, second, rest = _draw_notes(notes, chosen, rng)
    alone = notes.drawn(settings.singles, rng) if settings.singles else np.concatenate([first, second])
    others = np.random.default_rng([settings.seed, step, rank, 1])  # singles and groups are drawn as without
    drawn_anew = np.repeat([g not in prepared for g in range(len(groups))], [len(group) for group in groups])
    positions = np.flatnonzero((others.random(len(chosen)) < settings.variant_share) & drawn_anew)
    wanted = np.unique(np.concatenate([alone, first[positions], *(rest if settings.mixes else [])]))
    levels = dict(zip(wanted.tolist(), notes.reader.take(wanted), strict=True))
    heard_alone = dict(levels) if settings.singles else levels
    varied = _vary(levels, first, rest, positions, others)
    t = settings.single_columns
    singles = np.stack([changed_note(heard_alone[int(row)], t, settings, rng) for row in alone])
    mixtures, shares, asked = [], [], []
    drums: dict[int, np.ndarray] = {}  # by mixture
    starts = np.cumsum([0, *(len(group) for group in groups)])
    contains = np.zeros((len(groups) * settings.takes if settings.mixes else 0, len(chosen)), dtype=bool)
    for m in range(len(contains)):
        members = range(starts[m % len(groups)], starts[m % len(groups) + 1])
        if m in prepared:
            mixtures.append(finished(excerpt(prepared[m], settings.mixture_columns, rng), settings, rng))
        else:
            parts = [notes.part(chosen[p], rest[p], [levels[int(r)] for r in rest[p]]) for p in members]
            kit, hits = _drawn_kit(notes.kits, parts, settings, rng)
            drawn = draw_mixture(parts, settings, rng, notes.scores, hits)
            mixtures.append(drawn.level)
            if settings.objective == "masks":
                shares.append(drawn.shares.transpose(0, 2, 1))
            if drawn.drums.any():
                drums[m] = kit[drawn.drums]
        contains[m, members] = True
        roles = notes.role[chosen[members]]
        asked += [
            (m, roles[k], p)
            for k, p in enumerate(members)
            if roles[k] != NO_ROLE and np.count_nonzero(roles == roles[k]) == 1
        ]
    questions = _drawn_questions(asked, settings.questions, rng)
    return Batch(
        as_input(singles),
        torch.from_numpy(alone),
        torch.from_numpy(chosen),
        torch.from_numpy(notes.family[chosen]),
        as_input(np.stack(mixtures)) if mixtures else torch.zeros(0),
        torch.from_numpy(contains),
        questions[:, 0],
        questions[:, 1],
        questions[:, 2],
        torch.from_numpy(np.stack(shares)) if shares else torch.zeros(0),
        torch.tensor(list(drums), dtype=torch.int64),
        _marked(list(drums.values()), len(notes.kits.reader) if notes.kits else 0),
        torch.tensor(list(varied), dtype=torch.int64),
        padded_notes(list(varied.values())) if varied else torch.zeros(0),
    )


def _vary(
    levels: dict[int, np.ndarray],
    first: np.ndarray,
    rest: list[np.ndarray],
    positions: np.ndarray,
    rng: np.random.Generator,
) -> dict[int, np.ndarray]:
    """Makes variants of the instruments at some positions: changes `levels` of all their notes there.

    Returns: levels of the first note of each.
    """
    firsts = {}
    for position in positions.tolist():
        variant = Variant.drawn(rng)
        for row in (first[position], *rest[position]):
            if row in levels:
                levels[int(row)] = variant(levels[int(row)])
        firsts[position] = levels[int(first[position])]
    return firsts


def _drawn_questions(asked: list[tuple[int, int, int]], count: int, rng: np.random.Generator) -> torch.Tensor:
    """`count` of the questions, each at least once where there are fewer; `(count, 3)`."""
    if not asked:
        return torch.zeros((0, 3), dtype=torch.int64)
    order = rng.permutation(max(len(asked), count)) % len(asked)
    return torch.tensor(np.array([asked[k] for k in order[:count]], dtype=np.int64))


def _draw_groups(
    notes: TrainingNotes, settings: Settings, rng: np.random.Generator
) -> tuple[list[np.ndarray], dict[int, np.ndarray]]:
    """Groups of instruments that become mixtures: some of bass, lead and percussion, the rest of any.

    Returns: the groups, and the levels of those whose mixture is prepared.
    """
    free_groups = settings.mixtures - settings.trios
    spare = settings.instruments - 3 * settings.trios - free_groups
    trios = np.stack([rng.choice(pool, settings.trios, replace=False) for pool in notes.trio], axis=1)
    drawn = []
    if notes.mixtures is not None:
        # One group at least is of the rest, so that all instruments of a step are in some.
        most = min(round(settings.prepared_share * free_groups), free_groups - 1)
        drawn = notes.mixtures.draw(most, spare, rng, without=trios.ravel().tolist())
    taken = np.concatenate([np.zeros(0, dtype=np.int64), *(members for _, members in drawn)])
    others = np.setdiff1d(np.arange(len(notes.names)), np.concatenate([trios.ravel(), taken]))
    free = rng.choice(others, settings.instruments - trios.size - len(taken), replace=False)
    # Always the same number of groups: tensors of one shape let the convolutions' kernels be used again.
    cuts = np.sort(rng.choice(np.arange(1, len(free)), free_groups - len(drawn) - 1, replace=False))
    rows = np.array([row for row, _ in drawn])
    levels = notes.mixtures.reader.take(rows) if notes.mixtures and drawn else []
    groups = [*trios, *(members for _, members in drawn), *np.split(free, cuts)]
    return groups, {settings.trios + k: level for k, level in enumerate(levels)}


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


def _drawn_kit(
    kits: TrainingNotes | None, parts: list[Part], settings: Settings, rng: np.random.Generator
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Now and then some drums of a kit, where no percussion plays: their rows in the reader, their levels."""
    if kits is None or any(part.role == PERCUSSION for part in parts) or rng.random() >= settings.kit_share:
        return np.zeros(0, dtype=np.int64), []
    rows = rng.permutation(kits.rows[int(rng.integers(len(kits.rows)))])[:MOST_DRUMS]
    return rows, kits.reader.take(rows)


def _marked(rows: list[np.ndarray], count: int) -> torch.Tensor:
    """Bool `(len(rows), count)`, true where each says."""
    marked = torch.zeros(len(rows), count, dtype=torch.bool)
    for k, members in enumerate(rows):
        marked[k, torch.from_numpy(members)] = True
    return marked


def changed_note(
    level_db: np.ndarray, columns: int, settings: Settings, rng: np.random.Generator
) -> np.ndarray:
    """One note at a random delay, with another tone control, in a faint noise, partly masked."""
    delay = int(rng.integers(0, 8))
    power = np.zeros((columns, BANDS), dtype=np.float32)
    sounding = level_db[: columns - delay]
    power[delay : delay + len(sounding)] = power_of(sounding)
    gain_db = equaliser_db(rng, tilt_db=settings.tilt_db, bumps=2, bump_db=settings.bump_db)
    power *= power_of(gain_db + low_pass_db(rng, settings.low_pass_chance))
    if rng.random() < settings.noise_chance:
        power += noise_power(rng, float(power.max()), columns)
    level = np.log10(np.maximum(power, 1e-12)) * 10.0
    return mask(rng, level, bands=6, columns=8, value=SILENCE_DB)


def as_input(level_db: np.ndarray) -> torch.Tensor:
    """Levels `(n, t, BANDS)` in decibels to what the encoder takes, `(n, BANDS, t)`."""
    return relative_db(torch.from_numpy(np.ascontiguousarray(level_db.transpose(0, 2, 1), dtype=np.float32)))
