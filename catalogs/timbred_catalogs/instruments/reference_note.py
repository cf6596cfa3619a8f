"""The note that stands for an instrument: its role's usual pitch, velocity 100, held for two seconds."""

from dataclasses import dataclass

import numpy as np

from timbred_catalogs.decode import Decoded, check
from timbred_catalogs.loudness import decibels

RATE = 44_100
VELOCITY = 100
HOLD_SECONDS = 2.0
RELEASE_SECONDS = 1.0
# Of the release what lies this far below the peak is left away.
TAIL_DB = -60.0
MIDDLE_C = 60
NOTES = {"bass": 36, "guitar": 52, "brass": 58, "wind": 72, "lead": 72, "mallet": 72}


@dataclass(frozen=True, slots=True)
class Rendered:
    """Shape: `audio` (channels, frames) float32 at RATE; `note` is the MIDI note that was played."""

    audio: np.ndarray
    note: int


def reference_note(role: str | None) -> int:
    """MIDI note; middle C for what has no place of its own."""
    return NOTES.get(role or "", MIDDLE_C)


def decoded_of(rendered: Rendered) -> Decoded:
    """As a file of the same audio would be decoded.

    Raises: UndecodableError for silence and for samples that are not numbers.
    """
    audio = without_tail(rendered)
    peak = float(np.abs(audio).max(initial=0.0))
    mono = audio.mean(axis=0, dtype=np.float32)
    seconds = audio.shape[1] / RATE
    check(mono, peak, seconds)
    return Decoded(mono, RATE, decibels(peak), len(audio), RATE, seconds)


def without_tail(rendered: Rendered) -> np.ndarray:
    """(channels, frames) without the silence after the release."""
    level = np.abs(rendered.audio).max(axis=0, initial=0.0)
    heard = np.flatnonzero(level > float(level.max(initial=0.0)) * 10 ** (TAIL_DB / 20))
    return rendered.audio[:, : heard[-1] + 1] if len(heard) else rendered.audio
