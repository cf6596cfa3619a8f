"""Another model, another schema version: both in place, resumable, and nothing lost on the way."""

import fcntl
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from timbred_catalogs import rebuild as rebuild_module
from timbred_catalogs import schema
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.ingest import ingest
from timbred_catalogs.lock import MARKS_NAME
from timbred_catalogs.marks import set_favourite
from timbred_catalogs.migrations import MIGRATIONS, Migrated, Migration, migrate
from timbred_catalogs.rebuild import Rebuilt, rebuild
from timbred_catalogs.rewrite import rewrite
from timbred_catalogs.sound import Sound
from timbred_catalogs.summary import Summary
from timbred_catalogs.tables import Tables

MakeWav = Callable[..., Path]
MakeSound = Callable[..., Sound]


@pytest.fixture
def catalogue(tmp_path: Path, make_wav: MakeWav, make_embedder: Any) -> Catalogue:
    for number in range(40):
        make_wav(tmp_path / "Samples" / f"{number}.wav", seed=number, seconds=0.05)
    catalogue = Catalogue.open(tmp_path / "catalog", mode="create")
    ingest(catalogue, [tmp_path / "Samples"], [make_embedder("old")])
    return catalogue


def by_id(catalogue: Catalogue) -> dict[str, Sound]:
    return {sound.id: sound for sound in catalogue.sounds()}


def test_a_rebuild_equals_a_catalogue_made_with_the_new_model(
    catalogue: Catalogue, tmp_path: Path, make_embedder: Any
) -> None:
    sounds = by_id(catalogue)
    assert rebuild(catalogue, make_embedder("new")) == Rebuilt(embedded=40)
    fresh = Catalogue.open(tmp_path / "fresh", mode="create")
    ingest(fresh, [tmp_path / "Samples"], [make_embedder("new")])
    assert by_id(catalogue) == sounds
    assert catalogue.spaces() == {"timbre": "new"}
    ids = list(sounds)
    assert np.allclose(catalogue.vectors("timbre", ids), fresh.vectors("timbre", ids), atol=1e-6)


def test_a_rebuild_may_change_the_dimension(catalogue: Catalogue, make_embedder: Any) -> None:
    wide = type("Wide", (make_embedder,), {"dim": 40})("wide")
    rebuild(catalogue, wide)
    assert catalogue.vectors("timbre", list(by_id(catalogue))).shape == (40, 40)


def test_a_rebuild_adds_a_second_space(catalogue: Catalogue, make_embedder: Any) -> None:
    fit = make_embedder("fit-1")
    fit.space = "fit.sample"
    rebuild(catalogue, fit)
    assert catalogue.spaces() == {"fit.sample": "fit-1", "timbre": "old"}
    ids = list(by_id(catalogue))
    assert not np.isnan(catalogue.vectors("timbre", ids)).any()
    assert not np.isnan(catalogue.vectors("fit.sample", ids)).any()


def test_a_file_whose_time_no_table_holds_is_embedded_again(
    catalogue: Catalogue, tmp_path: Path, make_embedder: Any
) -> None:
    os.utime(tmp_path / "Samples" / "7.wav", (13 * 10**9, 13 * 10**9))
    assert rebuild(catalogue, make_embedder("new")) == Rebuilt(embedded=40)


def test_a_stopped_rebuild_leaves_the_old_vectors_and_goes_on_later(
    catalogue: Catalogue, make_embedder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild_module, "COMMIT_SOUNDS", 16)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    assert rebuild(catalogue, make_embedder("new"), on_progress=stop).stopped
    assert catalogue.spaces() == {"timbre": "old"}
    assert rebuild(catalogue, make_embedder("new")) == Rebuilt(embedded=24, resumed=16)
    assert catalogue.spaces() == {"timbre": "new"}


