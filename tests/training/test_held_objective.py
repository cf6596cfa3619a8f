"""Mixtures learnt against held vectors: what is asked, what is held, and what is refused."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from timbred_training.batches import Batch, draw_batch
from timbred_training.errors import TrainingError
from timbred_training.export_timbre import load_run
from timbred_training.frontend import BANDS
from timbred_training.held_objective import HeldObjective
from timbred_training.objective import total
from timbred_training.settings import Settings
from timbred_training.store import Note, write_notes
from timbred_training.train import train
from timbred_training.training_notes import TrainingNotes
from timbred_training.validation import note_vectors


@pytest.fixture(scope="module")
def notes(toy_notes_prepared: Path) -> TrainingNotes:
    return TrainingNotes([toy_notes_prepared])


def test_the_bank_holds_the_finished_runs_vectors(notes: TrainingNotes, held_settings: Settings) -> None:
    objective = HeldObjective(held_settings, notes)
    encoder = load_run(Path(held_settings.single_run)).encoder
    rows = notes.rows[3]
    alone = note_vectors(encoder, notes.reader, rows)  # in shorter batches: less silence behind each note
    torch.testing.assert_close(objective.bank[torch.from_numpy(rows)], alone, atol=0.02, rtol=0.0)
    assert (objective.owner[torch.from_numpy(rows)] == 3).all()
    assert not any(name in objective.state_dict() for name in ("bank", "owner", "role"))


def test_a_key_is_a_vector_of_its_own_instrument(notes: TrainingNotes, held_settings: Settings) -> None:
    objective = HeldObjective(held_settings, notes)
    for _ in range(3):
        for key, rows in zip(objective.keys(), notes.rows, strict=True):
            own = objective.bank[torch.from_numpy(rows)]
            assert torch.isclose(own, key, atol=1e-5).all(dim=1).any()


def test_the_number_of_single_notes_is_its_own(notes: TrainingNotes, held_settings: Settings) -> None:
    batch = draw_batch(notes, held_settings, 0)
    assert len(batch.singles) == len(batch.note) == 7
    train_rows = {int(row) for rows in notes.rows for row in rows}
    assert {int(row) for row in batch.note} <= train_rows


@pytest.mark.slow
def test_mixtures_get_nearer_to_their_instruments_and_notes_stay(
    toy_notes_prepared: Path, held_settings: Settings, tmp_path: Path
) -> None:
    start = Path(held_settings.single_run) / "checkpoint.pt"
    train(replace(held_settings, steps=60), tmp_path, start_from=start)
    metrics = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    first, last = (sum(m["roles"] for m in part) for part in (metrics[:5], metrics[-5:]))
    assert last < 0.9 * first
    assert metrics[-1]["held"] < 0.5 * held_settings.class_weight  # cosines to the held vectors over 0.5
    assert load_run(tmp_path).encoder.dim == held_settings.dim


def test_a_question_is_compared_with_its_role_alone(notes: TrainingNotes, held_settings: Settings) -> None:
    """Vectors held for other roles' instruments change the loss of single notes, but no question's."""
    objective = HeldObjective(replace(held_settings, mixture_weight=0.0), notes).eval()
    batch = _of_one_role(draw_batch(notes, held_settings, 0))
    torch.manual_seed(1)
    before = objective(batch)
    others = objective.role[objective.owner] != batch.asked_role[0]
    assert others.any() and not others.all()
    objective.bank[others] = -objective.bank[others]
    torch.manual_seed(1)
    after = objective(batch)
    assert torch.isclose(before["roles"], after["roles"])
    assert not torch.isclose(before["info_nce"], after["info_nce"])
    torch.autograd.backward(total(after))
    assert objective.encoder.role_gate.weight.grad is not None


def test_an_instrument_that_sounds_alike_is_no_rival(notes: TrainingNotes, held_settings: Settings) -> None:
    objective = HeldObjective(held_settings, notes).eval()
    assert len(set(objective.twin.tolist())) == len(notes.names)
    batch = draw_batch(notes, held_settings, 0)
    before = objective(batch)
    objective.twin.zero_()
    after = objective(batch)
    for part in ("roles", "info_nce"):
        assert before[part].item() > 0.1 and after[part].item() == pytest.approx(0.0, abs=1e-5)


def test_twins_are_those_of_equal_reference_notes(tmp_path: Path) -> None:
    levels = {name: np.full((9, BANDS), db, np.float16) for name, db in (("a", -9), ("b", -8), ("c", -9))}
    write_notes(
        tmp_path / "toy.lance",
        [
            Note(name, "bass", "toy", "train", True, reference, 40, 100, level if reference else level + at)
            for at, (name, level) in enumerate(levels.items())
            for reference in (False, True)
        ],
    )
    notes = TrainingNotes([tmp_path / "toy.lance"])
    assert notes.names == ["a", "b", "c"]
    assert notes.twins().tolist() == [0, 1, 0]


def _of_one_role(batch: Batch) -> Batch:
    kept = batch.asked_role == batch.asked_role[0]
    names = ("asked_mixture", "asked_role", "answer")
    return replace(batch, **{name: getattr(batch, name)[kept] for name in names})


def test_a_run_of_another_length_of_vectors_is_refused(notes: TrainingNotes, held_settings: Settings) -> None:
    with pytest.raises(TrainingError, match="dim must be that of single_run, 32, not 16"):
        HeldObjective(replace(held_settings, dim=16), notes)


def test_a_narrower_block_of_role_queries_starts_from_the_strongest_channels(
    toy_notes_prepared: Path, held_settings: Settings, tmp_path: Path
) -> None:
    wide = load_run(Path(held_settings.single_run)).encoder.role_block
    strength = wide.widen.weight.flatten(1).norm(dim=1) * wide.narrow.weight.flatten(1).norm(dim=0)
    start = Path(held_settings.single_run) / "checkpoint.pt"
    narrowed = replace(held_settings, role_expansion=1, steps=1, learning_rate=0.0)
    train(narrowed, tmp_path, start_from=start)
    block = load_run(tmp_path).encoder.role_block
    kept = strength.topk(len(strength) // 2).indices
    torch.testing.assert_close(block.widen.weight, wide.widen.weight[kept])
    torch.testing.assert_close(block.narrow.weight, wide.narrow.weight[:, kept])
    wider = replace(held_settings, role_expansion=3, steps=1)
    with pytest.raises(TrainingError, match="role_expansion must not exceed"):
        train(wider, tmp_path / "wider", start_from=start)


def with_kits(settings: Settings) -> Settings:
    """Most mixtures are of one instrument, so that a kit often plays where no percussion does."""
    return replace(settings, kits=settings.data, kit_share=1.0, trios=1, instruments=9, questions=6)


def test_drums_are_asked_for_among_all_kits(
    toy_notes_prepared: Path, notes: TrainingNotes, held_settings: Settings
) -> None:
    heard = TrainingNotes([toy_notes_prepared], kits=[toy_notes_prepared])
    settings = with_kits(held_settings)
    objective = HeldObjective(settings, heard)
    rows = torch.from_numpy(heard.rows[3])
    torch.testing.assert_close(objective.drum_bank[rows], objective.bank[rows], atol=0.02, rtol=0.0)
    assert (objective.kit[rows] == 3).all()
    batch = draw_batch(heard, settings, 1)
    parts = objective(batch)
    assert parts["drums"].item() > 0.0
    (gradient,) = torch.autograd.grad(parts["drums"], [objective.encoder.role_gate.weight])
    assert gradient.abs().sum() > 0.0
    assert "drums" not in HeldObjective(held_settings, notes)(draw_batch(notes, held_settings, 1))


def test_kits_that_share_a_recording_are_one(
    toy_notes_prepared: Path, held_settings: Settings, tmp_path: Path
) -> None:
    again = Path(shutil.copytree(toy_notes_prepared, tmp_path / "again.lance"))
    heard = TrainingNotes([toy_notes_prepared], kits=[toy_notes_prepared, again])
    kit = HeldObjective(with_kits(held_settings), heard).kit
    half = len(kit) // 2
    assert torch.equal(kit[:half], kit[half:])
    assert len(set(kit[kit >= 0].tolist())) == len(heard.names)


@pytest.fixture
def of_drums(toy_notes_prepared: Path, held_settings: Settings) -> tuple[HeldObjective, Batch]:
    """An objective that asks for drums, and mixtures with kits."""
    notes = TrainingNotes([toy_notes_prepared], kits=[toy_notes_prepared])
    settings = with_kits(held_settings)
    return HeldObjective(settings, notes), draw_batch(notes, settings, 1)


def drum_loss(objective: HeldObjective, batch: Batch, answers: torch.Tensor, keys: torch.Tensor) -> float:
    """What the drums lose where the role queries answer so."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(objective, "_answers", lambda *_: answers)
        return float(objective._asked_for_drums(batch.mixtures, batch.mixtures, keys, batch)["drums"])


def middle_of(objective: HeldObjective, drums: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.normalize(drums.float() @ objective.drum_bank, dim=1)


def test_a_drum_without_a_kit_is_no_rival(of_drums: tuple[HeldObjective, Batch]) -> None:
    objective, batch = of_drums
    answers, keys = middle_of(objective, batch.drums), objective.keys()
    before = drum_loss(objective, batch, answers, keys)
    objective.drum_bank = torch.cat([objective.drum_bank, torch.zeros(1000, keys.shape[1])])
    objective.kit = torch.cat([objective.kit, torch.full((1000,), -1)])
    batch = replace(batch, drums=torch.nn.functional.pad(batch.drums, (0, 1000)))
    assert drum_loss(objective, batch, answers, keys) == pytest.approx(before)


def test_a_vector_at_the_drums_that_sound_loses_little(of_drums: tuple[HeldObjective, Batch]) -> None:
    objective, batch = of_drums
    here, elsewhere = (
        drum_loss(objective, batch, middle_of(objective, marked), objective.keys())
        for marked in (batch.drums, batch.drums.roll(1, dims=0))
    )
    assert here < elsewhere, "at the drums of another mixture"
