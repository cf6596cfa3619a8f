"""What the user said of a sound, and what was heard of it, outlasts runs, moves and disks that go away."""

import shutil
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import numpy as np
import pytest
from fixed_head import Says
from tiny_instruments import write_sfz

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.filters import Where
from timbred_catalogs.ingest import ingest
from timbred_catalogs.marks import change_tags, set_favourite, set_role
from timbred_catalogs.removing import plan_removal, remove
from timbred_catalogs.role_sounds import relabel
from timbred_catalogs.sound import Sound
from timbred_catalogs.summary import Progress

MakeWav = Callable[..., Path]
SOUNDS = 4


@pytest.fixture
def library(tmp_path: Path, make_wav: MakeWav) -> Path:
    for number in range(SOUNDS):
        make_wav(tmp_path / "Samples" / "Old" / f"aud_{number}.wav", seed=number)
    return tmp_path / "Samples"


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue.open(tmp_path / "catalog", mode="create")


def mark_all(address: str) -> None:
    """As another process does: a star, a tag and a role for every sound."""
    other = Catalogue.open(address, mode="write")
    ids = [sound.id for sound in other.sounds()]
    set_favourite(other, ids, True)
    change_tags(other, ids, add=["mine"])
    set_role(other, ids, "vocal")


def marks(catalogue: Catalogue) -> set[tuple[bool, tuple[str, ...], str | None, str | None]]:
    catalogue.tables.reopen()
    return {(s.favourite, s.tags, s.role, s.role_source) for s in catalogue.sounds()}


MARKED = {(True, ("mine",), "vocal", "user")}


@pytest.mark.parametrize("with_a_new_sound", [False, True])
def test_marks_given_while_a_run_moves_the_sounds_stay(
    catalogue: Catalogue, library: Path, embedder: Embedder, make_wav: MakeWav, with_a_new_sound: bool
) -> None:
    ingest(catalogue, [library], [embedder])
    (library / "Old").rename(library / "New")
    if with_a_new_sound:
        make_wav(library / "New" / "more.wav", seed=99)
    given = False

    def mark(progress: Progress) -> None:
        nonlocal given
        if progress.phase == "reading" and not given:
            mark_all(catalogue.tables.address)
            given = True

    summary = ingest(catalogue, [library], [embedder], on_progress=mark)
    assert given and summary.moved == SOUNDS
    known = {sound for sound in catalogue.sounds() if sound.name != "more"}
    assert {Path(sound.path).parent.name for sound in known} == {"New"}
    assert {(s.favourite, s.tags, s.role, s.role_source) for s in known} == MARKED


def test_marks_given_while_roles_are_heard_anew_stay(
    catalogue: Catalogue, library: Path, embedder: Embedder
) -> None:
    ingest(catalogue, [library], [embedder])

    class MarksMeanwhile(Says):
        def probabilities(self, vectors: np.ndarray, /) -> np.ndarray:
            mark_all(catalogue.tables.address)
            return super().probabilities(vectors)

    relabel(catalogue, MarksMeanwhile({"kick": 1.0}))
    assert marks(catalogue) == MARKED


def test_roles_given_at_the_moment_in_which_sounds_are_moved_stay(
    catalogue: Catalogue, library: Path, embedder: Embedder
) -> None:
    ingest(catalogue, [library], [embedder])
    (library / "Old").rename(library / "New")
    with ThreadPoolExecutor(1) as pool:
        marking: list[Future[None]] = []

        class MarksMeanwhile(Says):
            def probabilities(self, vectors: np.ndarray, /) -> np.ndarray:
                if not marking:
                    marking.append(pool.submit(mark_all, catalogue.tables.address))
                    wait(marking, timeout=1.0)
                return super().probabilities(vectors)

        ingest(catalogue, [library], [embedder], role_head=MarksMeanwhile({"kick": 1.0}))
        for done in marking:
            done.result()
    assert marking and marks(catalogue) == MARKED


def test_tags_that_several_give_at_once_all_stay(
    catalogue: Catalogue, library: Path, embedder: Embedder
) -> None:
    ingest(catalogue, [library], [embedder])
    others = [Catalogue.open(catalogue.tables.address, mode="write") for _ in range(8)]
    ids = [sound.id for sound in catalogue.sounds()]
    with ThreadPoolExecutor(len(others)) as pool:
        for done in [pool.submit(change_tags, other, ids, [f"t{n}"]) for n, other in enumerate(others)]:
            assert done.result() == SOUNDS
    catalogue.tables.reopen()
    assert {frozenset(sound.tags) for sound in catalogue.sounds()} == {frozenset(f"t{n}" for n in range(8))}


