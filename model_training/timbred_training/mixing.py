"""Mixtures of mel powers: lines of instruments' notes, by chance or by a score, at different levels."""

from dataclasses import dataclass

import numpy as np

from timbred_training.augment import SILENCE_DB, equaliser_db, low_pass_db, mask, noise_power
from timbred_training.encoder import ROLES
from timbred_training.frontend import BANDS
from timbred_training.score_lines import ScoreLine, Scores
from timbred_training.settings import Settings

# The roles that are asked of every mixture of three, and that a separator parts.
TRIO = tuple(ROLES.index(role) for role in ("bass", "lead", "percussion"))
BASS, _, PERCUSSION = TRIO
CHORD_NOTES = 2  # beside the one that is drawn


@dataclass(frozen=True)
class Part:
    """One instrument in a mix: levels of its notes in dB `(columns, BANDS)`, their pitches, its role."""

    levels: list[np.ndarray]
    pitches: np.ndarray
    role: int


def power_of(level_db: np.ndarray) -> np.ndarray:
    """Decibels to powers, in single precision."""
    power: np.ndarray = np.power(np.float32(10.0), level_db.astype(np.float32) / 10.0)
    return power


def draw_mixture(
    parts: list[Part], settings: Settings, rng: np.random.Generator, scores: Scores | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The sum of the parts' lines at different levels, through one tone control.

    Returns: levels in decibels `(t, BANDS)`, and what share of each power is of each of `TRIO`,
    `(3, t, BANDS)`, before noise and masks.
    """
    columns = settings.mixture_columns
    total = np.zeros((columns, BANDS), dtype=np.float32)
    shares = np.zeros((len(TRIO), columns, BANDS), dtype=np.float32)
    followed = scores is not None and rng.random() < settings.score_share
    lines = assigned(scores.excerpt(columns, rng), parts, rng) if scores and followed else {}
    spread_db = rng.uniform(0.0, settings.level_spread_db)
    for k, part in enumerate(parts):
        gain_db = rng.uniform(-0.5, 0.5) * spread_db + (rng.uniform(0, 9) if part.role == PERCUSSION else 0.0)
        gains_db = gain_db + equaliser_db(rng, tilt_db=settings.tilt_db, bumps=1, bump_db=settings.bump_db)
        line = played(lines[k], part, columns) if k in lines else free_line(part.levels, settings, rng)
        line *= power_of(gains_db)
        total += line
        if part.role in TRIO:
            shares[TRIO.index(part.role)] += line
    shares /= np.maximum(total, 1e-12)
    return finished(total, settings, rng), shares


def finished(total: np.ndarray, settings: Settings, rng: np.random.Generator) -> np.ndarray:
    """Powers `(t, BANDS)` of a mixture to its levels in decibels, with a tone control, noise and masks."""
    gain_db = equaliser_db(rng, tilt_db=settings.tilt_db, bumps=2, bump_db=settings.bump_db)
    total *= power_of(gain_db + low_pass_db(rng, settings.low_pass_chance))
    if rng.random() < settings.noise_chance:
        total += noise_power(rng, float(total.max()) + 1e-9, len(total))
    level = np.log10(np.maximum(total, 1e-12)) * 10.0
    return mask(rng, level, bands=6, columns=8, value=SILENCE_DB)


def excerpt(level_db: np.ndarray, columns: int, rng: np.random.Generator) -> np.ndarray:
    """Some columns of a mixture's levels, with silence after them where they are too few, as powers."""
    first = int(rng.integers(0, max(1, len(level_db) - columns + 1)))
    power = np.zeros((columns, BANDS), dtype=np.float32)
    part = level_db[first : first + columns]
    power[: len(part)] = power_of(part)
    return power


def free_line(levels: list[np.ndarray], settings: Settings, rng: np.random.Generator) -> np.ndarray:
    """Notes one after another, a quarter of the slots silent, begun somewhere in the middle; mel powers."""
    line = np.zeros((settings.mixture_columns, BANDS), dtype=np.float32)
    sounded = False
    start = -int(rng.integers(0, 40))
    while start < len(line):
        level = levels[int(rng.integers(len(levels)))]
        if sounded and rng.random() < 0.25:
            start += int(rng.integers(10, 60))
            continue
        sounded |= _sound(line, power_of(level), start)
        if settings.chords and rng.random() < settings.chords:
            for other in rng.integers(len(levels), size=CHORD_NOTES):
                _sound(line, power_of(levels[int(other)]), start)
        start += max(8, int(len(level) * rng.uniform(0.6, 1.1)))
    return line


def played(score: ScoreLine, part: Part, columns: int) -> np.ndarray:
    """The score's line by the part's notes: whole octaves up or down, then each the nearest in pitch."""
    line = np.zeros((columns, BANDS), dtype=np.float32)
    powers: dict[int, np.ndarray] = {}
    octaves = round(float(np.median(part.pitches) - np.median(score.pitches)) / 12.0)
    for begin, pitch in zip(score.begins, score.pitches + 12 * octaves, strict=True):
        note = int(np.abs(part.pitches - pitch).argmin())
        if note not in powers:
            powers[note] = power_of(part.levels[note])
        _sound(line, powers[note], int(begin))
    return line


def assigned(lines: list[ScoreLine], parts: list[Part], rng: np.random.Generator) -> dict[int, ScoreLine]:
    """Which line a part plays: percussion the drums', a bass the lowest, the others any; some parts none."""
    drums = [line for line in lines if line.drums]
    melodic = [line for line in lines if not line.drums]
    melodic = [melodic[k] for k in rng.permutation(len(melodic))]
    chosen = {}
    for k, part in sorted(enumerate(parts), key=lambda item: item[1].role != BASS):  # a bass chooses first
        pool = drums if part.role == PERCUSSION and drums else melodic
        if pool:
            lowest = min(range(len(pool)), key=lambda i: float(np.median(pool[i].pitches)))
            chosen[k] = pool.pop(lowest if part.role == BASS else 0)
    return chosen


def _sound(line: np.ndarray, power: np.ndarray, start: int) -> bool:
    """Adds a note that begins at column `start`, where it falls inside; says whether any of it does."""
    begin, end = max(start, 0), min(start + len(power), len(line))
    if end <= begin:
        return False
    line[begin:end] += power[begin - start : end - start]
    return True
