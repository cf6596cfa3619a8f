"""Sounds of any format that libsndfile reads, from a file or from memory."""

from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile

from timbred_training.errors import TrainingError


def read_sound(file: Path | BinaryIO) -> tuple[np.ndarray, int]:
    """Mono float32 `(frames,)` and its sample rate in hertz.

    Raises:
        TrainingError: if it can't be decoded, or holds no frames.
    """
    try:
        audio, rate = soundfile.read(file, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise TrainingError(f"a sound must be one that libsndfile reads: {error.error_string}") from error
    if not len(audio):
        raise TrainingError("a sound must hold frames, and it has none")
    return audio.mean(axis=1), rate
