"""What a fit is worth: a share of the library that fits less, and whether anything stands out at all."""

from dataclasses import dataclass
from math import ceil, log, sqrt

from timbred_catalogs.sound import Hit

LEAST_LEAD = 0.03
"""How far the best must stand above the middle (cosine), in libraries of any size: see `FitScale.lead`."""
FEWEST = 5
"""Among fewer sounds nothing can stand out, and all are shown."""


@dataclass(frozen=True)
class FitScale:
    """The scale of one slot, which every context and role shares: 1 fits best, 0 worst.

    Args:
        best: Cosine of the best sound.
        middle: Cosine of the middle one of all, or of the last that was searched where that is nearer.
        total: How many sounds of the slot there are.
    """

    best: float
    middle: float
    total: int

    @classmethod
    def of(cls, hits: tuple[Hit, ...], total: int) -> "FitScale":
        """The scale of a slot's hits, best first."""
        if not hits:
            return cls(0.0, 0.0, total)
        middle = hits[min(total // 2, len(hits) - 1)]
        return cls(hits[0].similarity, middle.similarity, total)

    @property
    def lead(self) -> float:
        """How far the best stands above the middle, in what chance alone brings among so many.

        The best of n draws lies about sqrt(2 ln n) deviations above their middle, so a lead by itself would
        say more of the library's size than of the music.
        """
        return (self.best - self.middle) / sqrt(2.0 * log(max(2, self.total)))

    @property
    def anything_fits(self) -> bool:
        """Whether the margin is large enough to speak."""
        return self.total < FEWEST or self.lead >= LEAST_LEAD

    @property
    def listed(self) -> int:
        """How many of the best may be suggested: what fits less than the middle does not belong here."""
        return self.total if self.total < FEWEST else ceil(self.total / 2)

    def score(self, place: int | None) -> float:
        """The share of the slot's other sounds that fit less than the one at a place, 1 for the best."""
        if place is None:
            return 0.0
        return 1.0 if self.total < 2 else (self.total - place) / (self.total - 1)
