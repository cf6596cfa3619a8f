"""Batches: the same for the same step, and true to what they say."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from timbred_training.batches import draw_batch
from timbred_training.encoder import ROLES
from timbred_training.settings import Settings
from timbred_training.training_notes import TrainingNotes

SETTINGS = Settings(
    name="toy",
    data=("toy",),
    instruments=18,
    trios=3,
    mixtures=6,
    questions=14,
    single_columns=42,
    mixture_columns=96,
)


@pytest.fixture(scope="module")
def notes(toy_notes_prepared: Path) -> TrainingNotes:
    return TrainingNotes([toy_notes_prepared])


def test_only_train_instruments_are_drawn_from(notes: TrainingNotes) -> None:
    assert notes.names == [f"toy_{k:03d}" for k in range(26)]


def test_a_step_draws_the_same_batch_again_and_another_step_another(notes: TrainingNotes) -> None:
    once, again, later = (draw_batch(notes, SETTINGS, step) for step in (7, 7, 8))
    assert torch.equal(once.singles, again.singles) and torch.equal(once.mixtures, again.mixtures)
    assert not torch.equal(once.instrument, later.instrument)


def test_every_instrument_sounds_in_exactly_one_mixture(notes: TrainingNotes) -> None:
    batch = draw_batch(notes, SETTINGS, 1)
    assert len(set(batch.instrument.tolist())) == 18
    assert batch.contains.shape == (6, 18)
    assert bool((batch.contains.sum(dim=0) == 1).all())


def test_every_instrument_sounds_once_in_every_take(notes: TrainingNotes) -> None:
    batch = draw_batch(notes, replace(SETTINGS, takes=2), 1)
    assert batch.contains.shape == (12, 18) and len(batch.mixtures) == 12
    assert torch.equal(batch.contains[:6], batch.contains[6:])
    assert not torch.equal(batch.mixtures[:6], batch.mixtures[6:])
    assert set(batch.asked_mixture.tolist()) - set(range(6))


def test_every_question_asks_for_the_role_of_its_answer(notes: TrainingNotes) -> None:
    batch = draw_batch(notes, SETTINGS, 2)
    assert len(batch.answer) == SETTINGS.questions
    for mixture, role, answer in zip(
        batch.asked_mixture.tolist(), batch.asked_role.tolist(), batch.answer.tolist(), strict=True
    ):
        assert batch.contains[mixture, answer]
        assert notes.role[batch.instrument[answer]] == role
        others = np.flatnonzero(batch.contains[mixture].numpy())
        assert [notes.role[batch.instrument[k]] for k in others].count(role) == 1


def test_the_first_mixtures_hold_a_bass_a_lead_and_a_percussion(notes: TrainingNotes) -> None:
    batch = draw_batch(notes, SETTINGS, 3)
    for m in range(SETTINGS.trios):
        members = batch.instrument[batch.contains[m]]
        assert [ROLES[notes.role[k]] for k in members.tolist()] == ["bass", "lead", "percussion"]


def test_levels_are_what_the_encoder_takes(notes: TrainingNotes) -> None:
    batch = draw_batch(notes, SETTINGS, 4)
    for levels in (batch.singles, batch.mixtures):
        assert levels.dtype == torch.float32 and levels.shape[1] == 96
        assert float(levels.min()) >= -1.0 and float(levels.amax(dim=(1, 2)).min()) == 1.0
