"""Takes folders into a catalogue: scan, then chunks prepared by an engine, then commits from here."""

import logging
import os
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.engines import Chunk, Engine, MakeEngine, Threads, Work
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.filters import Where
from timbred_catalogs.ledger import Ledger
from timbred_catalogs.lock import only_writer
from timbred_catalogs.places import is_plugin, split_place
from timbred_catalogs.role_sounds import RoleHead
from timbred_catalogs.scan import Found, scan, scan_parts
from timbred_catalogs.settle import settle, unmark
from timbred_catalogs.sound import KnownFile, Sound, Unreadable
from timbred_catalogs.summary import Progress, Summary
from timbred_catalogs.uninterrupted import uninterrupted
from timbred_catalogs.upkeep import compact, tidy

logger = logging.getLogger(__name__)

CHUNK_FILES = 16
COMMIT_SECONDS = 5.0
COMMITS_A_COMPACTION = 100


def ingest(
    catalogue: Catalogue,
    folders: Sequence[str | Path],
    embedders: Sequence[Embedder],
    *,
    workers: int | None = None,
    engine: MakeEngine | None = None,
    role_head: RoleHead | None = None,
    within: Sequence[str] | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    wait_seconds: float = 0.0,
    on_wait: Callable[[str], None] = lambda writer: None,
) -> Summary:
    """Every audio file below `folders` ends in the catalogue or among the unreadable.

    With a `role_head` roles come from what is heard too, else from names alone.
    Files are prepared by `workers` threads, by default one for each core, or by another `engine`. With
    `within` only what lies at or below these paths, there or gone, is looked at: the changes of a folder.

    Whatever was committed stays when the run is stopped or killed; the next run goes on from there.
    KeyboardInterrupt ends the run in order and is reported, not raised.

    Raises: CatalogError for a folder that does not exist, another model's vectors, or another writer.
    """
    roots = [os.path.normpath(Path(os.path.expanduser(folder)).absolute()) for folder in folders]  # noqa: PTH111
    for root in roots:
        if not os.path.exists(root):  # noqa: PTH110
            raise CatalogError(f"there is no file or folder {root}")
    with only_writer(catalogue.tables.folder, wait_seconds, on_wait):
        catalogue.tables.reopen()
        with catalogue.tables.writing():
            for embedder in embedders:
                catalogue.declare_space(embedder.space, embedder.model_id, embedder.dim)
        make_engine = engine or partial(Threads, workers=workers or os.cpu_count() or 1)
        return _Run(catalogue, roots, embedders, on_progress, within, role_head).run(make_engine)


