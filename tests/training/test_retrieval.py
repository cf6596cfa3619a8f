"""Ranks and rates, tested as numbers."""

import numpy as np
import pytest

from timbred_training.retrieval import nearest, rate


def test_every_entry_finds_itself_first() -> None:
    vectors = np.random.default_rng(0).normal(size=(40, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert np.array_equal(nearest(vectors, vectors, 5)[:, 0], np.arange(40))


def test_the_nearest_equal_a_full_sort() -> None:
    rng = np.random.default_rng(1)
    queries, database = rng.normal(size=(10, 4)), rng.normal(size=(30, 4))
    sorted_rows = np.argsort(-(queries @ database.T), axis=1)[:, :5]
    assert np.array_equal(nearest(queries, database, 5), sorted_rows)


def test_more_are_never_answered_than_there_are() -> None:
    assert nearest(np.ones((2, 3)), np.ones((1, 3)), 5).shape == (2, 1)


def test_a_perfect_score_has_no_width() -> None:
    found = rate(np.ones(50, dtype=bool), np.arange(50))
    assert (found.percent, found.low, found.high) == (100.0, 100.0, 100.0)


def test_the_interval_is_that_of_a_coin() -> None:
    hits = np.arange(400) % 2 == 0
    found = rate(hits, np.arange(400))
    assert found.percent == 50.0
    assert found.high - found.low == pytest.approx(2 * 1.96 * 100 * 0.5 / 20, rel=0.15)


def test_queries_of_one_instrument_alone_are_drawn_each() -> None:
    hits = np.arange(40) % 4 == 0
    alone, each = rate(hits, np.zeros(40)), rate(hits, np.arange(40))
    assert (alone.low, alone.high) == (each.low, each.high)
    assert alone.high - alone.low > 10.0


def test_queries_of_one_instrument_count_as_one_draw() -> None:
    hits = np.repeat(np.arange(100) % 2 == 0, 4)
    alone, grouped = rate(hits, np.arange(400)), rate(hits, np.repeat(np.arange(100), 4))
    assert grouped.high - grouped.low > 1.6 * (alone.high - alone.low)
