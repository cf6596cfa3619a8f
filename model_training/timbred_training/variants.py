"""New instruments made of known ones: all notes of one moved, stretched and coloured alike."""

from dataclasses import dataclass

import numpy as np

from timbred_training.augment import SILENCE_DB, equaliser_db
from timbred_training.frontend import BANDS

MOST_BANDS = 4.0  # up or down
MOST_OCTAVES = 0.7  # of the length, twice as long being one
CONTRAST = (0.85, 1.2)  # of a note's levels, in decibels below its loudest
TILT_DB, BUMPS, BUMP_DB = 14.0, 3, 8.0


@dataclass(frozen=True)
class Variant:
    """What is done to every note of an instrument.

    Args:
        bands: by which the spectrum moves up.
        stretch: factor of the length.
        contrast: factor of the levels in decibels, about the note's loudest.
        gain_db: of each band, `(BANDS,)`.
    """

    bands: float
    stretch: float
    contrast: float
    gain_db: np.ndarray

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> "Variant":
        """Another instrument, made of any."""
        return cls(
            float(rng.uniform(-MOST_BANDS, MOST_BANDS)),
            float(2.0 ** rng.uniform(-MOST_OCTAVES, MOST_OCTAVES)),
            float(rng.uniform(*CONTRAST)),
            equaliser_db(rng, tilt_db=TILT_DB, bumps=BUMPS, bump_db=BUMP_DB),
        )

    def __call__(self, level_db: np.ndarray) -> np.ndarray:
        """A note's levels `(columns, BANDS)` in decibels as the new instrument plays it."""
        columns = max(2, round(len(level_db) * self.stretch))
        level = _at(level_db.astype(np.float32), np.linspace(0, len(level_db) - 1, columns))
        level = _at(level.T, np.clip(np.arange(BANDS) - self.bands, 0, BANDS - 1)).T
        top = level.max()
        changed = (level - top) * self.contrast + top + self.gain_db
        limited: np.ndarray = np.maximum(changed, SILENCE_DB)
        return limited


def _at(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Rows between those of `(n, m)`, linearly."""
    below = rows.astype(int)
    share = (rows - below).astype(np.float32)[:, None]
    between: np.ndarray = values[below] * (1 - share) + values[np.minimum(below + 1, len(values) - 1)] * share
    return between
