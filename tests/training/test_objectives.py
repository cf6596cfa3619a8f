"""Every objective that a settings file can name trains, and moves what it is meant to move."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from toy_settings import TOY

from timbred_training.batches import draw_batch
from timbred_training.objective import MIXTURE_RELATIONS, Objective, total
from timbred_training.settings import MIXTURE_LOSSES, SINGLE_LOSSES
from timbred_training.train import train
from timbred_training.training_notes import TrainingNotes


@pytest.fixture(scope="module")
def notes(toy_notes_prepared: Path) -> TrainingNotes:
    return TrainingNotes([toy_notes_prepared])


def gradients(notes: TrainingNotes, **changes: Any) -> set[str]:
    """The parameters that the objective moves, by name; those it leaves must not ask for a gradient."""
    objective = Objective(replace(TOY, **changes), len(notes.names), len(notes.families))
    torch.autograd.backward(total(objective(draw_batch(notes, objective.settings, 0))))
    moved = {name for name, p in objective.named_parameters() if p.grad is not None}
    assert moved == {name for name, p in objective.named_parameters() if p.requires_grad}
    return moved


@pytest.mark.parametrize("loss", sorted(SINGLE_LOSSES))
def test_a_run_of_single_notes_trains_by_the_loss_it_names(
    loss: str, toy_notes_prepared: Path, tmp_path: Path
) -> None:
    changes: dict[str, Any] = {"single_losses": (loss,), "mixture_weight": 0.0, "role_weight": 0.0}
    train(replace(TOY, data=(str(toy_notes_prepared),), steps=2, **changes), tmp_path)
    first, second = (json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines())
    assert set(first) & (SINGLE_LOSSES | {"mixtures", "roles"}) == {loss}
    assert first[loss] > 0 and first[loss] != second[loss]


@pytest.mark.parametrize("loss", sorted(MIXTURE_LOSSES))
def test_a_run_of_mixtures_trains_by_the_loss_it_names(
    loss: str, toy_notes_prepared: Path, tmp_path: Path
) -> None:
    changes: dict[str, Any] = {"mixture_loss": loss, "role_weight": 0.0}
    train(replace(TOY, data=(str(toy_notes_prepared),), steps=2, **changes), tmp_path)
    first, second = (json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines())
    assert first["mixtures"] > 0 and first["mixtures"] != second["mixtures"] and "roles" not in first


def test_every_named_mixture_loss_has_its_relation() -> None:
    assert {name.partition(":")[2] for name in MIXTURE_LOSSES} == set(MIXTURE_RELATIONS)


def test_a_class_is_learned_only_where_it_is_asked_for(notes: TrainingNotes) -> None:
    single = {"mixture_weight": 0.0, "role_weight": 0.0}
    assert gradients(notes, single_losses=("families",), **single) & {"proxies", "family_proxies"} == {
        "family_proxies"
    }
    assert "log_scale" not in gradients(notes, single_losses=("triplet",), **single)


def test_role_queries_are_learned_only_where_they_weigh(notes: TrainingNotes) -> None:
    assert any(name.startswith("encoder.role") for name in gradients(notes))
    assert not any(name.startswith("encoder.role") for name in gradients(notes, role_weight=0.0))
    assert "proxies" not in gradients(notes, single_losses=("info_nce",))
