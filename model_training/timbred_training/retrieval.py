"""Retrieval measured: ranks by cosine, and how sure a rate is."""

from dataclasses import dataclass

import numpy as np

RESAMPLES = 1000


@dataclass(frozen=True)
class Rate:
    """A share in percent, with its 95 % bootstrap interval."""

    percent: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.percent:.1f} [{self.low:.1f}, {self.high:.1f}]"


def nearest(queries: np.ndarray, database: np.ndarray, count: int) -> np.ndarray:
    """Rows of the `count` nearest entries of each query, best first, by the inner product of unit vectors.

    Args:
        queries: `(n, dim)`.
        database: `(m, dim)`.

    Returns:
        `(n, min(count, m))`.
    """
    count = min(count, len(database))
    scores = queries @ database.T
    best = np.argpartition(-scores, count - 1, axis=1)[:, :count]
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1)


def drawn_together(groups: np.ndarray) -> np.ndarray:
    """The number of each one's group, from 0 on, `(n,)`; of a single group each is drawn for itself.

    Whole groups of a single one would be the same in every draw, and the interval of no width.
    """
    names, index = np.unique(groups, return_inverse=True)
    return np.asarray(index) if len(names) > 1 else np.arange(len(groups))


def rate(hits: np.ndarray, groups: np.ndarray, seed: int = 0) -> Rate:
    """The share of hits; whole groups (the queries of one instrument or mixture) are drawn again together.

    Of a single group the interval is over its queries.
    """
    index = drawn_together(groups)
    sums, counts = np.bincount(index, hits.astype(float)), np.bincount(index)
    drawn = np.random.default_rng(seed).integers(0, len(counts), (RESAMPLES, len(counts)))
    shares = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.percentile(shares, [2.5, 97.5])
    return Rate(100 * float(hits.mean()), 100 * float(low), 100 * float(high))
