"""Stems in front of a single encoder."""

import sys
from pathlib import Path

import numpy as np
import pytest

from timbred_training.errors import TrainingError
from timbred_training.onnx_encoder import OnnxEncoder
from timbred_training.stems import StemEncoder, load_demucs


def by_thirds(audio: np.ndarray, sample_rate: int) -> dict[str, np.ndarray]:
    """Stems that tell each other apart: the beginning, the middle, the end."""
    part = len(audio) // 3
    stems = {name: np.zeros_like(audio) for name in ("drums", "bass", "other", "vocals")}
    stems["bass"][:part] = audio[:part]
    stems["other"][part : 2 * part] = audio[part : 2 * part]
    stems["drums"][2 * part :] = audio[2 * part :]
    return stems


def test_a_role_is_answered_by_the_vector_of_its_stems(exported: Path) -> None:
    audio = np.random.default_rng(0).normal(0, 0.1, 30_000).astype(np.float32)
    encoder, single = StemEncoder(exported, by_thirds), OnnxEncoder(exported)
    answer, stems = encoder(audio), by_thirds(audio, 32_000)
    assert encoder.roles == ["bass", "lead", "percussion"] and encoder.model_id == "toy-1-0+stems"
    np.testing.assert_array_equal(answer.vector, single(audio).vector)
    expected = [single(sound).vector for sound in (stems["bass"], stems["other"], stems["drums"])]
    assert answer.by_role is not None
    np.testing.assert_allclose(answer.by_role, np.stack(expected), atol=1e-6)


def test_demucs_is_asked_for_where_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "demucs.apply", None)
    with pytest.raises(TrainingError, match="pip install demucs"):
        load_demucs(tmp_path)
