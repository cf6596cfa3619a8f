"""What the catalogue wants of a model: names, a length, and vectors for audio."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np


class Embedder(Protocol):
    """Called from several threads at once."""

    @property
    def space(self) -> str: ...

    @property
    def model_id(self) -> str: ...

    @property
    def sample_rate(self) -> int: ...

    @property
    def window_seconds(self) -> float: ...

    @property
    def dim(self) -> int: ...

    def embed_batch(self, audios: Sequence[np.ndarray], /) -> np.ndarray:
        """Shape: each audio (frames,) float32 mono at `sample_rate`; returns (len(audios), dim)."""
        ...