class _Run:
    """One run's state; everything but `prepare` happens on the calling thread."""

    def __init__(
        self,
        catalogue: Catalogue,
        roots: list[str],
        embedders: Sequence[Embedder],
        on_progress: Callable[[Progress], None],
        within: Sequence[str] | None,
        role_head: RoleHead | None,
    ) -> None:
        self._catalogue, self._roots, self._embedders = catalogue, roots, embedders
        self._within, self._role_head = within, role_head
        self._on_progress = on_progress
        with catalogue.tables.reading():
            self._ledger = Ledger(catalogue.tables)
            ids = catalogue.tables.sounds.search().select(["id"]).to_arrow()["id"]
            self._missing = {sound.place: sound.id for sound in catalogue.sounds(Where(missing=True))}
        self._known_ids: set[str] = set(ids.to_pylist())
        self._forget_orphans()
        self._waiting: list[Chunk] = []
        self._copies: dict[str, str] = {}  # path: the sound's id
        self._inherited: dict[str, Sound] = {}  # new sound's id: whose marks it took over
        self._summary = Summary()
        self._version_before = catalogue.tables.opened_version()
        self._commits, self._committed_at = 0, time.monotonic()

    def _forget_orphans(self) -> None:
        """Files whose sound another process removed while a run was committing them: they are new again."""
        files = self._ledger.files.items()
        orphans = [path for path, file in files if file.sound_id not in self._known_ids]
        self._ledger.forget([*orphans, *(split_place(path)[0] for path in orphans)])

    def run(self, make_engine: MakeEngine) -> Summary:
        try:
            todo, gone = self._scan()
            if todo:
                work = Work(self._catalogue, self._known_ids, self._embedders, self._role_head)
                with closing(make_engine(work)) as engine:
                    self._read_all(todo, engine)
            self._ledger.forget(gone)
            self._ledger.forget(self._ledger.outdated_programs())
        except KeyboardInterrupt:
            self._summary = replace(self._summary, stopped=True)
        try:
            with uninterrupted(), self._catalogue.tables.writing():
                self._finish()
        except KeyboardInterrupt:
            logger.info("Ctrl-C came too late: everything was done")
        return self._summary

    def _finish(self) -> None:
        self._commit(None)
        self._on_progress(Progress("tidying", 0, 0))
        settled = settle(self._catalogue, self._ledger, self._roots, self._role_head)
        elsewhere = set(self._copies.values())
        not_saved_over = {new: was for new, was in self._inherited.items() if was.id in elsewhere}
        unmark(self._catalogue, not_saved_over, self._roots, self._role_head)
        if self._catalogue.tables.opened_version() != self._version_before:
            tidy(self._catalogue)
        spaces = [embedder.space for embedder in self._embedders]
        self._summary = replace(
            self._summary,
            moved=settled.moved,
            returned=settled.returned,
            missing=settled.missing,
            without=self._catalogue.count_without(*spaces) if settled.moved or settled.returned else 0,
            copies=sum(settled.paths.get(sound_id) != path for path, sound_id in self._copies.items()),
        )

    def _scan(self) -> tuple[list[Found], list[str]]:
        """What is new or changed, and the known paths that are not there any more."""
        todo: list[Found] = []
        seen: set[str] = set()
        closed: list[Unreadable] = []
        unchanged = unreadable = 0
        for item in scan(self._roots) if self._within is None else scan_parts(self._within, self._roots):
            seen.add(item.place)
            if len(seen) % 1000 == 0:
                self._on_progress(Progress("scanning", len(seen), 0))
            if isinstance(item, Unreadable):
                closed.append(item)
                continue
            places = [item.place, *self._ledger.programs(item.place)]
            seen.update(places)
            if self._ledger.is_unchanged(item):
                bad = sum(place in self._ledger.unreadable for place in places)
                unreadable, unchanged = unreadable + bad, unchanged + len(places) - bad
            else:
                todo.append(item)
        self._summary = replace(self._summary, unchanged=unchanged, unreadable=unreadable)
        self._waiting.append(Chunk(unreadable=closed))
        return todo, self._gone(seen, [item.path for item in closed])

    def _gone(self, seen: set[str], closed: Sequence[str]) -> list[str]:
        """A folder that could not be entered says nothing of the files below it."""
        places = frozenset(self._roots if self._within is None else self._within)
        scanned = tuple(place.rstrip(os.sep) + os.sep for place in places)
        unknown = tuple(path + os.sep for path in closed)
        known = [*self._ledger.files, *self._ledger.unreadable]
        below = [path for path in known if split_place(path)[0] in places or path.startswith(scanned)]
        return [path for path in below if path not in seen and not path.startswith(unknown)]

    def _read_all(self, todo: list[Found], engine: Engine) -> None:
        running: dict[Future[Chunk], int] = {}
        try:
            self._take_all(todo, engine, running)
        except KeyboardInterrupt:
            engine.stop()
            self._waiting += [
                future.result() for future in running if future.done() and not future.cancelled()
            ]
            self._commit(engine)
            raise
        self._commit(engine)

    def _take_all(self, todo: list[Found], engine: Engine, running: "dict[Future[Chunk], int]") -> None:
        """`running` holds, at any instant, the chunks that are on their way, and how many files they are."""
        chunks = _chunks(todo)
        done = 0
        while True:
            for chunk in islice(chunks, engine.chunks_at_once - len(running)):
                running[engine.start(chunk)] = len(chunk)
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                done += running.pop(future)
                self._take(future.result(), engine)
            self._on_progress(Progress("reading", done, len(todo)))

    def _take(self, chunk: Chunk, engine: Engine) -> None:
        self._waiting.append(chunk)
        late = time.monotonic() - self._committed_at > COMMIT_SECONDS
        if late or sum(waiting.files for waiting in self._waiting) >= engine.commit_files:
            self._commit(engine)

    def _commit(self, engine: Engine | None) -> None:
        """Sounds before their files: a kill between the two costs a hash, and doubles nothing.

        Without an engine there may be no new sounds.
        """
        waiting, self._waiting = self._waiting, []
        unreadable = [file for chunk in waiting for file in chunk.unreadable]
        new = [file for file in unreadable if self._ledger.unreadable.get(file.path) != file]
        chosen = self._chosen(waiting)
        added: set[str] = set()
        with uninterrupted(), self._catalogue.tables.writing():
            if chosen and engine is not None:
                added = engine.append(chosen, self._marks(chosen))
                self._known_ids.update(added)
            files = self._files(waiting)
            resaved = self._note_copies(
                files, {chunk.new[row][0].place for chunk, rows in chosen for row in rows}
            )
            self._ledger.record(files, new)
            self._count(len(added), resaved, len(unreadable))

    def _chosen(self, waiting: Sequence[Chunk]) -> list[tuple[Chunk, list[int]]]:
        """Each new content once; a chunk without any is named too, so that its rows are let go."""
        chosen: list[tuple[Chunk, list[int]]] = []
        seen: set[str] = set()
        for chunk in waiting:
            rows = []
            for row, (_, sound_id) in enumerate(chunk.new):
                if sound_id not in seen and sound_id not in self._known_ids:
                    seen.add(sound_id)
                    rows.append(row)
            if chunk.new:
                chosen.append((chunk, rows))
        return chosen

    def _files(self, waiting: Sequence[Chunk]) -> dict[str, KnownFile]:
        """By their places; a file whose sound could not be written after all is left to the next run."""
        pairs = [pair for chunk in waiting for pair in (*chunk.known, *chunk.new)]
        return {
            found.place: KnownFile(sound_id, found.size_bytes, found.mtime_ns)
            for found, sound_id in pairs
            if sound_id in self._known_ids
        }

    def _note_copies(self, files: Mapping[str, KnownFile], new_paths: Container[str]) -> int:
        """Returns: how many files hold what they held before, with another time."""
        resaved = 0
        for path in (path for path in files if path not in new_paths):
            before = self._ledger.files.get(path)
            if before is not None and before.sound_id == files[path].sound_id:
                resaved += 1
            else:
                self._copies[path] = files[path].sound_id
        return resaved

    def _marks(self, chosen: Sequence[tuple[Chunk, Sequence[int]]]) -> dict[str, Sound]:
        """A file that was saved over keeps what the user said of its old content.

        So does one that an earlier run met half written, when its old content had already gone. Whether the
        old content has only moved, and another file taken its place, shows at the end.
        """
        before: dict[str, str] = {}
        for found, sound_id in (chunk.new[row] for chunk, rows in chosen for row in rows):
            known = self._ledger.files.get(found.place)
            was = known.sound_id if known else self._missing.get(found.place)
            if was is not None:
                before[sound_id] = was
        if not before:
            return {}
        self._catalogue.tables.reopen()  # the user may have marked them since the last commit
        old = self._catalogue.by_id(list(set(before.values())))
        marks = {sound_id: old[was] for sound_id, was in before.items() if was in old}
        self._inherited |= marks
        return marks

    def _count(self, added: int, unchanged: int, unreadable: int) -> None:
        was = self._summary
        self._summary = replace(
            was,
            added=was.added + added,
            unchanged=was.unchanged + unchanged,
            unreadable=was.unreadable + unreadable,
        )
        self._committed_at = time.monotonic()
        self._commits += 1
        if self._commits % COMMITS_A_COMPACTION == 0:
            compact(self._catalogue)


def _chunks(todo: Sequence[Found]) -> Iterator[list[Found]]:
    """A plugin may hold as many sounds as ten chunks, and takes its time: each is one, after all else."""
    files = (found for found in todo if not is_plugin(found.path))
    while chunk := list(islice(files, CHUNK_FILES)):
        yield chunk
    yield from ([found] for found in todo if is_plugin(found.path))
