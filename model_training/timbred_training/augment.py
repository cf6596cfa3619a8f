"""Changes to mel levels that an instrument survives; each draws first and applies second."""

import numpy as np

from timbred_training.frontend import BANDS

NOISE_FLOOR_DB = (-90.0, -50.0)
SILENCE_DB = -120.0


def equaliser_db(rng: np.random.Generator, *, tilt_db: float, bumps: int, bump_db: float) -> np.ndarray:
    """A random gain for each band: a tilt about the middle band and some bell curves. Shape `(BANDS,)`."""
    slope = rng.uniform(-tilt_db, tilt_db)
    centres = rng.uniform(0, BANDS, bumps)
    widths = rng.uniform(4, 20, bumps)
    gains = rng.uniform(-bump_db, bump_db, bumps)
    band = np.arange(BANDS)
    bells = np.exp(-0.5 * ((band[:, None] - centres) / widths) ** 2) @ gains
    return (slope * (band / (BANDS - 1) - 0.5) + bells).astype(np.float32)


def noise_power(rng: np.random.Generator, peak_power: float, columns: int) -> np.ndarray:
    """A steady, tilted, fluctuating noise floor below `peak_power`. Shape `(columns, BANDS)`."""
    level_db = rng.uniform(*NOISE_FLOOR_DB) + equaliser_db(rng, tilt_db=20.0, bumps=1, bump_db=6.0)
    # A band's power in one window is near to a gamma variate of about as many degrees as it has bins.
    flutter = rng.gamma(4.0, 0.25, (columns, BANDS)).astype(np.float32)
    return peak_power * 10.0 ** (level_db / 10.0) * flutter


def low_pass_db(rng: np.random.Generator, chance: float) -> np.ndarray:
    """With the given chance, -60 dB above a random band; else zeros. Shape `(BANDS,)`."""
    if rng.random() >= chance:
        return np.zeros(BANDS, dtype=np.float32)
    return np.where(np.arange(BANDS) > rng.integers(55, 90), -60.0, 0.0).astype(np.float32)


def mask(
    rng: np.random.Generator, level: np.ndarray, *, bands: int, columns: int, value: float
) -> np.ndarray:
    """Blanks up to `bands` bands, twice, and up to `columns` columns, once; shape `(columns, BANDS)`."""
    level = level.copy()
    for _ in range(2):
        width = int(rng.integers(0, bands + 1))
        start = int(rng.integers(0, BANDS - width + 1))
        level[:, start : start + width] = value
    width = int(rng.integers(0, min(columns, len(level) // 3) + 1))
    start = int(rng.integers(0, len(level) - width + 1))
    level[start : start + width] = value
    return level
