"""Makes a context of a song's stems, and what a bus or a bandwidth may do to it; on mel powers."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from timbred_training.augment import compressed, equaliser_db, in_a_room, noise_power
from timbred_training.fit.song_set import SongEntry
from timbred_training.frontend import BANDS, FLOOR_POWER

WINDOW_SECONDS = 6.0
WINDOW_COLUMNS = 301
SPREAD_DB = 6.0
STEEP_DB = 60.0


@dataclass(frozen=True)
class Changes:
    """Which changes are drawn; each chance is 0..1.

    Args:
        spread_db: Each stem's gain is drawn within this.
        tilt_db: The tone control's.
        cut: Chance of a bandwidth limit somewhere from 2.8 to 12.7 kHz.
        noise: Chance of a noise floor.
        smear: Chance of a decay as of a room.
        press: Chance of a compressed range.
    """

    spread_db: float = SPREAD_DB
    tilt_db: float = 6.0
    cut: float = 0.5
    noise: float = 0.5
    smear: float = 0.3
    press: float = 0.5


UNCHANGED = Changes(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
BANDWIDTH_ONLY = Changes(0.0, 0.0, 1.0, 0.0, 0.0, 0.0)


def mix(
    rng: np.random.Generator, song: SongEntry, stems: Iterable[int], begin: int, changes: Changes
) -> np.ndarray:
    """Powers `(WINDOW_COLUMNS, BANDS)` of the sum of some stems, from a column on."""
    total = np.zeros((WINDOW_COLUMNS, BANDS), np.float32)
    for stem in stems:
        gain_db = rng.uniform(-changes.spread_db, changes.spread_db)
        part = song.stems[stem][begin : begin + WINDOW_COLUMNS]
        total[: len(part)] += power_of(part, gain_db)
    return total


def power_of(level_db: np.ndarray, gain_db: float = 0.0) -> np.ndarray:
    """Band powers of levels."""
    power: np.ndarray = 10.0 ** ((level_db.astype(np.float32) + np.float32(gain_db)) / 10.0)
    return power


def changed(rng: np.random.Generator, power: np.ndarray, changes: Changes) -> np.ndarray:
    """Levels in decibels `(columns, BANDS)` after what was drawn."""
    if rng.random() < changes.smear:
        power = in_a_room(rng, power)
    if changes.tilt_db:
        power = power * 10.0 ** (equaliser_db(rng, tilt_db=changes.tilt_db, bumps=2, bump_db=2.5) / 10.0)
    if rng.random() < changes.cut:
        power = power * 10.0 ** (bandwidth_db(rng) / 10.0)
    if rng.random() < changes.noise:
        power = power + noise_power(rng, float(power.max()), len(power))
    level: np.ndarray = 10.0 * np.log10(np.maximum(power, FLOOR_POWER))
    if rng.random() < changes.press:
        level = compressed(rng, level)
    return level.astype(np.float32)


def bandwidth_db(rng: np.random.Generator) -> np.ndarray:
    """-60 dB above a band drawn from those of 2.8 to 12.7 kHz. Shape `(BANDS,)`."""
    return np.where(np.arange(BANDS) > rng.integers(50, 94), -STEEP_DB, 0.0).astype(np.float32)