def test_what_a_rebuild_could_not_read_is_done_by_the_next(
    catalogue: Catalogue, tmp_path: Path, make_embedder: Any
) -> None:
    path = tmp_path / "Samples" / "7.wav"
    path.rename(tmp_path / "7.wav")
    assert rebuild(catalogue, make_embedder("new")) == Rebuilt(embedded=39, without=1)
    (tmp_path / "7.wav").rename(path)
    assert rebuild(catalogue, make_embedder("new")) == Rebuilt(embedded=1, kept=39)
    assert not np.isnan(catalogue.vectors("timbre", list(by_id(catalogue)))).any()


def test_an_add_says_what_a_rebuild_could_not_read(
    catalogue: Catalogue, tmp_path: Path, make_embedder: Any
) -> None:
    (tmp_path / "Samples").rename(tmp_path / "elsewhere")
    (tmp_path / "Samples").mkdir()
    ingest(catalogue, [tmp_path / "Samples"], [make_embedder("old")])
    rebuild(catalogue, make_embedder("new"))
    (tmp_path / "Samples").rmdir()
    (tmp_path / "elsewhere").rename(tmp_path / "Samples")
    back = ingest(catalogue, [tmp_path / "Samples"], [make_embedder("new")])
    assert back == Summary(returned=40, without=40)
    assert catalogue.count_without("timbre") == 40
    assert back.sentence().endswith("40 without vectors: 'timbred catalog rebuild' makes them")
    rebuild(catalogue, make_embedder("new"))
    assert ingest(catalogue, [tmp_path / "Samples"], [make_embedder("new")]) == Summary(unchanged=40)


def test_a_reader_finds_the_new_table_after_a_refresh(
    catalogue: Catalogue, tmp_path: Path, make_embedder: Any
) -> None:
    reader = Catalogue.open(tmp_path / "catalog")
    old = reader.vectors("timbre", list(by_id(reader)))[0]
    assert len(reader.search("timbre", old)) == 40
    rebuild(catalogue, make_embedder("new"))
    assert len(reader.search("timbre", old)) == 40, "the old content answers until then"
    assert reader.refresh()
    assert reader.spaces() == {"timbre": "new"}
    assert len(reader.search("timbre", old)) == 40


def test_a_mark_made_during_a_rewrite_is_not_lost(catalogue: Catalogue, tmp_path: Path) -> None:
    other = Catalogue.open(tmp_path / "catalog", mode="write")
    marked = next(other.sounds()).id
    calls: list[int] = []

    def mark_once(rows: int) -> None:
        if not calls:
            set_favourite(other, [marked], True)
        calls.append(rows)

    assert rewrite(catalogue.tables, lambda rows: rows, {}, mark_once) == 40
    assert len(calls) > 1, "the copy was made again"
    assert by_id(catalogue)[marked].favourite


