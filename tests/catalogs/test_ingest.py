"""Taking folders in: what is new, moved, copied, changed, gone, and what comes back."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from timbred_catalogs import upkeep
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.filters import Where
from timbred_catalogs.ingest import ingest
from timbred_catalogs.marks import change_tags, set_favourite, set_role
from timbred_catalogs.summary import Progress, Summary

MakeWav = Callable[..., Path]


@pytest.fixture
def library(tmp_path: Path, make_wav: MakeWav) -> Path:
    folder = tmp_path / "Samples"
    make_wav(folder / "Dusty" / "Kicks" / "Kick 01.wav", seed=1)
    make_wav(folder / "Dusty" / "Snares" / "SD 02.wav", seed=2)
    make_wav(folder / "Glass" / "Pad C3.wav", seed=3, seconds=0.8)
    return folder


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue.open(tmp_path / "catalog", mode="create")


def names(catalogue: Catalogue, where: Where | None = None) -> set[str]:
    return {sound.name for sound in catalogue.sounds(where)}


def test_every_file_becomes_a_sound_with_its_names_facts(
    catalogue: Catalogue, library: Path, embedder: Embedder
) -> None:
    assert ingest(catalogue, [library], [embedder]) == Summary(added=3)
    found = {sound.name: sound for sound in catalogue.sounds()}
    kick = found["Kick 01"]
    assert (kick.role, kick.pack, kick.kind, kick.channels) == ("kick", "Dusty", "one_shot", 1)
    assert kick.duration_seconds == pytest.approx(0.2, abs=0.001)
    assert found["SD 02"].role == "snare"
    assert (found["Pad C3"].role, found["Pad C3"].pitch_midi) == ("pad", 48.0)


def test_a_sound_is_nearest_to_itself(catalogue: Catalogue, library: Path, embedder: Embedder) -> None:
    ingest(catalogue, [library], [embedder])
    for sound in catalogue.sounds():
        hits = catalogue.search("timbre", catalogue.vectors("timbre", [sound.id])[0], limit=1)
        assert hits[0].sound == sound
        assert hits[0].similarity == pytest.approx(1.0, abs=1e-5)


def test_a_second_run_takes_nothing_and_changes_nothing(
    catalogue: Catalogue, library: Path, embedder: Embedder
) -> None:
    ingest(catalogue, [library], [embedder])
    version = catalogue.version()
    assert ingest(catalogue, [library], [embedder]) == Summary(unchanged=3)
    assert catalogue.version() == version


def test_a_second_run_takes_only_what_is_new(
    catalogue: Catalogue, library: Path, embedder: Embedder, make_wav: MakeWav
) -> None:
    ingest(catalogue, [library], [embedder])
    make_wav(library / "new.wav", seed=9)
    assert ingest(catalogue, [library], [embedder]) == Summary(added=1, unchanged=3)


def test_a_moved_and_renamed_file_keeps_its_tags(
    catalogue: Catalogue, library: Path, embedder: Embedder
) -> None:
    ingest(catalogue, [library], [embedder])
    kick = next(catalogue.sounds(Where(roles=["kick"])))
    change_tags(catalogue, [kick.id], add=["mine"])
    set_favourite(catalogue, [kick.id], True)
    (library / "Other").mkdir()
    Path(kick.path).rename(library / "Other" / "Thump.wav")
    assert ingest(catalogue, [library], [embedder]) == Summary(moved=1, unchanged=2)
    moved = catalogue.get(kick.id)
    assert moved is not None
    assert (moved.name, moved.pack, moved.tags, moved.favourite) == ("Thump", "Other", ("mine",), True)


def test_the_users_role_stands_above_a_new_name(
    catalogue: Catalogue, library: Path, embedder: Embedder
) -> None:
    ingest(catalogue, [library], [embedder])
    kick = next(catalogue.sounds(Where(roles=["kick"])))
    set_role(catalogue, [kick.id], "tom")
    Path(kick.path).rename(library / "Snare.wav")
    ingest(catalogue, [library], [embedder])
    moved = catalogue.get(kick.id)
    assert moved is not None
    assert (moved.name, moved.role, moved.role_source) == ("Snare", "tom", "user")


def test_a_disk_that_comes_back_under_another_name_keeps_its_tags(
    catalogue: Catalogue, library: Path, embedder: Embedder
) -> None:
    ingest(catalogue, [library], [embedder])
    kick = next(catalogue.sounds(Where(roles=["kick"])))
    change_tags(catalogue, [kick.id], add=["mine"])
    there = library.rename(library.parent / "Other disk")
    assert ingest(catalogue, [there], [embedder]) == Summary(moved=3)
    moved = catalogue.get(kick.id)
    assert moved is not None
    assert (moved.tags, moved.path) == (("mine",), kick.path.replace("Samples", "Other disk"))
    assert ingest(catalogue, [there], [embedder]) == Summary(unchanged=3)


def test_a_full_disk_is_said_and_what_was_done_stays(
    catalogue: Catalogue, library: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("timbred_catalogs.ledger.Ledger.record", full)
        with pytest.raises(CatalogError, match=r"cannot be written: .*No space left on device"):
            ingest(catalogue, [library], [embedder])
    ingest(catalogue, [library], [embedder])
    assert catalogue.count() == 3


def test_two_files_that_swap_their_names_swap_their_paths(
    catalogue: Catalogue, library: Path, embedder: Embedder
) -> None:
    ingest(catalogue, [library], [embedder])
    before = {sound.id: sound.path for sound in catalogue.sounds(Where(packs=["Dusty"]))}
    first, second = map(Path, before.values())
    first.rename(library / "aside.wav")
    second.rename(first)
    (library / "aside.wav").rename(second)
    for path in (first, second):
        os.utime(path)
    assert ingest(catalogue, [library], [embedder]).moved == 2
    after = {sound.id: sound.path for sound in catalogue.sounds(Where(packs=["Dusty"]))}
    assert set(after) == set(before)
    assert all(after[sound_id] != before[sound_id] for sound_id in before)


def test_copies_of_one_content_are_one_sound(
    catalogue: Catalogue, library: Path, embedder: Embedder, make_wav: MakeWav
) -> None:
    make_wav(library / "Copy" / "again.wav", seed=1)
    assert ingest(catalogue, [library], [embedder]) == Summary(added=3, copies=1)
    assert ingest(catalogue, [library], [embedder]) == Summary(unchanged=4)
    kick = next(sound for sound in catalogue.sounds() if sound.name in ("Kick 01", "again"))
    Path(kick.path).unlink()
    assert ingest(catalogue, [library], [embedder]) == Summary(moved=1, unchanged=3)
    assert catalogue.count() == 3


def test_a_sound_whose_file_is_gone_is_missing_until_it_comes_back(
    catalogue: Catalogue, library: Path, embedder: Embedder
) -> None:
    ingest(catalogue, [library], [embedder])
    kick = next(catalogue.sounds(Where(roles=["kick"])))
    change_tags(catalogue, [kick.id], add=["mine"])
    query = catalogue.vectors("timbre", [kick.id])[0]
    away = library.parent / "Kick 01.wav"
    Path(kick.path).rename(away)
    assert ingest(catalogue, [library], [embedder]).missing == 1
    catalogue.refresh()
    assert catalogue.count() == 2
    assert kick.id not in {hit.sound.id for hit in catalogue.search("timbre", query)}
    away.rename(kick.path)
    assert ingest(catalogue, [library], [embedder]) == Summary(returned=1, unchanged=2)
    back = catalogue.get(kick.id)
    assert back is not None
    assert (back.missing, back.tags) == (False, ("mine",))


def test_a_file_that_was_only_touched_is_unchanged(
    catalogue: Catalogue, library: Path, embedder: Embedder
) -> None:
    ingest(catalogue, [library], [embedder])
    os.utime(next(catalogue.sounds()).path)
    assert ingest(catalogue, [library], [embedder]) == Summary(unchanged=3)


@pytest.mark.parametrize("seconds", [-(10**9), 0, 13 * 10**9])
def test_a_files_time_may_be_any(
    catalogue: Catalogue, library: Path, embedder: Embedder, seconds: int
) -> None:
    """The tables' times end in the year 2262."""
    os.utime(library / "Glass" / "Pad C3.wav", (seconds, seconds))
    assert ingest(catalogue, [library], [embedder]) == Summary(added=3)
    assert ingest(catalogue, [library], [embedder]) == Summary(unchanged=3)


