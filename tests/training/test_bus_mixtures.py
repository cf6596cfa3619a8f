"""Prepared mixtures: through a bus and a codec, and in the batches of a run."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from toy_settings import TOY

from timbred_training.batches import draw_batch
from timbred_training.bus import coded, draw_bus
from timbred_training.bus_mixtures import PreparedMixtures, prepare_mixtures, train_instruments
from timbred_training.errors import TrainingError
from timbred_training.training_notes import TrainingNotes

TONE = (0.3 * np.sin(2 * np.pi * 440 / 32_000 * np.arange(32_000))).astype(np.float32)


@pytest.fixture(scope="module")
def mixtures(toy_table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve mixtures, written in two goes."""
    folder = tmp_path_factory.mktemp("mixtures") / "mixtures.lance"
    pool = train_instruments(toy_table)
    assert prepare_mixtures(pool, folder, 5) == 5 and prepare_mixtures(pool, folder, 12) == 7
    return folder


def test_a_codec_changes_the_sound_a_little_and_never_its_length() -> None:
    for seed in range(6):
        heard = coded(TONE, 32_000, np.random.default_rng(seed), chance=1.0)
        assert heard.shape == TONE.shape and heard.dtype == np.float32
        assert not np.array_equal(heard, TONE)
        assert np.abs(np.fft.rfft(heard)).argmax() == 440


def test_without_a_codec_the_sound_stays() -> None:
    assert coded(TONE, 32_000, np.random.default_rng(0), chance=0.0) is TONE


def test_a_bus_is_the_same_for_the_same_seed_and_changes_the_sound() -> None:
    once, again, other = (draw_bus(np.random.default_rng(s))(TONE[None], 32_000) for s in (1, 1, 2))
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, other) and not np.array_equal(once[0], TONE)


def test_only_mixtures_of_known_instruments_are_used(mixtures: Path, toy_notes_prepared: Path) -> None:
    names = TrainingNotes([toy_notes_prepared]).names
    everything = PreparedMixtures([mixtures], names)
    assert everything.rows == list(range(12))
    some = PreparedMixtures([mixtures], names[:-3])
    assert 0 < len(some.rows) < 12
    with pytest.raises(TrainingError, match="instruments of the data"):
        PreparedMixtures([mixtures], ["nobody"])


def test_drawn_mixtures_share_no_instrument_and_leave_some_for_the_others(
    mixtures: Path, toy_notes_prepared: Path
) -> None:
    prepared = PreparedMixtures([mixtures], TrainingNotes([toy_notes_prepared]).names)
    for seed in range(10):
        drawn = prepared.draw(3, 6, np.random.default_rng(seed))
        members = np.concatenate([m for _, m in drawn])
        assert drawn and len(np.unique(members)) == len(members) <= 6 + len(drawn)


def test_a_batch_holds_them_with_the_instruments_that_sound_in_them(
    mixtures: Path, toy_notes_prepared: Path
) -> None:
    notes = TrainingNotes([toy_notes_prepared], mixtures=[mixtures])
    settings = replace(TOY, instruments=22, prepared_share=0.67)
    batch = draw_batch(notes, settings, 1)
    assert batch.contains.shape == (6, 22) and bool((batch.contains.sum(dim=0) == 1).all())
    assert notes.mixtures is not None
    groups = {tuple(sorted(members.tolist())) for members in notes.mixtures.members}
    of_batch = [tuple(sorted(batch.instrument[row].tolist())) for row in batch.contains]
    assert any(group in groups for group in of_batch[settings.trios :])
    assert len(np.unique(batch.instrument)) == 22


def test_all_groups_but_one_may_be_prepared_and_trios_find_their_instruments(
    mixtures: Path, toy_notes_prepared: Path
) -> None:
    notes = TrainingNotes([toy_notes_prepared], mixtures=[mixtures])
    most = min(len(pool) for pool in notes.trio)
    settings = replace(
        TOY, instruments=len(notes.names), trios=most - 1, mixtures=most + 2, prepared_share=1.0
    )
    for step in range(20):
        batch = draw_batch(notes, settings, step)
        assert len(batch.contains) == most + 2 and bool((batch.contains.sum(dim=0) == 1).all())


def test_what_sounds_in_a_prepared_mixture_is_no_variant(mixtures: Path, toy_notes_prepared: Path) -> None:
    notes = TrainingNotes([toy_notes_prepared], mixtures=[mixtures])
    settings = replace(TOY, instruments=22, prepared_share=0.67, variant_share=1.0)
    batch = draw_batch(notes, settings, 1)
    assert notes.mixtures is not None
    groups = {tuple(sorted(members.tolist())) for members in notes.mixtures.members}
    varied = set(batch.variant.tolist())
    held = [row for row in batch.contains if tuple(sorted(batch.instrument[row].tolist())) in groups]
    assert held and not any(varied & set(row.nonzero()[:, 0].tolist()) for row in held)
    assert len(varied) == 22 - sum(int(row.sum()) for row in held)
