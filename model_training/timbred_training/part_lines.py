"""What each part of a mixture plays: mel powers of its line, by chance or by a score."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from timbred_training.encoder import ROLES
from timbred_training.frontend import BANDS
from timbred_training.score_lines import ScoreLine
from timbred_training.settings import Settings

BASS, PERCUSSION = ROLES.index("bass"), ROLES.index("percussion")
CHORD_NOTES = 2  # beside the one that is drawn
STEPS = 16  # of a drum pattern, a sixteenth each
STEP_COLUMNS = (5, 9)  # 90 to 150 beats a minute
DRUMS = (2, 6)  # of a kit in one pattern
QUIETEST_DRUM_DB = -9.0


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
        sounded |= place(line, power_of(level), start)
        if settings.chords and rng.random() < settings.chords:
            for other in rng.integers(len(levels), size=CHORD_NOTES):
                place(line, power_of(levels[int(other)]), start)
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
        place(line, powers[note], int(begin))
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


def place(line: np.ndarray, power: np.ndarray, start: int) -> bool:
    """Adds a note that begins at column `start`, where it falls inside; says whether any of it does."""
    begin, end = max(start, 0), min(start + len(power), len(line))
    if end <= begin:
        return False
    line[begin:end] += power[begin - start : end - start]
    return True


def kit_line(
    drums: Sequence[np.ndarray], columns: int, rng: np.random.Generator, score: ScoreLine | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """A kit's drums by the score, else by a pattern that repeats.

    Args:
        drums: levels in decibels of each one's single hit, `(columns, BANDS)`.
        columns: of the line.
        rng: draws who plays what, how loud, and the pattern.
        score: whose keys are drums, in an order drawn anew.

    Returns: mel powers `(columns, BANDS)`, and which drums sound, bool `(len(drums),)`.
    """
    line = np.zeros((columns, BANDS), dtype=np.float32)
    sounding = np.zeros(len(drums), dtype=bool)
    order, gains = rng.permutation(len(drums)), power_of(rng.uniform(QUIETEST_DRUM_DB, 0.0, len(drums)))
    powers = [gain * power_of(level) for gain, level in zip(gains, drums, strict=True)]
    for begin, key in _scored(score) if score else _pattern(columns, rng):
        drum = order[key % len(drums)]
        sounding[drum] |= place(line, powers[drum], begin)
    return line, sounding


def _scored(score: ScoreLine) -> Iterable[tuple[int, int]]:
    return zip(score.begins.tolist(), score.pitches.tolist(), strict=True)


def _pattern(columns: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """The column and the drum's number of each hit."""
    step = rng.uniform(*STEP_COLUMNS)
    played = rng.random((int(rng.integers(*DRUMS)), STEPS)) < rng.uniform(0.1, 0.5)
    hits = [
        (int(n * step), int(drum))
        for n in range(int(columns / step))
        for drum in np.flatnonzero(played[:, n % STEPS])
    ]
    return hits or [(0, 0)]
