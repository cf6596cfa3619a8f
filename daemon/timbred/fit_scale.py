"""What a fit is worth: a share of the library that fits less, and whether anything stands out at all."""

from dataclasses import dataclass
from statistics import median

from timbred_catalogs.sound import Hit

LEAST_LEAD = 0.15
"""The best must be nearer to what the music asks for than the middle one by so much (cosine)."""
FEWEST = 5
"""Among fewer sounds nothing can stand out, and all are shown."""


@dataclass(frozen=True)
class FitScale:
    """The scale of one slot, which every context and role shares: 1 fits best, 0 worst.

    Args:
        best: Cosine of the best sound.
        middle: Cosine of the middle one of those searched.
        total: How many sounds of the slot there are.
    """

    best: float
    middle: float
    total: int

    @classmethod
    def of(cls, hits: tuple[Hit, ...], total: int) -> "FitScale":
        """The scale of a slot's hits, best first."""
        cosines = [hit.similarity for hit in hits]
        return cls(cosines[0], median(cosines), total) if cosines else cls(0.0, 0.0, total)

    @property
    def lead(self) -> float:
        """How far the best stands out."""
        return self.best - self.middle

    @property
    def anything_fits(self) -> bool:
        """Whether the margin is large enough to speak."""
        return self.total < FEWEST or self.lead >= LEAST_LEAD

    def score(self, place: int | None) -> float:
        """The share of the slot's sounds that fit less than the one at a place, 1 for the best."""
        return 0.0 if place is None else 1.0 - (place - 1) / max(1, self.total)
