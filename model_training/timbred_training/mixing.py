"""Mixtures of mel powers: lines of instruments' notes and of kits at different levels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from timbred_training.augment import (
    SILENCE_DB,
    compressed,
    equaliser_db,
    in_a_room,
    low_pass_db,
    mask,
    noise_power,
)
from timbred_training.encoder import ROLES
from timbred_training.frontend import BANDS
from timbred_training.part_lines import PERCUSSION, Part, assigned, free_line, kit_line, played, power_of
from timbred_training.score_lines import Scores
from timbred_training.settings import Settings

# The roles that are asked of every mixture of three, and that a separator parts.
TRIO = tuple(ROLES.index(role) for role in ("bass", "lead", "percussion"))
LOUDEST_PERCUSSION_DB = 9.0


@dataclass(frozen=True)
class Drawn:
    """A mixture.

    Args:
        level: in decibels, `(t, BANDS)`.
        shares: what share of each power is of each of `TRIO`, `(3, t, BANDS)`, before noise and masks.
        drums: which of the kit's drums sound, bool.
    """

    level: np.ndarray
    shares: np.ndarray
    drums: np.ndarray


def draw_mixture(
    parts: list[Part],
    settings: Settings,
    rng: np.random.Generator,
    scores: Scores | None = None,
    kit: Sequence[np.ndarray] = (),
) -> Drawn:
    """The sum of the parts' lines, and of a kit's, at different levels, through one tone control.

    Args:
        parts: the instruments.
        settings: lengths, levels and chances.
        rng: draws everything.
        scores: whose rhythms some mixtures follow.
        kit: levels of each drum's hit, `(columns, BANDS)`; empty for no kit.
    """
    columns = settings.mixture_columns
    total = np.zeros((columns, BANDS), dtype=np.float32)
    shares = np.zeros((len(TRIO), columns, BANDS), dtype=np.float32)
    followed = scores is not None and rng.random() < settings.score_share
    score = scores.excerpt(columns, rng) if scores and followed else []
    chosen = assigned(score, parts, rng)
    spread_db = rng.uniform(0.0, settings.level_spread_db)
    lines = [
        (
            part.role,
            played(chosen[k], part, columns) if k in chosen else free_line(part.levels, settings, rng),
        )
        for k, part in enumerate(parts)
    ]
    drums = np.zeros(len(kit), dtype=bool)
    if kit:
        line, drums = kit_line(kit, columns, rng, next((line for line in score if line.drums), None))
        lines.append((PERCUSSION, line))
    for role, line in lines:
        gain_db = rng.uniform(-0.5, 0.5) * spread_db
        gain_db += rng.uniform(0, LOUDEST_PERCUSSION_DB) if role == PERCUSSION else 0.0
        line *= power_of(
            gain_db + equaliser_db(rng, tilt_db=settings.tilt_db, bumps=1, bump_db=settings.bump_db)
        )
        total += line
        if role in TRIO:
            shares[TRIO.index(role)] += line
    shares /= np.maximum(total, 1e-12)
    return Drawn(finished(total, settings, rng), shares, drums)


def finished(total: np.ndarray, settings: Settings, rng: np.random.Generator) -> np.ndarray:
    """Powers `(t, BANDS)` of a mixture to its levels in decibels, with what a bus does, noise and masks."""
    if rng.random() < settings.bus_chance:
        total = in_a_room(rng, total)
    gain_db = equaliser_db(rng, tilt_db=settings.tilt_db, bumps=2, bump_db=settings.bump_db)
    total *= power_of(gain_db + low_pass_db(rng, settings.low_pass_chance))
    if rng.random() < settings.noise_chance:
        total += noise_power(rng, float(total.max()) + 1e-9, len(total))
    level: np.ndarray = np.log10(np.maximum(total, 1e-12)) * 10.0
    if rng.random() < settings.bus_chance:
        level = compressed(rng, level)
    return mask(rng, level, bands=6, columns=8, value=SILENCE_DB)


def excerpt(level_db: np.ndarray, columns: int, rng: np.random.Generator) -> np.ndarray:
    """Some columns of a mixture's levels, with silence after them where they are too few, as powers."""
    first = int(rng.integers(0, max(1, len(level_db) - columns + 1)))
    power = np.zeros((columns, BANDS), dtype=np.float32)
    part = level_db[first : first + columns]
    power[: len(part)] = power_of(part)
    return power
