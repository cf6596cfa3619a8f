"""A catalogue in memory, sounds to put into it, tiny audio files, and a model that is none."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.sound import Sound


@pytest.fixture
def memory() -> Catalogue:
    return Catalogue.open("memory://", mode="create")


@pytest.fixture
def make_sound() -> Callable[..., Sound]:
    return _make_sound


def _make_sound(number: int, **changes: Any) -> Sound:
    values: dict[str, Any] = {
        "id": f"{number:032x}",
        "path": f"/samples/pack/sound {number}.wav",
        "name": f"sound {number}",
        "pack": "pack",
        "kind": "one_shot",
        "role": None,
        "role_confidence": 0.0,
        "role_source": None,
        "duration_seconds": 0.5,
        "peak_db": -1.0,
        "loudness_lufs": -14.0,
        "pitch_midi": None,
        "pitch_confidence": 0.0,
        "tempo_bpm": None,
        "tempo_confidence": 0.0,
        "key": None,
        "key_confidence": 0.0,
        "channels": 1,
        "sample_rate": 44100,
        "tags": (),
        "favourite": False,
        "missing": False,
        "size_bytes": 44144,
        "mtime_ns": 1_700_000_000_000_000_000,
        "added_at": datetime(2026, 1, 2, tzinfo=UTC),
    }
    return Sound(**{**values, **changes})


class BandEmbedder:
    """A hand-written embedder: a fixed random projection of the logarithm of sixteen bands' energy."""

    space = "timbre"
    sample_rate = 22_050
    window_seconds = 2.0
    dim = 24

    def __init__(self, model_id: str = "bands-1") -> None:
        self.model_id = model_id
        self._projection = np.random.default_rng(list(model_id.encode())).standard_normal((16, self.dim))

    def embed_batch(self, audios: Sequence[np.ndarray], /) -> np.ndarray:
        vectors = np.stack([self._bands(audio) @ self._projection for audio in audios])
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(unit, dtype=np.float32)

    def _bands(self, audio: np.ndarray) -> np.ndarray:
        power = np.abs(np.fft.rfft(audio, 2048)) ** 2
        edges = np.geomspace(1, len(power), 17).astype(int)
        return np.array([np.log(power[a : max(b, a + 1)].sum() + 1e-9) for a, b in pairwise(edges)])


@pytest.fixture
def embedder() -> BandEmbedder:
    return BandEmbedder()


@pytest.fixture
def make_embedder() -> type[BandEmbedder]:
    return BandEmbedder


@pytest.fixture
def make_wav() -> Callable[..., Path]:
    return _make_wav


def _make_wav(
    path: Path, seed: int = 0, seconds: float = 0.2, sample_rate: int = 22_050, channels: int = 1
) -> Path:
    """A decaying noise burst through a seeded tone, different for every seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    tone = np.sin(2 * np.pi * rng.uniform(50, 5000) * time) + 0.3 * rng.standard_normal(len(time))
    audio = 0.5 * tone * np.exp(-time * 10) / 1.5
    with path.open("wb") as file:
        sf.write(file, np.repeat(audio[:, None], channels, axis=1), sample_rate, format="WAV")
    return path