def test_a_new_copy_and_a_lost_file_are_counted_apart(
    catalogue: Catalogue, library: Path, embedder: Embedder, make_wav: MakeWav
) -> None:
    make_wav(library / "Kick again.wav", seed=1)
    ingest(catalogue, [library], [embedder])
    Path(next(catalogue.sounds(Where(roles=["kick"]))).path).unlink()
    make_wav(library / "Snare again.wav", seed=2)
    assert ingest(catalogue, [library], [embedder]) == Summary(moved=1, copies=1, unchanged=3)


def test_an_unreadable_file_is_counted_in_every_run(
    catalogue: Catalogue, library: Path, embedder: Embedder
) -> None:
    (library / "empty.wav").write_bytes(b"")
    assert ingest(catalogue, [library], [embedder]) == Summary(added=3, unreadable=1)
    assert ingest(catalogue, [library], [embedder]) == Summary(unchanged=3, unreadable=1)


def test_a_sound_that_was_removed_while_its_copy_was_added_is_new_again(
    catalogue: Catalogue, library: Path, embedder: Embedder
) -> None:
    ingest(catalogue, [library], [embedder])
    kick = next(catalogue.sounds(Where(roles=["kick"])))
    catalogue.tables.sounds.delete(f"id = '{kick.id}'")
    assert ingest(catalogue, [library], [embedder]) == Summary(added=1, unchanged=2)


