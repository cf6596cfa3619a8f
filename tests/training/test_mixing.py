"""Mixtures: whose power is whose, and lines that follow a score."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from toy_scores import write_score
from toy_settings import TOY

from timbred_training.batches import draw_batch
from timbred_training.encoder import ROLES
from timbred_training.mixing import draw_mixture, finished
from timbred_training.part_lines import BASS, PERCUSSION, Part, assigned, free_line, kit_line, played
from timbred_training.score_lines import ScoreLine, Scores
from timbred_training.training_notes import TrainingNotes

LEAD = ROLES.index("lead")


def flat(pitch_levels_db: dict[int, float], role: int, columns: int = 4) -> Part:
    """An instrument whose note at each pitch is of one level in all bands."""
    levels = [np.full((columns, 96), level, dtype=np.float16) for level in pitch_levels_db.values()]
    return Part(levels, np.array(list(pitch_levels_db)), role)


def line_of(*notes: tuple[int, int], drums: bool = False) -> ScoreLine:
    begins, pitches = np.array(notes).T
    return ScoreLine(begins, pitches, drums)


def test_a_score_sets_when_notes_sound_and_the_nearest_in_pitch_are_taken() -> None:
    part = flat({40: 0.0, 52: 10.0}, BASS)
    line = played(line_of((2, 41), (10, 50), (18, 53)), part, 20)
    assert np.round(10 * np.log10(line[:, 0] + 1e-9)).tolist() == pytest.approx(
        [-90, -90, 0, 0, 0, 0, *[-90] * 4, 10, 10, 10, 10, *[-90] * 4, 10, 10]
    )


def test_a_line_is_moved_by_octaves_to_where_the_instrument_plays() -> None:
    part = flat({40: 0.0, 47: 10.0}, LEAD)
    line = played(line_of((0, 64), (4, 71)), part, 8)  # two octaves above
    assert line[0, 0] == pytest.approx(1.0) and line[4, 0] == pytest.approx(10.0)


def test_percussion_takes_drums_and_a_bass_the_lowest_line() -> None:
    high, low, drums = (
        line_of((0, 80), (1, 80)),
        line_of((0, 30), (1, 30)),
        line_of((0, 36), (1, 36), drums=True),
    )
    parts = [flat({60: 0.0}, LEAD), flat({60: 0.0}, PERCUSSION), flat({40: 0.0}, BASS), flat({60: 0.0}, LEAD)]
    for seed in range(5):
        chosen = assigned([high, drums, low], parts, np.random.default_rng(seed))
        assert chosen == {2: low, 1: drums, 0: high}


def test_an_excerpt_begins_where_something_sounds(tmp_path: Path) -> None:
    write_score(tmp_path / "a.mid")  # notes at 0 and 0.5 s
    (tmp_path / "broken.mid").write_bytes(b"")
    scores, rng = Scores(tmp_path), np.random.default_rng(0)
    excerpts = [scores.excerpt(100, rng) for _ in range(20)]
    assert {len(lines) for lines in excerpts} == {0, 1}  # the broken score has no lines
    for line in (lines[0] for lines in excerpts if lines):
        assert line.begins[1] - line.begins[0] == 25 and (line.begins >= 0).all() and line.begins[1] < 100
        assert line.pitches.tolist() == [40, 43]


def test_shares_tell_whose_power_a_bin_is() -> None:
    loud, quiet = flat({40: 20.0}, BASS, 200), flat({60: 0.0}, LEAD, 200)
    settings = replace(TOY, level_spread_db=0.0)
    drawn = draw_mixture([loud, quiet], settings, np.random.default_rng(1))
    shares = drawn.shares
    assert drawn.level.shape == (96, 96) and shares.shape == (3, 96, 96)
    sounding = shares.sum(axis=0) > 0.5
    np.testing.assert_allclose(shares.sum(axis=0)[sounding], 1.0, atol=1e-5)
    both = sounding & (shares[0] > 0) & (shares[1] > 0)
    assert both.any() and (shares[0][both] > shares[1][both]).all() and not shares[2].any()


def test_chords_sound_more_notes_at_once() -> None:
    part, columns = flat({40: 0.0}, LEAD, 30), replace(TOY, mixture_columns=400)
    alone = free_line(part.levels, columns, np.random.default_rng(0))
    chords = free_line(part.levels, replace(columns, chords=1.0), np.random.default_rng(0))
    assert alone.max() < 2.5 and chords.max() >= 3.0


def test_scores_and_kits_change_mixtures_but_not_who_is_asked(
    toy_notes_prepared: Path, tmp_path: Path
) -> None:
    write_score(tmp_path / "a.mid")
    settings = replace(TOY, kit_share=1.0, score_share=1.0)
    plain = draw_batch(TrainingNotes([toy_notes_prepared]), settings, 3)
    notes = TrainingNotes([toy_notes_prepared], scores=tmp_path, kits=[toy_notes_prepared])
    batch = draw_batch(notes, settings, 3)
    assert np.array_equal(plain.contains, batch.contains) and np.array_equal(plain.singles, batch.singles)
    assert plain.mixtures.shape == batch.mixtures.shape
    assert not np.array_equal(plain.mixtures, batch.mixtures)


def drums(count: int) -> list[np.ndarray]:
    """Each sounds in a band of its own for one column."""
    return [np.where(np.arange(96) == k, 0.0, -120.0)[None].astype(np.float16) for k in range(count)]


def test_a_kit_plays_a_pattern_and_says_which_drums_sound() -> None:
    some_rest, some_play = False, False
    for seed in range(10):
        line, sounding = kit_line(drums(8), 300, np.random.default_rng(seed))
        assert ((line[:, :8] > 0.05).any(axis=0) == sounding).all()
        assert sounding.any()
        some_rest, some_play = some_rest or not sounding.all(), some_play or sounding.sum() > 1
    assert some_rest and some_play


def test_a_kit_follows_the_score_a_drum_a_key() -> None:
    score = line_of((0, 36), (10, 38), (20, 36), (30, 38), drums=True)
    line, sounding = kit_line(drums(4), 40, np.random.default_rng(3), score)
    heard = [int(line[column].argmax()) for column in (0, 10, 20, 30)]
    assert heard[0] == heard[2] != heard[1] == heard[3]
    assert np.flatnonzero(sounding).tolist() == sorted(set(heard))


def test_drums_of_a_batch_are_of_one_kit_in_mixtures_without_percussion(toy_notes_prepared: Path) -> None:
    settings = replace(TOY, kit_share=1.0, trios=1, instruments=9, questions=6)
    notes = TrainingNotes([toy_notes_prepared], kits=[toy_notes_prepared])
    batch = draw_batch(notes, settings, 3)
    assert len(batch.kit_mixture) and batch.drums.shape == (len(batch.kit_mixture), len(notes.reader))
    kits = [set(rows.tolist()) for rows in notes.rows]
    for mixture, marked in zip(batch.kit_mixture.tolist(), batch.drums, strict=True):
        members = batch.instrument[batch.contains[mixture]].numpy()
        assert (notes.role[members] != PERCUSSION).all()
        sounding = set(marked.nonzero()[:, 0].tolist())
        assert sounding and any(sounding <= kit for kit in kits)
    assert not len(draw_batch(notes, replace(settings, kit_share=0.0), 3).kit_mixture)


def test_a_bus_leaves_a_tail_and_lifts_what_is_quiet() -> None:
    power = np.zeros((96, 96), dtype=np.float32)
    power[:30], power[60:70] = 1.0, 1e-3
    plain = replace(TOY, noise_chance=0.0, low_pass_chance=0.0)
    tails, lifts = [], []
    for seed in range(6):
        bare, worked = (
            finished(power.copy(), settings, np.random.default_rng(seed))
            for settings in (plain, replace(plain, bus_chance=1.0))
        )
        tails.append(np.median(worked[31]) - np.median(bare[31]))
        lifts.append(
            (np.median(worked[65]) - np.median(worked[5])) - (np.median(bare[65]) - np.median(bare[5]))
        )
    assert np.median(tails) > 30.0
    assert np.median(lifts) > 1.0
