"""The encoder against tiny model files."""

from pathlib import Path

import numpy as np
import pytest
from tiny_model import DIM, SAMPLE_RATE, write_tiny_model

from timbred.encoder import Encoder
from timbred.errors import ModelError
from timbred.models import default_encoder, installed_files


def tone(pitch_hz: float, seconds: float = 1.0) -> np.ndarray:
    """A sine at the tiny model's sample rate, shape `(frames,)`."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.asarray(np.sin(2 * np.pi * pitch_hz * time), np.float32)


def test_an_encoder_says_what_its_metadata_says(tiny_encoder: Encoder) -> None:
    assert (tiny_encoder.space, tiny_encoder.model_id) == ("descriptors", "tiny-1")
    assert (tiny_encoder.sample_rate, tiny_encoder.window_frames, tiny_encoder.dim) == (16_000, 16_000, DIM)
    assert tiny_encoder.roles == ()


def test_vectors_are_unit_and_tell_pitches_apart(tiny_encoder: Encoder) -> None:
    low, same, high = (tiny_encoder.embed(tone(pitch)) for pitch in (300, 310, 3000))
    assert np.linalg.norm(low) == pytest.approx(1, abs=1e-5)
    assert low @ same > 0.99 > 0.7 > low @ high


def test_a_batch_of_many_lengths_equals_one_by_one(tiny_encoder: Encoder) -> None:
    audios = [tone(300, 0.5), tone(900, 1.2), tone(500, 0.5), tone(700, 0.01)]
    together = tiny_encoder.embed_batch(audios)
    assert together.shape == (4, DIM)
    np.testing.assert_allclose(together, [tiny_encoder.embed(audio) for audio in audios], atol=1e-5)


def test_roles_come_with_a_model_that_has_them(tiny_encoder: Encoder, role_encoder: Encoder) -> None:
    whole, by_role = role_encoder.embed_with_roles(tone(440))
    assert role_encoder.roles == ("bass", "lead")
    assert by_role is not None and by_role.shape == (2, DIM)
    np.testing.assert_allclose(whole, role_encoder.embed(tone(440)), atol=1e-6)
    assert tiny_encoder.embed_with_roles(tone(440))[1] is None


def test_all_missing_metadata_is_one_error(tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "bad.onnx", metadata={"timbred.space": "timbre"})
    with pytest.raises(ModelError, match=r"timbred\.model_id, timbred\.sample_rate, timbred\.window_seconds"):
        Encoder.load(path)


def test_a_model_without_its_outputs_is_refused(tmp_path: Path) -> None:
    plain = write_tiny_model(tmp_path / "plain.onnx")
    facts = dict(Encoder.load(plain)._session.get_modelmeta().custom_metadata_map)
    path = write_tiny_model(tmp_path / "bad.onnx", metadata=facts | {"timbred.roles": "bass"})
    with pytest.raises(ModelError, match="embedding_by_role"):
        Encoder.load(path)


def test_a_file_that_is_no_model_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"not a model")
    with pytest.raises(ModelError, match="can't be opened"):
        Encoder.load(tmp_path / "bad.onnx")
    with pytest.raises(ModelError, match="no model file"):
        Encoder.load(tmp_path / "none.onnx")


def test_timbre_is_preferred_and_an_absent_space_names_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMBRED_DATA_DIR", str(tmp_path))
    write_tiny_model(tmp_path / "models" / "descriptors.onnx", model_id="own-1")
    write_tiny_model(tmp_path / "models" / "timbre.onnx", space="timbre", model_id="own-2")
    assert {"descriptors", "timbre"} <= set(installed_files())
    assert default_encoder().model_id == "own-2"
    assert default_encoder("descriptors").model_id == "own-1"
    with pytest.raises(ModelError, match="no text model is installed"):
        default_encoder("text")
