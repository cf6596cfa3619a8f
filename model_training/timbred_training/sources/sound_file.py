"""Sounds of any format that libsndfile reads, from a file or from memory."""

import os
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile

from timbred_training.errors import TrainingError

QUIETEST = 1e-4  # what peaks below it, at -80 dB, is silence


def read_sound(file: Path | BinaryIO) -> tuple[np.ndarray, int]:
    """Mono float32 `(frames,)` and its sample rate in hertz.

    Raises:
        TrainingError: if it can't be decoded, or holds no sound.
    """
    try:
        # libsndfile itself opens no file whose name is no UTF-8
        with file.open("rb") if isinstance(file, Path) else nullcontext(file) as opened:
            audio, rate = soundfile.read(opened, dtype="float32", always_2d=True)
    except OSError as error:
        raise TrainingError(f"a sound must be a readable file: {error}") from error
    except soundfile.LibsndfileError as error:
        raise TrainingError(f"a sound must be one that libsndfile reads: {error.error_string}") from error
    mono: np.ndarray = audio.mean(axis=1)
    refuse_soundless(mono)
    return mono, rate


def open_sound(file: Path) -> soundfile.SoundFile:
    """The opened file, be its name UTF-8 or not.

    Raises:
        soundfile.LibsndfileError: if it is missing or can't be decoded.
    """
    return soundfile.SoundFile(os.fsencode(file))  # pyright: ignore[reportArgumentType]


def refuse_soundless(audio: np.ndarray) -> None:
    """Raises for audio `(frames,)` without frames, with a sample that is no number, or that is silent."""
    if not len(audio):
        raise TrainingError("a sound must hold frames, and it has none")
    peak = float(np.abs(audio).max())
    if not np.isfinite(peak):
        raise TrainingError(f"a sound must hold finite samples, and one is {peak}")
    if peak < QUIETEST:
        raise TrainingError(f"a sound must peak at {QUIETEST:g} or more, and it peaks at {peak:.2g}")
