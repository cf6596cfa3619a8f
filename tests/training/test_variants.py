"""Variants: other instruments made of one, all of whose notes change alike."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from toy_settings import TOY

from timbred_training.batches import Batch, draw_batch
from timbred_training.frontend import BANDS
from timbred_training.held_objective import HeldObjective
from timbred_training.objective import SMOOTHING, Objective
from timbred_training.role_questions import ask
from timbred_training.role_refit import fit_role_queries
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
    plain = draw_batch(notes, held_settings, 2)
    varied = draw_batch(notes, replace(held_settings, variant_share=0.5), 2)
    assert not len(plain.variant) and 0 < len(varied.variant) < held_settings.instruments
    for told in ("singles", "note", "instrument", "contains"):
        assert torch.equal(getattr(plain, told), getattr(varied, told))
    assert not torch.equal(plain.mixtures, varied.mixtures)


def test_both_notes_of_a_variant_change_and_those_of_the_others_stay(toy_notes_prepared: Path) -> None:
    notes = TrainingNotes([toy_notes_prepared])
    settings = replace(TOY, noise_chance=0.0, low_pass_chance=0.0)
    plain, varied = (draw_batch(notes, replace(settings, variant_share=share), 2) for share in (0.0, 0.5))
    assert torch.equal(plain.instrument, varied.instrument) and torch.equal(plain.note, varied.note)
    changed = (plain.singles != varied.singles).flatten(1).any(dim=1)
    assert 0 < len(varied.variant) < TOY.instruments
    assert (
        changed.nonzero().flatten().tolist()
        == torch.cat([varied.variant, varied.variant + TOY.instruments]).tolist()
    )


def test_a_variant_teaches_no_class_and_a_role_asks_for_its_own_note(toy_notes_prepared: Path) -> None:
    notes = TrainingNotes([toy_notes_prepared])
    objective = Objective(replace(TOY, variant_share=0.5), len(notes.names), len(notes.families)).eval()
    batch = draw_batch(notes, objective.settings, 2)
    asked = torch.isin(batch.answer, batch.variant)
    assert asked.any() and not asked.all()
    parts = objective(batch)
    silenced = batch.singles.clone()
    silenced[torch.cat([batch.variant, batch.variant + len(batch.instrument)])] = 0.0
    other = objective(replace(batch, singles=silenced))
    assert torch.allclose(other["instruments"], parts["instruments"], rtol=1e-4)
    assert not torch.allclose(other["info_nce"], parts["info_nce"], rtol=1e-2)
    assert torch.allclose(parts["role_instruments"], by_hand(objective, batch), rtol=1e-4)


def by_hand(objective: Objective, batch: Batch) -> torch.Tensor:
    """The questions' cross-entropy among all learned vectors and the first notes of the step's variants."""
    s, encoder = objective.settings, objective.encoder
    singles, (features, weight) = encoder.joint_trunk(batch.singles, batch.mixtures)
    first = encoder.pool(*singles)[: len(batch.instrument)].tolist()
    asked, focus = encoder.role_features(features, batch.asked_mixture, batch.asked_role)
    vectors = encoder.embed_role(encoder.gather(asked, weight[batch.asked_mixture], focus))
    learned = torch.nn.functional.normalize(objective.proxies.detach(), dim=1).tolist()
    variants = batch.variant.tolist()
    keys = torch.tensor(learned + [first[position] for position in variants])
    right = [
        len(learned) + variants.index(p) if p in variants else int(batch.instrument[p])
        for p in batch.answer.tolist()
    ]
    loss = torch.nn.functional.cross_entropy(
        s.class_scale * vectors @ keys.T, torch.tensor(right), label_smoothing=SMOOTHING
    )
    return s.role_weight * s.class_weight * loss


def test_runs_of_notes_alone_hear_variants_too(toy_notes_prepared: Path) -> None:
    notes = TrainingNotes([toy_notes_prepared])
    settings = replace(TOY, mixture_weight=0.0, role_weight=0.0, variant_share=0.5)
    assert any(len(rows) > 2 for rows in notes.rows)
    batch = draw_batch(notes, settings, 2)
    plain = draw_batch(notes, replace(settings, variant_share=0.0), 2)
    assert len(batch.variant) and not torch.equal(batch.singles, plain.singles)


def test_questions_about_variants_are_answered_by_their_own_notes(held_settings: Settings) -> None:
    torch.manual_seed(0)
    notes = TrainingNotes.of(held_settings)
    objective = HeldObjective(replace(held_settings, variant_share=1.0), notes).eval()
    questions = ask(objective, notes, 3)
    known = len(notes.names)
    assert len(questions.keys) == 3 * held_settings.instruments
    assert len(questions.plays) == len(questions.source) == known + len(questions.keys)
    assert bool((questions.answer >= known).all())
    assert torch.equal(objective.role[questions.source[questions.answer]], questions.role)
    assert torch.allclose(questions.keys.norm(dim=1), torch.ones(len(questions.keys)), atol=1e-5)
    before = objective.encoder.role_project.weight.clone()
    fit_role_queries(objective, questions, 2)
    assert not torch.equal(before, objective.encoder.role_project.weight)


def test_a_variant_and_its_instrument_are_no_rivals(held_settings: Settings) -> None:
    """Where every rival is the answer's own kin, nothing is left to learn from."""
    notes = TrainingNotes.of(held_settings)
    objective = HeldObjective(replace(held_settings, variant_share=1.0), notes).eval()
    questions = ask(objective, notes, 1)
    answer = int(questions.answer[0])
    kin = questions.source == questions.source[answer]
    alone = torch.where(kin, questions.plays[answer], -2)
    asked = replace(questions, plays=alone, answer=torch.full_like(questions.answer, answer))
    before = objective.encoder.role_gate.weight.clone()
    fit_role_queries(objective, asked, 1)
    assert torch.allclose(before, objective.encoder.role_gate.weight, atol=1e-6)
