"""A decoder that hangs or crashes costs its own file, and nothing else."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.decode import UndecodableError
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.ingest import ingest
from timbred_catalogs.readers import Readers, ReadFailedError, limit_seconds
from timbred_catalogs.summary import Progress, Summary

MakeWav = Callable[..., Path]


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Readers]:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    readers = Readers("stuck_jobs")
    for user in ("prepare", "engines"):
        monkeypatch.setattr(f"timbred_catalogs.{user}.READERS", readers)
    yield readers
    readers.close()


@pytest.fixture
def library(tmp_path: Path, make_wav: MakeWav) -> Path:
    for number in range(6):
        make_wav(tmp_path / "Samples" / f"good {number}.wav", seed=number)
    return tmp_path / "Samples"


@pytest.mark.parametrize("long_run_files, left", [(6, 0), (7, 1)])
def test_readers_of_a_long_run_end_before_its_tables_are_tidied(
    readers: Readers,
    library: Path,
    memory: Catalogue,
    embedder: Embedder,
    monkeypatch: pytest.MonkeyPatch,
    long_run_files: int,
    left: int,
) -> None:
    monkeypatch.setattr("timbred_catalogs.engines.LONG_RUN_FILES", long_run_files)
    others = set(psutil.Process().children())
    while_tidying: list[int] = []

    def count(progress: Progress) -> None:
        if progress.phase == "tidying":
            while_tidying.append(len(set(psutil.Process().children()) - others))

    ingest(memory, [library], [embedder], workers=1, on_progress=count)
    assert while_tidying == [left]


def reasons(catalogue: Catalogue) -> dict[str, str]:
    return {Path(file.path).stem: file.reason for file in catalogue.unreadable()}


@pytest.mark.parametrize(
    "name, reason",
    [
        ("aborts", "the decoder crashed (SIGABRT)"),
        ("exits", "the decoder crashed (exit status 3)"),
        ("takes all memory", "too large for the memory at hand"),
        ("vanishes", "file cannot be read: No such file or directory"),
        ("grows", "changed while it was read; the next run takes it"),
        ("puzzles", "timbred failed on it: ZeroDivisionError('by zero')"),
    ],
)
def test_a_file_that_breaks_its_reader_is_listed_and_the_run_goes_on(
    readers: Readers,
    library: Path,
    memory: Catalogue,
    embedder: Embedder,
    make_wav: MakeWav,
    name: str,
    reason: str,
) -> None:
    make_wav(library / f"{name}.wav", seed=50)
    assert ingest(memory, [library], [embedder], workers=2) == Summary(added=6, unreadable=1)
    assert reasons(memory) == {name: reason}


def test_a_file_that_takes_too_long_is_listed_and_not_tried_again(
    readers: Readers,
    library: Path,
    memory: Catalogue,
    embedder: Embedder,
    make_wav: MakeWav,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("timbred_catalogs.prepare.limit_seconds", lambda size: 3.0)
    make_wav(library / "hangs.wav", seed=50)
    assert ingest(memory, [library], [embedder], workers=2) == Summary(added=6, unreadable=1)
    assert reasons(memory) == {"hangs": "took longer than 3 s"}
    assert ingest(memory, [library], [embedder]) == Summary(unchanged=6, unreadable=1)


def test_a_larger_file_may_take_longer() -> None:
    assert limit_seconds(0) == 20.0
    assert limit_seconds(1_000_000_000) == 220.0


def test_a_reader_is_used_again_and_two_work_at_once(readers: Readers) -> None:
    first = readers.ask("process_id", limit=20)
    assert readers.ask("process_id", limit=20) == first != os.getpid()
    together: list[int] = []
    barrier = threading.Barrier(2)

    def ask() -> None:
        barrier.wait()
        together.append(readers.ask("process_id", limit=20))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(together) == 2


def test_a_reader_that_was_killed_while_idle_is_replaced(readers: Readers) -> None:
    first = readers.ask("process_id", limit=20)
    os.kill(first, 9)
    with pytest.raises(ProcessLookupError):
        while True:
            os.kill(first, 0)
            readers._idle[:] = [reader for reader in readers._idle if reader.is_alive()]
    assert readers.ask("process_id", limit=20) != first


def test_a_reader_ends_when_its_asker_does(readers: Readers) -> None:
    process = readers.ask("process_id", limit=20)
    readers._idle[0]._connection.close()
    assert readers._idle[0]._process.wait(timeout=20) == 0
    readers._idle.clear()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_what_a_job_raises_keeps_its_stack(readers: Readers, tmp_path: Path) -> None:
    with pytest.raises(ReadFailedError, match="ZeroDivisionError") as raised:
        readers.ask("hear", str(tmp_path / "puzzles.wav"), [], limit=20)
    assert "stuck_jobs.py" in raised.value.__notes__[0]
    with pytest.raises(UndecodableError, match="No such file"):
        readers.ask("hear", str(tmp_path / "nothing.wav"), [], limit=20)


def test_a_reader_that_cannot_be_started_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(CatalogError, match="a reader process cannot be started"):
        Readers().ask("hear", limit=20)
