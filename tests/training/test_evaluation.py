"""The tables of an evaluation: hand-placed vectors, drawn mixtures, and a real model file on toy notes."""

from pathlib import Path

import numpy as np
import pytest

from timbred_training.database import Database
from timbred_training.errors import TrainingError
from timbred_training.evaluate import evaluate
from timbred_training.mixture_lines import draw_line, draw_mixture

DATABASE = Database(np.eye(4), np.array(["a", "b", "c", "d"]), np.array(["bass", "bass", "lead", "drum"]))


def test_a_query_counts_by_its_instrument_and_by_its_family() -> None:
    queries = np.array([[1.0, 0, 0, 0], [1.0, 0.5, 0, 0], [0, 0, 1.0, 0.9]])
    hits = DATABASE.hits(queries, np.array(["a", "b", "d"]), np.array(["bass", "bass", "drum"]))
    assert hits.top1.tolist() == [True, False, False]
    assert hits.top5.tolist() == [True, True, True]
    assert hits.family.tolist() == [True, True, False]


def test_a_role_is_searched_among_its_own_families() -> None:
    assert DATABASE.of(("bass",)).instruments.tolist() == ["a", "b"]


def test_a_row_holds_only_the_queries_it_is_about() -> None:
    queries, families = np.eye(4), DATABASE.families
    hits = DATABASE.hits(queries, np.array(["a", "x", "c", "x"]), families)
    row = hits.row("bass", DATABASE.instruments, families == "bass")
    assert (row.queries, row.top1.percent) == (2, 50.0)


def test_a_line_is_never_silent_and_plays_only_its_notes() -> None:
    notes = [np.full(100, 0.5, dtype=np.float32), np.full(70, 0.25, dtype=np.float32)]
    for seed in range(20):
        line = draw_line(notes, 1_000, np.random.default_rng(seed))
        assert len(line) == 1_000 and set(np.unique(line)) <= {0.0, 0.25, 0.5} and line.any()


def test_a_mixture_is_the_same_for_the_same_seed() -> None:
    note = [np.ones(500, dtype=np.float32)]
    pools = {"bass": {"a": note, "b": note}, "lead": {"c": note}, "percussion": {"d": note}}
    once, again = (draw_mixture(pools, 1_000, np.random.default_rng(3)) for _ in range(2))
    assert once.instruments == again.instruments and np.array_equal(once.audio, again.audio)
    assert 6_000 <= len(once.audio) <= 10_000 and np.abs(once.audio).max() <= 1.0


def test_any_split_in_the_tables_can_be_asked(exported: Path, toy_table: Path) -> None:
    report = evaluate(exported, [toy_table], "valid", mixtures=3)
    assert (report.model_id, report.entries, report.split) == ("toy-1-0", 36, "valid")
    assert [row.name for row in report.singles] == ["all", "bass", "drum", "lead"]
    assert report.singles[0].queries == sum(row.queries for row in report.singles[1:]) == 30
    assert report.mixtures is not None and report.mixtures.rows[0].queries == 9
    assert all(0 <= share.percent <= 100 for share in report.mixtures.stability.values())


def test_a_split_that_is_not_there_is_refused_with_those_that_are(exported: Path, toy_table: Path) -> None:
    with pytest.raises(TrainingError, match=r"\['train', 'valid'\].*not test"):
        evaluate(exported, [toy_table], "test")
