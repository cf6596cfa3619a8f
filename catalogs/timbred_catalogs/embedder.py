"""What the catalogue wants of a model: names, a length, and vectors for audio."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np


class Embedder(Protocol):
    """Called from several threads at once."""

    @property
    def space(self) -> str:
        """Whose vectors may be compared with each other."""
        ...

    @property
    def model_id(self) -> str:
        """Changes whenever the vectors do."""
        ...

    @property
    def sample_rate(self) -> int:
        """Hz of the audio that it takes."""
        ...

    @property
    def window_seconds(self) -> float:
        """The longest audio that it hears."""
        ...

    @property
    def dim(self) -> int:
        """Numbers in a vector."""
        ...

    def embed_batch(self, audios: Sequence[np.ndarray], /) -> np.ndarray:
        """Shape: each audio (frames,) float32 mono at `sample_rate`; returns (len(audios), dim)."""
        ...
