"""A source some of whose programs crash, hang or crash once, for the helper process to survive."""

import os
import signal
import time
from pathlib import Path

import numpy as np

from timbred_training.errors import TrainingError
from timbred_training.sources.notes import RawNote

RATE = 8_000


class ToySynthesizer:
    """Programs by what they do."""

    name, licence, split = "toy", "CC0-1.0", None

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise TrainingError(f"the folder must be there, and {folder} is not")
        self._once = folder / "crashed"

    def instruments(self) -> list[str]:
        """One that sounds, and its troublesome neighbours."""
        return ["crashes", "sounds", "hangs", "crashes once"]  # and those that fail, if asked

    def render(self, instrument: str) -> list[RawNote]:
        """A second of a tone, if it comes to that."""
        if instrument == "crashes" or (instrument == "crashes once" and not self._once.exists()):
            self._once.touch()
            os.kill(os.getpid(), signal.SIGSEGV)
        if instrument == "is refused":
            raise TrainingError("a preset must be readable, and this one is not")
        if instrument == "has a bug":
            raise KeyError("family")
        if instrument == "hangs":
            time.sleep(60)
        audio = np.sin(np.arange(RATE) * 0.3).astype(np.float32)
        return [RawNote(instrument, "lead", "train", True, True, 60, 100, audio, RATE)]


class CrashingSynthesizer:
    """One that can't even be opened."""

    def __init__(self) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)
