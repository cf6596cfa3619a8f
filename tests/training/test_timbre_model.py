"""The timbre model: what it ignores, and PyTorch against ONNX Runtime."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from timbred_training.errors import TrainingError
from timbred_training.export import export_encoder
from timbred_training.onnx_encoder import OnnxEncoder
from timbred_training.timbre import SHIPPED_ROLES, TimbreModel

RATE = 32_000


def sound(seconds: float) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, int(seconds * RATE)).astype(np.float32)


@pytest.mark.parametrize("seconds", [0.1, 0.37, 4.0, 9.3])
def test_onnx_runtime_answers_as_pytorch_does(model: TimbreModel, exported: Path, seconds: float) -> None:
    answer = OnnxEncoder(exported)(sound(seconds))
    with torch.no_grad():
        vector, by_role = model(torch.from_numpy(sound(seconds))[None])
    np.testing.assert_allclose(answer.vector, vector[0].numpy(), atol=1e-4)
    assert answer.by_role is not None
    np.testing.assert_allclose(answer.by_role, by_role[0].numpy(), atol=1e-4)


def test_scales_are_taken_into_the_weights_of_the_file_alone(model: TimbreModel, exported: Path) -> None:
    held = {tensor.name for tensor in onnx.load(exported).graph.initializer}
    assert any(name.endswith("narrow.weight") for name in held)
    assert not any(name.endswith(".scale") for name in held)
    assert model.encoder.role_block.scale is not None


def test_the_file_says_what_it_is(exported: Path) -> None:
    encoder = OnnxEncoder(exported)
    assert (encoder.model_id, encoder.sample_rate, encoder.window_seconds) == ("toy-1-0", RATE, 1.0)
    assert encoder.roles == list(SHIPPED_ROLES)


def test_vectors_have_unit_length_whatever_is_heard(exported: Path) -> None:
    encoder = OnnxEncoder(exported)
    for audio in (np.zeros(RATE, dtype=np.float32), sound(0.01), sound(1.0) * 1e-4):
        answer = encoder(audio)
        assert np.linalg.norm(answer.vector) == pytest.approx(1.0, abs=1e-4)


def test_the_gain_does_not_matter(model: TimbreModel) -> None:
    audio = torch.from_numpy(sound(1.0))[None]
    with torch.no_grad():
        torch.testing.assert_close(model(audio)[0], model(0.1 * audio)[0], atol=1e-3, rtol=0)


def test_asking_one_role_of_all_equals_asking_pairs(model: TimbreModel) -> None:
    features, encoder = torch.randn(3, 32, 12, 5), model.encoder
    with torch.no_grad():
        answers, focus = encoder.ask(features, 2)
        of_pairs, focus_of_pairs = encoder.role_features(features, torch.arange(3), torch.full((3,), 2))
    torch.testing.assert_close(answers, of_pairs, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(focus, focus_of_pairs, atol=1e-5, rtol=1e-4)


def test_the_mean_looks_where_the_role_sounds(model: TimbreModel) -> None:
    features, weight = torch.rand(1, 32, 12, 6), torch.ones(1, 6)
    focus = torch.zeros(1, 12, 6)
    focus[..., 4] = 1.0
    gathered = model.encoder.gather(features, weight, focus)
    torch.testing.assert_close(gathered[:, : 32 * 12], features[..., 4].flatten(1))


def test_an_encoder_of_another_size_is_not_written(model: TimbreModel, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"\(2, 64\)"):
        export_encoder(
            model,
            tmp_path / "x.onnx",
            space="timbre",
            model_id="toy",
            sample_rate=RATE,
            window_seconds=1.0,
            embedding_dim=64,
            roles=SHIPPED_ROLES,
        )
    assert not list(tmp_path.iterdir())


def test_an_encoder_that_answers_with_no_numbers_is_not_written(tmp_path: Path) -> None:
    class Broken(torch.nn.Module):
        def forward(self, audio: torch.Tensor) -> torch.Tensor:
            return audio[:, :4] / 0.0 * 0.0

    with pytest.raises(TrainingError, match="must answer noise with numbers"):
        export_encoder(
            Broken(),
            tmp_path / "x.onnx",
            space="timbre",
            model_id="x",
            sample_rate=32_000,
            window_seconds=1.0,
            embedding_dim=4,
        )
    assert not (tmp_path / "x.onnx").exists()


def test_notes_and_mixtures_in_one_pass_keep_their_order_and_lengths(model: TimbreModel) -> None:
    notes, mixtures = torch.rand(3, 96, 20) * 2 - 1, torch.rand(2, 96, 84) * 2 - 1  # padded: 32 and 3 x 32
    encoder = model.encoder
    with torch.no_grad():
        (x, weight), (x_long, weight_long) = encoder.joint_trunk(notes, mixtures)
        alone, weight_alone = encoder.trunk(notes)
        whole, weight_whole = encoder.trunk(mixtures)
    torch.testing.assert_close(x, alone)
    torch.testing.assert_close(weight, weight_alone)
    torch.testing.assert_close(weight_long, weight_whole)
    assert x_long.shape == whole.shape
    # Away from the seams between the pieces nothing knows of them.
    torch.testing.assert_close(x_long[..., 0], whole[..., 0])
