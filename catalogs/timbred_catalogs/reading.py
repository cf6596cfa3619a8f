"""The jobs of a reader process: all that is done with the content of a user's file."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from timbred_catalogs.decode import decode
from timbred_catalogs.hearing import Ear, windows
from timbred_catalogs.measured import Measured, measured


@dataclass(frozen=True, slots=True)
class Heard:
    """`windows[i]` is what ear i hears of the sound, each (frames,) float32 at its rate."""

    measured: Measured
    windows: list[list[np.ndarray]]


def hear(path: str, ears: Sequence[Ear]) -> Heard:
    """Raises: UndecodableError with the reason."""
    decoded = decode(path)
    return Heard(measured(decoded), [windows(decoded, ear) for ear in ears])
