"""How a learning rate goes over a run."""

import math


def warm_up(step: int, steps: int) -> float:
    """From near 0 to 1 in so many steps, in a line; `step` counts from 0."""
    return min(1.0, (step + 1) / max(steps, 1))


def cosine(progress: float) -> float:
    """From 1 to 0 in half a cosine; `progress` goes from 0 to 1, and stays there."""
    return 0.5 * (1.0 + math.cos(math.pi * min(progress, 1.0)))
