"""Ranks of a song's own samples."""

import numpy as np
import pytest

from timbred_training.fit.ranking import Asked, Ranks, Shots, difference, kit_auc, rank_own, row_of

KICK, SNARE = 0, 1


def shots() -> Shots:
    """Songs 0, 1, 2 with a kick each (that of 2 is a copy of that of 1) and snares; song 0 has two kicks."""
    return Shots(
        song=np.array([0, 0, 0, 1, 1, 2, 2]),
        stem=np.array([0, 1, 2, 0, 1, 0, 1]),
        role=np.array([KICK, KICK, SNARE, KICK, SNARE, KICK, SNARE]),
        copy=np.array([0, 1, 2, 3, 4, 3, 5]),
    )


def asked(song: list[int], stem: list[int], role: list[int], in_mix: bool = False) -> Asked:
    n = len(song)
    return Asked(np.array(song), np.array(stem), np.array(role), np.full(n, in_mix), np.zeros(n, dtype=bool))


def test_copies_count_once_and_the_songs_other_samples_not_at_all() -> None:
    scores = np.array([[0.5, 0.9, 0.9, 0.6, 0.9, 0.7, 0.9]])
    ranks = rank_own(scores, asked([0], [0], [KICK]), shots())
    assert ranks.rank.tolist() == [2.0]
    assert ranks.of.tolist() == [2.0]
    assert ranks.normalised.tolist() == [1.0]


def test_a_copy_in_another_song_is_right_too() -> None:
    scores = np.array([[0.8, 0.7, 0.0, 0.1, 0.0, 0.9, 0.0]])
    assert rank_own(scores, asked([1], [0], [KICK]), shots()).rank.tolist() == [1.0]


def test_equal_scores_share_their_places() -> None:
    scores = np.zeros((1, 7))
    assert rank_own(scores, asked([2], [1], [SNARE]), shots()).rank.tolist() == [2.0]


def test_rows_say_what_chance_would_find() -> None:
    ranks = Ranks(np.array([1.0, 11.0]), np.array([20.0, 40.0]))
    row = row_of("all", ranks, np.array([0, 1]), np.array([True, True]))
    assert row.chance == pytest.approx(100 * (10 / 20 + 10 / 40) / 2)
    assert [rate.percent for rate in row.found] == [50.0, 50.0, 50.0]
    assert row.median == pytest.approx((0.0 + 10 / 39) / 2)


def test_a_kit_that_always_scores_best_is_told_apart() -> None:
    questions = asked([0, 0, 2, 2], [0, 2, 0, 1], [KICK, SNARE, KICK, SNARE], in_mix=True)
    own = shots().song[None] == questions.song[:, None]
    assert kit_auc(own.astype(float), questions, shots()).tolist() == [1.0, 1.0]
    assert kit_auc(-own.astype(float), questions, shots()).tolist() == [0.0, 0.0]


def test_a_gain_is_counted_question_by_question() -> None:
    first = np.array([0.0, 0.1, 0.2, 0.3])
    second = first + 0.2
    assert difference(first, second, np.array([0, 0, 1, 1])) == pytest.approx((0.2, 0.2, 0.2))
    mean, low, high = difference(first, first, np.array([0, 0, 1, 1]))
    assert mean == low == high == 0.0


def test_intervals_of_a_single_song_are_over_its_questions() -> None:
    ranks = Ranks(np.arange(1.0, 21.0), np.full(20, 20.0))
    one, several = np.zeros(20, int), np.arange(20)
    row, each = (row_of("all", ranks, songs, np.ones(20, bool)) for songs in (one, several))
    assert (row.median_low, row.median_high) == (each.median_low, each.median_high)
    assert row.median_high - row.median_low > 0.1 and row.found[2].high - row.found[2].low > 10.0
    gap = ranks.normalised**2
    assert difference(gap, ranks.normalised, one) == difference(gap, ranks.normalised, several)


def test_a_question_without_rivals_says_nothing() -> None:
    alone = Shots(np.array([0, 1]), np.array([0, 0]), np.array([KICK, SNARE]), np.array([0, 1]))
    ranks = rank_own(np.array([[-1.0, 1.0]]), asked([0], [0], [KICK]), alone)
    assert not ranks.contested.any()
    both = Ranks(np.array([1.0, 3.0]), np.array([1.0, 3.0]))
    row = row_of("all", both, np.array([0, 1]), np.array([True, True]))
    assert (row.questions, row.median, row.found[0].percent) == (1, 1.0, 0.0)


def test_a_row_without_contested_questions_is_no_number() -> None:
    ranks, one = Ranks(np.ones(1), np.ones(1)), np.array([0])
    row = row_of("all", ranks, one, np.array([True]))
    assert row.questions == 0
    assert np.isnan([row.median, row.found[0].percent, row.chance]).all()
    assert np.isnan(difference(one[:0], one[:0], one[:0])).all()