def test_no_mark_is_made_between_the_last_look_at_the_old_table_and_the_new(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[bool] = []
    put_in_place = Tables.set_meta

    def set_meta(tables: Tables, values: dict[str, str]) -> None:
        assert tables.folder is not None
        with (tables.folder / MARKS_NAME).open("r+") as file, suppress(BlockingIOError):
            held.append(True)
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held[-1] = False
        put_in_place(tables, values)

    monkeypatch.setattr(Tables, "set_meta", set_meta)
    rewrite(catalogue.tables, lambda rows: rows, {})
    assert held == [True]


def test_no_table_of_a_killed_run_stays(catalogue: Catalogue, make_embedder: Any) -> None:
    names = set(catalogue.tables.names())
    for left in ("sounds_7", "rebuild_vector_timbre_0badcafe"):
        catalogue.tables.connection.create_table(left, schema=schema.FILES)
    rebuild(catalogue, make_embedder("new"))
    assert set(catalogue.tables.names()) == names - {"sounds"} | {"sounds_2"}


def test_ctrl_c_while_the_new_vectors_are_put_in_place_is_too_late(
    catalogue: Catalogue, make_embedder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: Any) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        return rewrite(*arguments)

    monkeypatch.setattr(rebuild_module, "rewrite", interrupted)
    assert rebuild(catalogue, make_embedder("new")) == Rebuilt(embedded=40)
    assert catalogue.spaces() == {"timbre": "new"}


def louder(rows: pa.Table) -> pa.Table:
    peak = pa.array([value + 1.0 for value in rows["peak_db"].to_pylist()], pa.float32())
    return rows.set_column(rows.column_names.index("peak_db"), "peak_db", peak)


def mark_version(catalogue: Catalogue, version: int) -> None:
    catalogue.tables.set_meta({"schema_version": str(version)})


def test_migrations_run_one_after_the_other_and_report_their_rows(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    before = by_id(catalogue)
    ids = list(before)
    vectors = catalogue.vectors("timbre", ids)
    mark_version(catalogue, -1)
    steps = {**MIGRATIONS, -1: Migration("raise the peak", louder), 0: Migration("raise it again", louder)}
    address = tmp_path / "catalog"
    assert migrate(address, migrations=steps) == [
        Migrated("raise the peak", 0, 40),
        Migrated("raise it again", 1, 40),
        Migrated("add presets, attack and brightness", 2, 40),
    ]
    after = Catalogue.open(address)
    assert by_id(after) == {key: replace(s, peak_db=by_id(after)[key].peak_db) for key, s in before.items()}
    assert [by_id(after)[key].peak_db for key in ids] == pytest.approx([before[k].peak_db + 2 for k in ids])
    assert np.array_equal(after.vectors("timbre", ids), vectors)
    assert migrate(address, migrations=steps) == []


def test_a_killed_migration_is_run_again(catalogue: Catalogue, tmp_path: Path) -> None:
    mark_version(catalogue, 0)

    def killed(rows: pa.Table) -> pa.Table:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrate(tmp_path / "catalog", migrations={0: Migration("killed", killed)})
    steps = {**MIGRATIONS, 0: Migration("louder", louder)}
    assert migrate(tmp_path / "catalog", migrations=steps)[0].rows == 40


def test_a_catalogue_of_the_first_schema_gains_what_is_new_and_keeps_its_vectors(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    ids = list(by_id(catalogue))
    vectors = catalogue.vectors("timbre", ids)
    added = ["preset", "attack_seconds", "brightness_hz"]
    catalogue.tables.sounds.drop_columns(added)
    mark_version(catalogue, 1)
    assert migrate(tmp_path / "catalog") == [Migrated("add presets, attack and brightness", 2, 40)]
    after = Catalogue.open(tmp_path / "catalog", mode="write")
    assert np.array_equal(after.vectors("timbre", ids), vectors)
    assert {sound.brightness_hz for sound in after.sounds()} == {None}
    assert set_favourite(after, ids[:1], True) == 1


def test_an_empty_catalogue_migrates(tmp_path: Path) -> None:
    mark_version(Catalogue.open(tmp_path, mode="create"), 0)
    assert migrate(tmp_path, migrations={**MIGRATIONS, 0: Migration("louder", louder)})[0].rows == 0
    assert Catalogue.open(tmp_path).count() == 0


@pytest.mark.parametrize(
    "version, message",
    [
        (1, "schema version 1, this timbred needs 2: run 'timbred catalog migrate'"),
        (99, "schema version 99, this timbred knows 2: install a newer timbred"),
    ],
)
def test_another_schema_version_is_said_with_what_mends_it(
    tmp_path: Path, version: int, message: str
) -> None:
    mark_version(Catalogue.open(tmp_path, mode="create"), version)
    with pytest.raises(CatalogError, match=message):
        Catalogue.open(tmp_path)


def test_a_version_that_no_migration_starts_from_is_said(tmp_path: Path) -> None:
    mark_version(Catalogue.open(tmp_path, mode="create"), 99)
    with pytest.raises(CatalogError, match="no migration leads from schema version 99"):
        migrate(tmp_path)
