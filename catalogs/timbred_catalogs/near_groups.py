"""Which vectors are nearly the same, among those of nearly the same duration: exact, and in little memory.

Rows are sorted by duration, so that each is compared with its neighbours only: a million one-shots take
minutes, not days, and nothing is kept of the pairs.
"""

from collections.abc import Callable

import numpy as np

# Encoders pad by some 50 ms, and a cut tail is a few percent.
DURATION_TOLERANCE_SECONDS = 0.06
DURATION_TOLERANCE_SHARE = 0.03
BLOCK_ROWS = 256
CHUNK_ROWS = 32_768
UNLED = -1


def leaders(
    vectors: np.ndarray,
    durations: np.ndarray,
    least_cosine: float,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> np.ndarray:
    """For each row the row that leads its group, itself where it leads.

    A row joins the first leader that is no longer than it, nearly as long, and near enough. So every member
    is near its leader, and no chain of neighbours joins what is not alike.

    Shape: vectors (n, dim) float32 of unit length (NaN is near to nothing), may be a memory map; durations
    (n,) ascending; returns (n,).
    """
    led = np.full(len(vectors), UNLED, np.int64)
    longest = durations * (1.0 + DURATION_TOLERANCE_SHARE) + DURATION_TOLERANCE_SECONDS
    ends = np.searchsorted(durations, longest, side="right")
    for start in range(0, len(vectors), BLOCK_ROWS):
        stop = min(start + BLOCK_ROWS, len(vectors))
        _lead_within(vectors[start:stop], ends[start:stop] - start, led[start:stop], start, least_cosine)
        leading = np.flatnonzero(led[start:stop] == np.arange(start, stop)) + start
        _lead_behind(vectors, ends, led, leading, stop, least_cosine)
        on_progress(stop, len(vectors))
    return led


def _lead_within(
    block: np.ndarray, ends: np.ndarray, led: np.ndarray, start: int, least_cosine: float
) -> None:
    """The block's own rows, in their order."""
    near = block @ block.T >= least_cosine
    for row in np.flatnonzero(led == UNLED):
        if led[row] == UNLED:
            led[row] = start + row
            behind = slice(row + 1, ends[row])
            led[behind][near[row, behind] & (led[behind] == UNLED)] = start + row


def _lead_behind(
    vectors: np.ndarray,
    ends: np.ndarray,
    led: np.ndarray,
    leading: np.ndarray,
    stop: int,
    least_cosine: float,
) -> None:
    """All rows behind the block that are not too long for its leaders."""
    if not len(leading):
        return
    mine = vectors[leading]
    for start in range(stop, int(ends[leading].max()), CHUNK_ROWS):
        rows = np.arange(start, min(start + CHUNK_ROWS, int(ends[leading].max())))
        rows = rows[led[rows] == UNLED]
        near = (vectors[rows] @ mine.T >= least_cosine) & (rows[:, None] < ends[leading])
        found = near.any(axis=1)
        led[rows[found]] = leading[near.argmax(axis=1)[found]]
