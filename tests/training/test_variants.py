"""Variants: other instruments made of one, all of whose notes change alike."""

from dataclasses import replace

import numpy as np
import torch

from timbred_training.batches import draw_batch
from timbred_training.frontend import BANDS
from timbred_training.held_objective import HeldObjective
from timbred_training.role_refit import ask, fit_role_queries
from timbred_training.settings import Settings
from timbred_training.training_notes import TrainingNotes
from timbred_training.variants import Variant

FLAT = np.zeros(BANDS, dtype=np.float32)


def test_the_spectrum_moves_up_by_whole_and_half_bands() -> None:
    level = np.full((10, BANDS), -120.0, dtype=np.float16)
    level[:, 40] = 0.0
    moved = Variant(3.0, 1.0, 1.0, FLAT)(level)
    assert moved.shape == (10, BANDS) and (moved.argmax(axis=1) == 43).all()
    between = Variant(0.5, 1.0, 1.0, FLAT)(level)
    assert np.allclose(between[:, 40:42], -60.0)


def test_the_length_the_contrast_and_the_gain_change_as_drawn() -> None:
    level = np.repeat(np.linspace(0.0, -40.0, 41, dtype=np.float32)[:, None], BANDS, axis=1)
    assert len(Variant(0.0, 2.0, 1.0, FLAT)(level)) == 82
    assert np.allclose(Variant(0.0, 1.0, 1.25, FLAT)(level)[-1], -50.0)
    assert np.allclose(Variant(0.0, 1.0, 1.0, FLAT + 6.0)(level)[0], 6.0)
    assert Variant(0.0, 1.0, 4.0, FLAT)(level).min() == -120.0


def test_one_note_of_one_column_has_a_variant() -> None:
    drawn = Variant.drawn(np.random.default_rng(0))
    assert np.isfinite(drawn(np.full((1, BANDS), -20.0, dtype=np.float16))).all()


def test_a_share_of_the_instruments_play_as_variants_and_the_single_notes_stay(
    held_settings: Settings,
) -> None:
    notes = TrainingNotes.of(held_settings)
    plain, varied = (draw_batch(notes, held_settings, 2, variant_share=share) for share in (0.0, 0.5))
    assert not len(plain.variant) and 0 < len(varied.variant) < held_settings.instruments
    for told in ("singles", "note", "instrument", "contains"):
        assert torch.equal(getattr(plain, told), getattr(varied, told))
    assert not torch.equal(plain.mixtures, varied.mixtures)


def test_questions_about_variants_are_answered_by_their_own_notes(held_settings: Settings) -> None:
    torch.manual_seed(0)
    notes = TrainingNotes.of(held_settings)
    objective = HeldObjective(held_settings, notes).eval()
    questions = ask(objective, notes, 3, variant_share=1.0)
    known = len(notes.names)
    assert len(questions.variant) == len(questions.variant_of) == 3 * held_settings.instruments
    assert bool((questions.answer >= known).all())
    of = questions.variant_of[questions.answer - known]
    assert torch.equal(objective.role[of], questions.role)
    assert torch.allclose(questions.variant.norm(dim=1), torch.ones(len(questions.variant)), atol=1e-5)
    before = objective.encoder.role_project.weight.clone()
    fit_role_queries(objective, questions, 2)
    assert not torch.equal(before, objective.encoder.role_project.weight)


def test_a_variant_and_its_instrument_are_no_rivals(held_settings: Settings) -> None:
    """Where every rival is the answer's own kin, nothing is left to learn from."""
    notes = TrainingNotes.of(held_settings)
    objective = HeldObjective(held_settings, notes).eval()
    questions = ask(objective, notes, 1, variant_share=1.0)
    one = int(questions.variant_of[questions.answer[0] - len(notes.names)])
    same = torch.full_like(questions.variant_of, one)
    objective.role[torch.arange(len(objective.role)) != one] = -2
    asked = replace(
        questions, variant_of=same, role=torch.full_like(questions.role, int(objective.role[one]))
    )
    before = objective.encoder.role_gate.weight.clone()
    fit_role_queries(objective, asked, 1)
    assert torch.allclose(before, objective.encoder.role_gate.weight, atol=1e-6)
