"""Joins the vectors of the windows inside a context, so that a long one costs no more than a short one."""

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

MEMORY_WINDOWS = 128


@dataclass(frozen=True)
class Heard:
    """What the music sounds like.

    Args:
        whole: Unit vector of the music, shape `(dim,)`.
        by_role: Unit vector of what it holds of each role that the encoder knows, each `(dim,)`.
    """

    whole: Array
    by_role: dict[str, Array]


class Pool:
    """The vectors of the last windows.

    Args:
        roles: Names of the rows that a window's vectors have beyond the first.
    """

    def __init__(self, roles: tuple[str, ...]) -> None:
        self._roles = roles
        self._windows: deque[tuple[int, int, Array]] = deque(maxlen=MEMORY_WINDOWS)

    def add(self, start_frame: int, end_frame: int, vectors: Array) -> None:
        """Keeps one window.

        Args:
            start_frame: Ring frame number of its first.
            end_frame: Ring frame number after its last.
            vectors: Shape `(1 + roles, dim)`, the whole's first.
        """
        self._windows.append((start_frame, end_frame, vectors))

    def heard(self, begin_frame: int) -> Heard | None:
        """The mean of the windows, each by how much of it lies inside a context; None before the first.

        Were only those counted that lie inside whole, the middle of a context would weigh most, and a loop
        that plays on and on would ask for something else each second.

        Args:
            begin_frame: Where the context begins; the newest window counts in any case.
        """
        if not self._windows:
            return None
        inside = [(end - max(start, begin_frame), vectors) for start, end, vectors in self._windows]
        counted = [one for one in inside if one[0] > 0] or [(1, self._windows[-1][2])]
        weights = np.array([frames for frames, _ in counted], np.float32)
        stack = np.stack([vectors for _, vectors in counted])  # (windows, 1 + roles, dim)
        mean = np.tensordot(weights / weights.sum(), stack, axes=1)  # (1 + roles, dim)
        unit = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)
        return Heard(unit[0], dict(zip(self._roles, unit[1:], strict=True)))
