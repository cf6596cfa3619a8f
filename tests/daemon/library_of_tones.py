"""A catalogue of sine tones, measured by the tiny encoder: low ones are basses, high ones leads."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from timbred.encoder import Encoder
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.sound import Sound

PITCHES_HZ = (220, 400, 700, 1200, 2000, 3300, 5000, 6500)


def tone(pitch_hz: float, seconds: float, sample_rate: int) -> np.ndarray:
    """A sine at -12 dBFS, shape `(frames,)`."""
    time = np.arange(int(seconds * sample_rate)) / sample_rate
    return np.asarray(0.25 * np.sin(2 * np.pi * pitch_hz * time), np.float32)


def sound(number: int, *, name: str = "", pack: str = "Tones", role: str | None = "bass") -> Sound:
    """A sound of which only what is given matters."""
    return Sound(
        id=f"{number:032x}",
        path=f"/sounds/{pack}/{name or number}.wav",
        name=name or f"Sound {number}",
        pack=pack,
        kind="one_shot",
        role=role,
        role_confidence=1.0,
        role_source="name",
        duration_seconds=1.0,
        peak_db=-12.0,
        loudness_lufs=-18.0,
        pitch_midi=None,
        pitch_confidence=0.0,
        tempo_bpm=None,
        tempo_confidence=0.0,
        key=None,
        key_confidence=0.0,
        channels=1,
        sample_rate=44_100,
        tags=(),
        favourite=False,
        missing=False,
        size_bytes=1000,
        mtime_ns=0,
        added_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def write_library(address: Path, encoder: Encoder) -> Catalogue:
    """One bass and one lead of each pitch."""
    catalogue = Catalogue.open(address, mode="create")
    catalogue.declare_space(encoder.space, encoder.model_id, encoder.dim)
    vectors = encoder.embed_batch([tone(pitch, 1.0, encoder.sample_rate) for pitch in PITCHES_HZ])
    for first, role in ((0, "bass"), (100, "lead")):
        sounds = [
            sound(first + number, name=f"{role} {pitch} Hz tone", pack=f"Pack {number}", role=role)
            for number, pitch in enumerate(PITCHES_HZ)
        ]
        catalogue.add(sounds, {encoder.space: vectors})
    return catalogue
