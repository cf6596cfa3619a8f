"""The transformer encoder: trained, exported and read again like the live one."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from toy_settings import TOY

from timbred_training.ast_encoder import AstEncoder, band_map, twice_as_many_columns
from timbred_training.errors import TrainingError
from timbred_training.export_timbre import export_run, load_run
from timbred_training.onnx_encoder import OnnxEncoder
from timbred_training.train import train

TINY = replace(
    TOY, encoder="ast", ast_width=16, ast_layers=1, ast_heads=2, ast_patch=8, ast_stride=6, steps=2
)


@pytest.mark.slow
@pytest.mark.parametrize(("patch", "stride"), [(8, 6), (16, 10)], ids=["tiny", "as in ast-small.toml"])
def test_a_tiny_transformer_is_trained_and_exported_equal(
    patch: int, stride: int, toy_notes_prepared: Path, tmp_path: Path
) -> None:
    settings = replace(TINY, data=(str(toy_notes_prepared),), ast_patch=patch, ast_stride=stride)
    train(settings, tmp_path / "run")
    model = load_run(tmp_path / "run")
    export_run(tmp_path / "run", tmp_path / "ast.onnx")
    encoder = OnnxEncoder(tmp_path / "ast.onnx")
    for seconds in (0.1, 1.3, 7.0):  # the longest is longer than the positions that were learned
        audio = np.random.default_rng(0).normal(0, 0.1, int(seconds * 32_000)).astype(np.float32)
        answer = encoder(audio)
        with torch.no_grad():
            vector, by_role = model(torch.from_numpy(audio)[None])
        np.testing.assert_allclose(answer.vector, vector[0].numpy(), atol=1e-4)
        assert answer.by_role is not None
        np.testing.assert_allclose(answer.by_role, by_role[0].numpy(), atol=1e-4)


def test_weights_from_a_folder_are_used_with_their_size_and_bands(tmp_path: Path) -> None:
    from transformers import ASTConfig, ASTModel

    config = ASTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, max_length=64
    )
    theirs = ASTModel(config)
    torch.nn.init.normal_(theirs.embeddings.position_embeddings)
    theirs.save_pretrained(tmp_path)
    encoder = AstEncoder(replace(TINY, ast_weights=str(tmp_path))).eval()
    assert (encoder.bands, encoder.rows) == (128, 12)
    level = torch.rand(2, 96, 20) * 2 - 1  # with 12 columns of silence, twice: the 64 that theirs takes
    silent = torch.nn.functional.pad(level, (0, 12), value=-1.0)
    values = twice_as_many_columns(torch.from_numpy(band_map()) @ silent).transpose(1, 2)
    with torch.no_grad():
        expected = torch.nn.Module.eval(theirs)(values).last_hidden_state[:, 2:]
        x, weight = encoder.trunk(level)
    torch.testing.assert_close(x.flatten(2).transpose(1, 2), expected)
    assert weight.shape == (2, x.shape[3])


def test_a_tone_keeps_its_place_among_the_other_bands() -> None:
    def centre(hz: tuple[float, float], bands: int, k: int) -> float:
        low, high = (math.log1p(f / 700.0) for f in hz)
        return 700.0 * math.expm1(low + (high - low) * (k + 1) / (bands + 1))

    for k in (5, 40, 60):
        loudest = int(band_map()[:, k].argmax())
        ours, theirs = centre((30.0, 14_000.0), 96, k), centre((20.0, 8_000.0), 128, loudest)
        assert abs(ours - theirs) < 0.06 * ours


def test_columns_between_are_means_of_their_neighbours() -> None:
    doubled = twice_as_many_columns(torch.tensor([[[0.0, 2.0, 6.0]]]))
    assert doubled.tolist() == [[[0.0, 1.0, 2.0, 4.0, 6.0, 6.0]]]


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"config\.json"):
        AstEncoder(replace(TINY, ast_weights=str(tmp_path)))
    with pytest.raises(TrainingError, match="multiple of ast_heads"):
        AstEncoder(replace(TINY, ast_heads=3))
    with pytest.raises(TrainingError, match="at most 18"):
        AstEncoder(replace(TINY, ast_patch=20))
