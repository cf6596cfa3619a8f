"""The role queries fitted alone: what it learns, what it leaves, and what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from timbred_training.errors import TrainingError
from timbred_training.export_timbre import load_run
from timbred_training.held_objective import HeldObjective
from timbred_training.role_questions import Questions, ask
from timbred_training.role_refit import FITTED, fit_role_queries, refit_roles
from timbred_training.settings import Settings
from timbred_training.train import train
from timbred_training.training_notes import TrainingNotes


def right(objective: HeldObjective, questions: Questions) -> float:
    """How often the nearest instrument of the role is the answer."""
    encoder, mixture = objective.encoder, questions.mixture
    with torch.no_grad():
        heard, focus = encoder.role_features(questions.features.float(), mixture, questions.role)
        vectors = encoder.embed_role(encoder.gather(heard, questions.column_weight[mixture], focus))
    cosines = vectors @ objective.bank[objective.reference].T
    cosines = cosines.masked_fill(objective.role != questions.role[:, None], -1.0)
    return float((cosines.argmax(dim=1) == questions.answer).float().mean())


@pytest.mark.slow
def test_questions_never_fitted_are_answered_better_with_the_fitted_role_queries(
    held_settings: Settings,
) -> None:
    torch.manual_seed(0)
    notes = TrainingNotes.of(held_settings)
    objective = HeldObjective(held_settings, notes).eval()
    questions = ask(objective, notes, 40)
    assert len(questions.answer) == 40 * held_settings.questions
    first = 30 * held_settings.questions
    fitted, others = (
        replace(questions, **{name: getattr(questions, name)[part] for name in ("mixture", "role", "answer")})
        for part in (slice(first), slice(first, None))
    )
    before = right(objective, others)
    fit_role_queries(objective, fitted, 150)
    assert right(objective, others) > before + 0.15


def test_nothing_but_the_role_queries_changes(held_settings: Settings, tmp_path: Path) -> None:
    train(held_settings, tmp_path / "run")
    refit_roles(held_settings, tmp_path / "run", tmp_path / "new", batches=2, steps=4)
    old, new = (load_run(tmp_path / name).encoder.state_dict() for name in ("run", "new"))
    changed = {name for name in new if not torch.equal(old[name], new[name])}
    assert {name.split(".")[0] for name in changed} == set(FITTED)
    assert not any("running" in name for name in changed)
    with pytest.raises(TrainingError, match="must hold no run yet"):
        refit_roles(held_settings, tmp_path / "run", tmp_path / "new", batches=2, steps=4)


def test_other_settings_and_an_empty_folder_are_refused(held_settings: Settings, tmp_path: Path) -> None:
    run = Path(held_settings.single_run)
    with pytest.raises(TrainingError, match="must be of the objective held, not of timbre"):
        refit_roles(replace(held_settings, objective="timbre"), run, tmp_path / "new", batches=2, steps=4)
    with pytest.raises(TrainingError, match="must hold a checkpoint"):
        refit_roles(held_settings, tmp_path, tmp_path / "new", batches=2, steps=4)
    with pytest.raises(TrainingError, match="dim must be that of single_run, 32, not 16"):
        refit_roles(replace(held_settings, dim=16), run, tmp_path / "new", batches=2, steps=4)


def test_a_role_block_of_another_width_than_the_settings_is_the_run_s(
    held_settings: Settings, tmp_path: Path
) -> None:
    narrow = replace(held_settings, role_expansion=1)
    refit_roles(narrow, Path(held_settings.single_run), tmp_path / "new", batches=2, steps=1)
    assert load_run(tmp_path / "new").encoder.role_block.widen.out_channels == 64


def test_mixtures_without_a_role_are_refused(held_settings: Settings) -> None:
    objective = HeldObjective(held_settings, TrainingNotes.of(held_settings))
    nothing, none = torch.zeros(0, dtype=torch.int64), torch.zeros(0)
    with pytest.raises(TrainingError, match="must hold an instrument with a role"):
        fit_role_queries(
            objective, Questions(none, none, nothing, nothing, nothing, none, nothing, nothing), 1
        )