def test_marking_does_not_undo_what_a_run_wrote_meanwhile(
    catalogue: Catalogue, library: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(catalogue, [library], [embedder])
    marker = Catalogue.open(catalogue.tables.address, mode="write")
    ids = [sound.id for sound in marker.sounds()]
    (library / "Old").rename(library / "New")
    ingest(catalogue, [library], [embedder])
    set_favourite(marker, ids, True)
    catalogue.tables.reopen()
    assert {(Path(s.path).parent.name, s.favourite) for s in catalogue.sounds()} == {("New", True)}


@pytest.mark.parametrize("head", [Says({"snare": 0.97, "kick": 0.03}), None])
def test_a_heard_role_outlasts_a_move(
    catalogue: Catalogue, library: Path, embedder: Embedder, head: Says | None
) -> None:
    ingest(catalogue, [library], [embedder], role_head=Says({"snare": 0.97, "kick": 0.03}))
    (library / "Old").rename(library / "New")
    ingest(catalogue, [library], [embedder], role_head=head)
    assert {(s.role, s.role_source) for s in catalogue.sounds()} == {("snare", "sound")}


def test_a_sure_new_name_and_the_ear_are_weighed_after_a_move(
    catalogue: Catalogue, library: Path, embedder: Embedder
) -> None:
    head = Says({"snare": 0.6, "kick": 0.4})
    ingest(catalogue, [library], [embedder], role_head=head)
    (library / "Old" / "aud_0.wav").rename(library / "Old" / "Kick 0.wav")
    ingest(catalogue, [library], [embedder], role_head=head)
    assert next(s.role for s in catalogue.sounds() if s.name == "Kick 0") == "kick"


def test_a_disk_that_goes_away_while_it_is_read_is_read_when_it_is_back(
    catalogue: Catalogue, library: Path, embedder: Embedder, make_wav: MakeWav
) -> None:
    for number in range(40):
        make_wav(library / f"{number:02}.wav", seed=200 + number)
    away = library.with_name("away")

    def pull(progress: Progress) -> None:
        if progress.phase == "reading" and library.exists():
            library.rename(away)

    first = ingest(catalogue, [library], [embedder], workers=1, on_progress=pull)
    assert first.unreadable > 0
    away.rename(library)
    again = ingest(catalogue, [library], [embedder])
    assert (first.added + again.added, again.unreadable) == (40 + SOUNDS, 0)


def test_a_file_that_was_met_half_written_keeps_the_marks_of_its_place(
    catalogue: Catalogue, tmp_path: Path, embedder: Embedder, make_wav: MakeWav
) -> None:
    bounce = make_wav(tmp_path / "Samples" / "bounce.wav", seed=1)
    ingest(catalogue, [bounce.parent], [embedder])
    mark_all(catalogue.tables.address)
    for half in (b"", bounce.read_bytes()[:44]):
        bounce.write_bytes(half)
        assert ingest(catalogue, [bounce.parent], [embedder]).unreadable == 1
    make_wav(bounce, seed=2)
    ingest(catalogue, [bounce.parent], [embedder])
    assert marks(catalogue) == MARKED


def test_an_instrument_that_came_before_its_samples_is_taken_once_they_are_there(
    catalogue: Catalogue, tmp_path: Path, embedder: Embedder
) -> None:
    sfz = write_sfz(tmp_path / "Samples")
    samples = [path for path in sfz.parent.rglob("*") if path.is_file() and path != sfz]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for path in samples:
        shutil.move(path, elsewhere / path.name)
    assert ingest(catalogue, [sfz.parent], [embedder]).unreadable == 1
    for path in samples:
        shutil.move(elsewhere / path.name, path)
    ingest(catalogue, [sfz.parent], [embedder])
    assert catalogue.unreadable() == []
    assert [s.path for s in catalogue.sounds(Where(kinds=["instrument"]))] == [str(sfz)]


def test_what_also_lies_elsewhere_stays_there_with_its_marks(
    catalogue: Catalogue, tmp_path: Path, embedder: Embedder, make_wav: MakeWav
) -> None:
    first = make_wav(tmp_path / "a_old" / "k.wav", seed=1)
    only = make_wav(tmp_path / "a_old" / "only.wav", seed=2)
    kept = make_wav(tmp_path / "keep" / "k.wav", seed=1)
    ingest(catalogue, [tmp_path], [embedder], workers=1)
    mark_all(catalogue.tables.address)
    catalogue.tables.reopen()
    assert remove(catalogue, plan_removal(catalogue, [str(first.parent)])) == 1
    assert [(s.favourite, s.role) for s in catalogue.sounds()] == [(True, "vocal")]
    ingest(catalogue, [kept.parent], [embedder])
    assert [(s.path, s.pack, s.tags) for s in catalogue.sounds()] == [(str(kept), "keep", ("mine",))]
    assert first.exists() and only.exists()


def test_a_folder_whose_name_could_begin_an_id_is_a_folder(
    catalogue: Catalogue,
    tmp_path: Path,
    embedder: Embedder,
    make_wav: MakeWav,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(6):
        make_wav(tmp_path / "Samples" / "a" / f"{number}.wav", seed=number)
        make_wav(tmp_path / "Samples" / "other" / f"{number}.wav", seed=number)
    ingest(catalogue, [tmp_path / "Samples"], [embedder])
    letter = next(catalogue.sounds()).id[0]
    (tmp_path / "Samples" / "a").rename(tmp_path / "Samples" / letter)
    ingest(catalogue, [tmp_path / "Samples"], [embedder])
    monkeypatch.chdir(tmp_path / "Samples")
    removal = plan_removal(catalogue, [letter])
    assert (len(removal.ids), len(removal.kept), len(removal.places)) == (0, 6, 6)


def test_a_sound_named_by_its_id_goes_whole(
    catalogue: Catalogue, tmp_path: Path, embedder: Embedder, make_wav: MakeWav
) -> None:
    make_wav(tmp_path / "a" / "k.wav", seed=1)
    make_wav(tmp_path / "b" / "k.wav", seed=1)
    ingest(catalogue, [tmp_path], [embedder])
    sound: Sound = next(catalogue.sounds())
    assert remove(catalogue, plan_removal(catalogue, [sound.id[:8]])) == 1
    assert list(catalogue.sounds()) == [] and catalogue.tables.files.count_rows() == 0


@pytest.mark.parametrize("head", [Says({"snare": 1.0}), None])
def test_another_file_in_the_place_of_a_moved_one_does_not_take_its_marks(
    catalogue: Catalogue, tmp_path: Path, embedder: Embedder, make_wav: MakeWav, head: Says | None
) -> None:
    folder = tmp_path / "Samples"
    bounce = make_wav(folder / "bounce.wav", seed=1)
    ingest(catalogue, [folder], [embedder], role_head=head)
    mark_all(catalogue.tables.address)
    bounce.rename(folder / "hook.wav")
    make_wav(bounce, seed=2)
    ingest(catalogue, [folder], [embedder], role_head=head)
    found = {s.name: (s.favourite, s.tags, s.role) for s in catalogue.sounds()}
    assert found["hook"] == (True, ("mine",), "vocal")
    assert found["bounce"] == (False, (), "snare" if head else None)


def test_a_file_saved_over_keeps_its_marks_where_a_copy_of_the_old_content_lies_elsewhere(
    catalogue: Catalogue, tmp_path: Path, embedder: Embedder, make_wav: MakeWav
) -> None:
    bounce = make_wav(tmp_path / "Samples" / "bounce.wav", seed=1)
    make_wav(tmp_path / "Samples" / "copy.wav", seed=1)
    ingest(catalogue, [bounce.parent], [embedder])
    mark_all(catalogue.tables.address)
    make_wav(bounce, seed=2)
    ingest(catalogue, [bounce.parent], [embedder])
    assert marks(catalogue) == MARKED


def test_what_the_user_says_of_the_new_file_meanwhile_stays_its_own(
    catalogue: Catalogue, tmp_path: Path, embedder: Embedder, make_wav: MakeWav
) -> None:
    folder = tmp_path / "Samples"
    bounce = make_wav(folder / "bounce.wav", seed=1)
    ingest(catalogue, [folder], [embedder])
    set_favourite(catalogue, [sound.id for sound in catalogue.sounds()], True)
    bounce.rename(folder / "hook.wav")
    make_wav(bounce, seed=2)

    def tag(progress: Progress) -> None:
        if progress.phase == "tidying":
            other = Catalogue.open(catalogue.tables.address, mode="write")
            change_tags(other, [sound.id for sound in other.sounds()], add=["mine"])

    ingest(catalogue, [folder], [embedder], on_progress=tag)
    found = {s.name: (s.favourite, s.tags) for s in catalogue.sounds()}
    assert found == {"hook": (True, ("mine",)), "bounce": (False, ("mine",))}


def test_marks_given_before_the_first_commit_are_inherited(
    catalogue: Catalogue, tmp_path: Path, embedder: Embedder, make_wav: MakeWav
) -> None:
    bounce = make_wav(tmp_path / "Samples" / "bounce.wav", seed=1)
    ingest(catalogue, [bounce.parent], [embedder])
    make_wav(bounce, seed=2)

    def mark(progress: Progress) -> None:
        if progress.phase == "reading":
            mark_all(catalogue.tables.address)

    ingest(catalogue, [bounce.parent], [embedder], on_progress=mark)
    assert marks(catalogue) == MARKED
