"""Mixtures to be asked: a bass, a lead and a percussion, each a line of its own notes with silences."""

from dataclasses import dataclass

import numpy as np

from timbred_training.errors import TrainingError

SECONDS = (6.0, 10.0)
SILENT_SLOTS = 0.25
LOUDEST_PERCUSSION = 4.0
ROLE_FAMILIES = {
    "bass": ("bass",),
    "lead": ("lead", "polysynth"),
    "percussion": ("percussion", "mallet", "bell", "drum"),
}


@dataclass(frozen=True)
class Mixture:
    """The sum, mono float32 `(frames,)`, and the instrument that plays each role."""

    audio: np.ndarray
    instruments: dict[str, str]


def draw_line(notes: list[np.ndarray], frames: int, rng: np.random.Generator) -> np.ndarray:
    """Notes one after another until `frames` are full; a quarter of the slots stay silent, never all.

    Raises:
        TrainingError: if no note holds frames.
    """
    if not any(map(len, notes)):
        raise TrainingError(f"a line must play notes that hold frames, and none of {len(notes)} does")
    line = np.zeros(frames, dtype=np.float32)
    position, sounded = 0, False
    while position < frames:
        note = notes[int(rng.integers(len(notes)))]
        if not sounded or rng.random() >= SILENT_SLOTS:
            part = note[: frames - position]
            line[position : position + len(part)] += part
            sounded = True
        position += len(note)
    return line


def draw_mixture(
    pools: dict[str, dict[str, list[np.ndarray]]], sample_rate: int, rng: np.random.Generator
) -> Mixture:
    """One mixture of one instrument a role.

    Args:
        pools: for each role the instruments and their notes, mono `(frames,)`.
        sample_rate: of the notes, in hertz.
        rng: draws instruments, notes, length and the percussion's level.
    """
    frames = int(rng.uniform(*SECONDS) * sample_rate)
    total = np.zeros(frames, dtype=np.float32)
    chosen = {}
    for role, pool in pools.items():
        chosen[role] = sorted(pool)[int(rng.integers(len(pool)))]
        gain = float(rng.uniform(1.0, LOUDEST_PERCUSSION)) if role == "percussion" else 1.0
        total += gain * draw_line(pool[chosen[role]], frames, rng)
    return Mixture(total / max(1.0, float(np.abs(total).max())), chosen)