def test_within_looks_at_what_it_names_and_at_nothing_else(
    catalogue: Catalogue, library: Path, embedder: Embedder, make_wav: MakeWav
) -> None:
    ingest(catalogue, [library], [embedder])
    gone, moved, *others = sorted(Path(sound.path) for sound in catalogue.sounds())
    gone.unlink()
    for other in others:
        other.unlink()
    new = make_wav(library / "Crates" / "Kicks" / "new.wav", 70)
    unseen = make_wav(library / "unseen.wav", 71)
    renamed = moved.rename(moved.with_name("renamed.wav"))
    paths = [str(path) for path in (gone, new, new.parent, moved, renamed)]
    assert ingest(catalogue, [library], [embedder], within=paths) == Summary(added=1, moved=1, missing=1)
    assert {sound.path for sound in catalogue.sounds()} == {str(new), str(renamed), *map(str, others)}
    assert next(catalogue.sounds(Where(text="new"))).pack == "Crates", "as if the whole folder had been added"
    assert unseen.exists()


def test_a_compaction_that_another_commit_comes_before_is_left_for_later(
    catalogue: Catalogue, library: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def conflict(*_: object, **__: object) -> None:
        raise RuntimeError("lance error: Retryable commit conflict for version 43")

    with monkeypatch.context() as patch:
        patch.setattr(upkeep, "COMMITS_A_COMPACTION", 0)
        patch.setattr(type(catalogue.tables.sounds), "optimize", conflict)
        assert ingest(catalogue, [library], [embedder]) == Summary(added=3)
    assert catalogue.count() == 3


def test_ctrl_c_while_tidying_ends_after_it_and_is_no_error(
    catalogue: Catalogue, library: Path, embedder: Embedder
) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.phase == "tidying":
            os.kill(os.getpid(), signal.SIGINT)

    assert ingest(catalogue, [library], [embedder], on_progress=interrupt) == Summary(added=3)
    assert catalogue.count() == 3


def test_a_file_that_was_saved_over_keeps_its_tags_and_the_users_role(
    catalogue: Catalogue, library: Path, embedder: Embedder, make_wav: MakeWav
) -> None:
    ingest(catalogue, [library], [embedder])
    kick = next(catalogue.sounds(Where(roles=["kick"])))
    change_tags(catalogue, [kick.id], add=["mine"])
    set_role(catalogue, [kick.id], "tom")
    make_wav(Path(kick.path), seed=77)
    assert ingest(catalogue, [library], [embedder]) == Summary(added=1, unchanged=2, missing=1)
    new = next(catalogue.sounds(Where(roles=["tom"])))
    assert new.id != kick.id
    assert (new.tags, new.role_source) == (("mine",), "user")


def test_removed_sounds_leave_their_files_and_may_come_again(
    catalogue: Catalogue, library: Path, embedder: Embedder
) -> None:
    ingest(catalogue, [library], [embedder])
    kick = next(catalogue.sounds(Where(roles=["kick"])))
    assert catalogue.remove([kick.id, "no such id"]) == 1
    assert Path(kick.path).exists()
    assert ingest(catalogue, [library], [embedder]) == Summary(added=1, unchanged=2)


def test_nothing_in_the_users_folder_is_written(
    catalogue: Catalogue, library: Path, embedder: Embedder
) -> None:
    def look() -> dict[str, tuple[int, int]]:
        return {str(p): (p.stat().st_size, p.stat().st_mtime_ns) for p in library.rglob("*")}

    before = look()
    ingest(catalogue, [library], [embedder])
    assert look() == before


def test_another_models_vectors_are_refused_with_the_command(
    catalogue: Catalogue, library: Path, make_embedder: Any
) -> None:
    ingest(catalogue, [library], [make_embedder("bands-1")])
    with pytest.raises(CatalogError, match="made by bands-1, not by bands-2: run 'timbred catalog rebuild'"):
        ingest(catalogue, [library], [make_embedder("bands-2")])


def test_a_folder_that_does_not_exist_is_said(catalogue: Catalogue, embedder: Embedder) -> None:
    with pytest.raises(CatalogError, match="there is no file or folder /nowhere"):
        ingest(catalogue, ["/nowhere"], [embedder])


def test_a_single_file_may_be_added(catalogue: Catalogue, library: Path, embedder: Embedder) -> None:
    assert ingest(catalogue, [library / "Glass" / "Pad C3.wav"], [embedder]) == Summary(added=1)
    assert next(catalogue.sounds()).pack == "Glass"


def test_ctrl_c_keeps_what_was_done_and_the_next_run_takes_the_rest(
    catalogue: Catalogue, tmp_path: Path, embedder: Embedder, make_wav: MakeWav
) -> None:
    for number in range(120):
        make_wav(tmp_path / "many" / f"{number}.wav", seed=number, seconds=0.05)

    def interrupt(progress: Progress) -> None:
        if progress.phase == "reading" and progress.done >= 32:
            raise KeyboardInterrupt

    stopped = ingest(catalogue, [tmp_path / "many"], [embedder], workers=2, on_progress=interrupt)
    assert stopped.stopped
    assert 32 <= stopped.added < 120
    rest = ingest(catalogue, [tmp_path / "many"], [embedder])
    assert rest == Summary(added=120 - stopped.added, unchanged=stopped.added)
    assert catalogue.count() == 120


def test_a_space_of_its_own_model_is_stored_beside_the_first(
    catalogue: Catalogue, library: Path, make_embedder: Any
) -> None:
    timbre, fit = make_embedder("bands-1"), make_embedder("fit-1")
    fit.space = "fit.sample"
    ingest(catalogue, [library], [timbre, fit])
    assert catalogue.spaces() == {"fit.sample": "fit-1", "timbre": "bands-1"}
    ids = [sound.id for sound in catalogue.sounds()]
    assert not np.isnan(catalogue.vectors("fit.sample", ids)).any()
    assert not np.allclose(catalogue.vectors("fit.sample", ids), catalogue.vectors("timbre", ids))


PUT_AWAY = [".Trash-1000", "$RECYCLE.BIN", "System Volume Information", "__macosx"]


@pytest.mark.parametrize("name", PUT_AWAY)
@pytest.mark.parametrize("told", [False, True])
def test_what_was_thrown_away_or_hidden_is_missing(
    catalogue: Catalogue, library: Path, embedder: Embedder, name: str, told: bool
) -> None:
    """Also where the watcher tells of the paths alone."""
    ingest(catalogue, [library], [embedder])
    files = library / "Glass" / name / "files"
    files.mkdir(parents=True)
    kick, gone = library / "Dusty" / "Kicks" / "Kick 01.wav", files / "Kick 01.wav"
    kick.rename(gone)
    within = [str(path) for path in (kick, gone, files, files.parent)] if told else None
    ingest(catalogue, [library], [embedder], within=within)
    assert names(catalogue) == {"SD 02", "Pad C3"}
    assert names(catalogue, Where(missing=True)) == {"Kick 01"}


@pytest.mark.parametrize("told", [False, True])
def test_a_hidden_folder_is_taken_in_where_the_user_names_it(
    catalogue: Catalogue, library: Path, embedder: Embedder, make_wav: MakeWav, told: bool
) -> None:
    hidden = library / ".private" / ".takes"
    take = make_wav(hidden / "more" / "take.wav", seed=7)
    make_wav(hidden / ".undo" / "undone.wav", seed=8)
    within = [str(take), str(hidden / ".undo" / "undone.wav"), str(hidden / ".undo")] if told else None
    ingest(catalogue, [library, hidden], [embedder], within=within)
    assert names(catalogue) - {"Kick 01", "SD 02", "Pad C3"} == {"take"}


def test_a_file_that_begins_with_a_dot_is_a_sound_by_either_way(
    catalogue: Catalogue, library: Path, embedder: Embedder, make_wav: MakeWav
) -> None:
    dotted = make_wav(library / ".5 bar.wav", seed=7)
    ingest(catalogue, [library], [embedder], within=[str(dotted)])
    assert names(catalogue) == {".5 bar"}
    assert ingest(catalogue, [library], [embedder]) == Summary(added=3, unchanged=1)
