"""The role queries' projection fitted alone: what it learns, what it leaves, and what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from timbred_training.errors import TrainingError
from timbred_training.export_timbre import load_run
from timbred_training.held_objective import HeldObjective
from timbred_training.role_refit import Questions, ask, fitted, refit_roles
from timbred_training.settings import Settings
from timbred_training.train import train
from timbred_training.training_notes import TrainingNotes


def right(objective: HeldObjective, questions: Questions) -> float:
    """How often the nearest instrument of the role is the answer."""
    with torch.no_grad():
        cosines = (
            objective.encoder.embed_role(questions.gathered.float()) @ objective.bank[objective.reference].T
        )
    cosines = cosines.masked_fill(objective.role != questions.role[:, None], -1.0)
    return float((cosines.argmax(dim=1) == questions.answer).float().mean())


def test_questions_are_answered_better_with_the_fitted_projection(held_settings: Settings) -> None:
    torch.manual_seed(0)
    notes = TrainingNotes.of(held_settings)
    objective = HeldObjective(held_settings, notes).eval()
    questions = ask(objective, notes, 12)
    assert len(questions.answer) == 12 * held_settings.questions
    before = right(objective, questions)
    weight = fitted(objective, questions)
    assert torch.equal(objective.encoder.role_project.weight, weight)
    assert right(objective, questions) > before + 0.03


def test_nothing_but_the_projection_changes(held_settings: Settings, tmp_path: Path) -> None:
    train(held_settings, tmp_path / "run")
    refit_roles(held_settings, tmp_path / "run", tmp_path / "new", batches=2)
    old, new = (load_run(tmp_path / name).encoder.state_dict() for name in ("run", "new"))
    assert {name for name in new if not torch.equal(old[name], new[name])} == {"role_project.weight"}
    with pytest.raises(TrainingError, match="must hold no run yet"):
        refit_roles(held_settings, tmp_path / "run", tmp_path / "new", batches=2)


def test_other_settings_and_an_empty_folder_are_refused(held_settings: Settings, tmp_path: Path) -> None:
    run = Path(held_settings.single_run)
    with pytest.raises(TrainingError, match="must be of the objective held, not of timbre"):
        refit_roles(replace(held_settings, objective="timbre"), run, tmp_path / "new", batches=2)
    with pytest.raises(TrainingError, match="must hold a checkpoint"):
        refit_roles(held_settings, tmp_path, tmp_path / "new", batches=2)
