"""The last layer fitted anew: what it finds, what it leaves alone, and what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from toy_notes import write_toy_table
from toy_settings import TOY

from timbred_training.encoder import Encoder
from timbred_training.errors import TrainingError
from timbred_training.export_timbre import load_run
from timbred_training.prepare import prepare
from timbred_training.refit import (
    closed_form,
    discriminants,
    principal,
    refit,
    replace_last_layer,
    sharpened,
    trained_layer,
)
from timbred_training.run_folder import read_run
from timbred_training.sources.parquet import ParquetSource
from timbred_training.train import train

OWNERS, NOTES = 60, 5


def noisy_notes(width: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Owners differ in the first eight directions by 1, notes of one owner in all others by 4."""
    generator = torch.Generator().manual_seed(seed)
    owner = torch.arange(OWNERS).repeat_interleave(NOTES)
    centre = torch.zeros(OWNERS, width)
    centre[:, :8] = torch.randn(OWNERS, 8, generator=generator)
    noise = 4.0 * torch.randn(len(owner), width, generator=generator)
    noise[:, :8] *= 0.05
    return centre[owner] + noise, owner


def nearest_is_own(vectors: torch.Tensor, owner: torch.Tensor) -> float:
    unit = torch.nn.functional.normalize(vectors, dim=1)
    cosine = (unit @ unit.T).fill_diagonal_(-1.0)
    return float((owner[cosine.argmax(dim=1)] == owner).float().mean())


def test_discriminants_are_where_owners_differ_and_not_where_notes_do() -> None:
    x, owner = noisy_notes(40, seed=1)
    centred = x - x.mean(dim=0)
    found = discriminants(centred, owner, 8)
    share = found[:8].square().sum(dim=0) / found.square().sum(dim=0)
    assert share.min() > 0.95
    largest = principal(centred, 8)
    assert largest[:8].square().sum() < 0.5, "the directions of most variance are those of the noise"


def test_a_discriminant_s_strength_is_its_ratio_between_owners_and_within() -> None:
    x, owner = noisy_notes(12, seed=2)
    centred = x - x.mean(dim=0)
    found = centred @ discriminants(centred, owner, 12)
    mean = torch.stack([found[owner == one].mean(dim=0) for one in range(OWNERS)])
    rest = found - mean[owner]
    ratio = mean.square().mean(dim=0) / rest.square().mean(dim=0)
    assert (ratio.diff() > 0).all(), "the strongest comes last"
    assert ratio[-1] > 20 * ratio[0]


def test_the_new_layer_finds_owners_that_the_old_one_did_not() -> None:
    torch.manual_seed(0)
    encoder = Encoder((16, 32), (1, 1), dim=32).eval()
    x, owner = noisy_notes(encoder.project.in_features, seed=3)
    with torch.no_grad():
        before, size = encoder.embed(x), encoder.project.weight.square().mean()
        mean = x.mean(dim=0)
        layer = closed_form(x - mean, owner, trained_layer(encoder))
        replace_last_layer(encoder, x - mean, layer, mean)
        after = encoder.embed(x)
        torch.testing.assert_close(encoder.project.weight.square().mean(), size)
    assert nearest_is_own(before, owner) < 0.1
    assert nearest_is_own(after, owner) > 0.9
    torch.testing.assert_close(after.norm(dim=1), torch.ones(len(x)))


def test_a_sharpened_layer_finds_more_of_notes_that_it_never_saw() -> None:
    torch.manual_seed(0)
    x, owner = noisy_notes(64, seed=4)
    x *= 10.0  # a layer of mean length 1 is small then, as one of thousands of features is
    x[:, 8:] /= 4.0
    seen = torch.arange(len(owner)) % NOTES < 3
    layer = torch.randn(64, 16)
    layer /= (x @ layer).norm(dim=1).mean()
    before = nearest_is_own(x[~seen] @ layer, owner[~seen])
    after = nearest_is_own(x[~seen] @ sharpened(layer, x[seen], owner[seen], pairs=40), owner[~seen])
    assert after > before + 0.2


def test_a_run_is_refitted_beside_the_old_one(toy_notes_prepared: Path, tmp_path: Path) -> None:
    settings = replace(TOY, data=(str(toy_notes_prepared),), mixture_weight=0.0, role_weight=0.0)
    before = train(settings, tmp_path / "run").read_bytes()
    refit(tmp_path / "run", tmp_path / "new")
    assert (tmp_path / "run" / "checkpoint.pt").read_bytes() == before
    old, new = load_run(tmp_path / "run").encoder, load_run(tmp_path / "new").encoder
    were = old.state_dict()
    changed = {name for name, value in new.state_dict().items() if not torch.equal(value, were[name])}
    assert "project.weight" in changed
    assert all(name.startswith(("project", "role_project")) for name in changed)
    with pytest.raises(TrainingError, match="must hold no run yet"):
        refit(tmp_path / "run", tmp_path / "new")
    with pytest.raises(TrainingError, match="must hold a checkpoint"):
        refit(tmp_path, tmp_path / "other")
    with pytest.raises(TrainingError, match="must be resumed from a step that it trained"):
        train(settings, tmp_path / "new")
    train(replace(settings, steps=2), tmp_path / "further", start_from=tmp_path / "new")


def test_the_role_queries_answer_in_the_new_space() -> None:
    torch.manual_seed(0)
    encoder = Encoder((16, 32), (1, 1), dim=32).eval()
    x = 3.0 + torch.randn(400, encoder.project.in_features)
    mean = x.mean(dim=0)
    with torch.no_grad():
        encoder.role_project.weight.copy_(encoder.project.weight)
        norm = encoder.project_norm
        assert norm.running_mean is not None
        norm.running_mean.copy_(mean @ encoder.project.weight.T)
        turned = encoder.project.weight.T @ torch.randn(
            32, 32
        )  # all that the new layer says the old one said
        replace_last_layer(encoder, x - mean, turned, mean)
        alike = (encoder.embed(x) * encoder.embed_role(x)).sum(dim=1)
    assert alike.min() > 0.999


@pytest.mark.slow
def test_the_same_seed_gives_the_same_layer_and_further_notes_another(
    toy_notes_prepared: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    write_toy_table(tmp_path / "other" / "toy.parquet", instruments=30)
    other = tmp_path / "other.lance"
    prepare(ParquetSource(tmp_path / "other", "other", "CC0-1.0"), other)
    settings = replace(TOY, data=(str(toy_notes_prepared),), mixture_weight=0.0, role_weight=0.0)
    run = tmp_path / "run"
    train(settings, run)
    layers = {}
    for name, also in (("one", ()), ("same", ()), ("more", (other,))):
        refit(run, tmp_path / name, also=also)
        layers[name] = load_run(tmp_path / name).encoder.project.weight
    assert torch.equal(layers["one"], layers["same"])
    assert not torch.equal(layers["one"], layers["more"])
    assert read_run(tmp_path / "more")["also"] == [str(other)]
    with pytest.raises(TrainingError, match="must be named once"):
        refit(run, tmp_path / "twice", also=[toy_notes_prepared])
    with pytest.raises(TrainingError, match="a prepared dataset must lie at"):
        refit(run, tmp_path / "nowhere", also=[tmp_path / "nothing.lance"])
