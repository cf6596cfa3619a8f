"""Changes to mel levels that an instrument survives; each draws first and applies second."""

import numpy as np

from timbred_training.frontend import BANDS

NOISE_FLOOR_DB = (-90.0, -50.0)
SILENCE_DB = -120.0
# What a mix bus may do: a room's tail, by how much of it is left after a column, and compression.
ROOM_DECAY, ROOM_SHARE, PRESS_RATIO = (0.3, 0.8), (0.02, 0.2), (0.6, 1.0)


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


def in_a_room(rng: np.random.Generator, power: np.ndarray) -> np.ndarray:
    """Powers `(columns, BANDS)` with a random tail."""
    return smeared(power, decay=float(rng.uniform(*ROOM_DECAY)), share=float(rng.uniform(*ROOM_SHARE)))


def compressed(rng: np.random.Generator, level_db: np.ndarray) -> np.ndarray:
    """Levels `(columns, BANDS)` with a random ratio of the loudness's course."""
    return pressed(level_db, float(rng.uniform(*PRESS_RATIO)))


def pressed(level_db: np.ndarray, ratio: float) -> np.ndarray:
    """Compresses the course of the loudness: columns of -10 dB rise to -10 ratio dB, and so on."""
    course = level_db.max(axis=1, keepdims=True)
    below = np.clip(course - course.max(), -40.0, 0.0)
    lifted: np.ndarray = level_db + below * (ratio - 1.0)
    return lifted


def smeared(power: np.ndarray, decay: float, share: float) -> np.ndarray:
    """Adds a tail that falls by `decay` each column and begins at `share` of the power."""
    result, tail = power.copy(), np.zeros(BANDS, np.float32)
    for t in range(len(power)):
        result[t] += tail
        tail = decay * (tail + share * power[t])
    return result
