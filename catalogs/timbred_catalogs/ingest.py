"""Takes folders into a catalogue: scan, then chunks on worker threads, then commits by the calling thread."""

import logging
import os
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.engines import Engine, MakeEngine, Threads
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.ledger import Ledger
from timbred_catalogs.lock import only_writer
from timbred_catalogs.marks import marked_as
from timbred_catalogs.places import split_place
from timbred_catalogs.prepare import Prepared
from timbred_catalogs.role_sounds import RoleHead, with_roles
from timbred_catalogs.scan import Found, scan, scan_parts
from timbred_catalogs.settle import settle
from timbred_catalogs.sound import KnownFile, Sound, Unreadable
from timbred_catalogs.uninterrupted import uninterrupted
from timbred_catalogs.upkeep import compact, tidy

logger = logging.getLogger(__name__)

CHUNK_FILES = 16
COMMIT_FILES = 512
COMMIT_SECONDS = 5.0
COMMITS_A_COMPACTION = 100


@dataclass(frozen=True, slots=True)
class Progress:
    """Files done of `total`, both without the unchanged; `phase` is scanning, reading or tidying."""

    phase: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Sounds, except where files are said.

    `returned` were missing and are back where they were; `copies` are files whose content is in the
    catalogue under another path; `unchanged` and `unreadable` are files, these new or old; `missing` lost
    their last file in this run; `stopped` by Ctrl-C.
    """

    added: int = 0
    moved: int = 0
    returned: int = 0
    copies: int = 0
    unchanged: int = 0
    missing: int = 0
    unreadable: int = 0
    stopped: bool = False

    def sentence(self) -> str:
        """One line for the user."""
        parts = {
            "added": self.added,
            "moved": self.moved,
            "back": self.returned,
            "copies of known sounds": self.copies,
            "unchanged": self.unchanged,
            "missing": self.missing,
            "unreadable": self.unreadable,
        }
        always = ("added", "moved", "unchanged", "unreadable")
        said = ", ".join(f"{count:,} {name}" for name, count in parts.items() if count or name in always)
        return f"stopped; {said}; run it again to go on" if self.stopped else said


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
    roots = [os.path.normpath(Path(folder).expanduser().absolute()) for folder in folders]
    for root in roots:
        if not Path(root).exists():
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
        self._known_ids: set[str] = set(ids.to_pylist())
        self._forget_orphans()
        self._waiting: list[Prepared] = []
        self._copies: dict[str, str] = {}  # path: the sound's id
        self._summary = Summary()
        self._version_before = catalogue.tables.opened_version()
        self._commits, self._committed_at = 0, time.monotonic()

    def _forget_orphans(self) -> None:
        """Files whose sound another process removed while a run was committing them: they are new again."""
        files = self._ledger.files.items()
        self._ledger.forget([path for path, file in files if file.sound_id not in self._known_ids])

    def run(self, make_engine: MakeEngine) -> Summary:
        try:
            todo, gone = self._scan()
            if todo:
                self._read_all(todo, make_engine(self._known_ids, self._embedders))
            self._ledger.forget(gone)
        except KeyboardInterrupt:
            self._summary = replace(self._summary, stopped=True)
        try:
            with uninterrupted(), self._catalogue.tables.writing():
                self._finish()
        except KeyboardInterrupt:
            logger.info("Ctrl-C came too late: everything was done")
        return self._summary

    def _finish(self) -> None:
        self._commit()
        self._on_progress(Progress("tidying", 0, 0))
        settled = settle(self._catalogue, self._ledger, self._roots)
        if self._catalogue.tables.opened_version() != self._version_before:
            tidy(self._catalogue)
        self._summary = replace(
            self._summary,
            moved=settled.moved,
            returned=settled.returned,
            missing=settled.missing,
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
            if isinstance(item, Unreadable):
                closed.append(item)
            elif self._ledger.is_unchanged(item):
                bad = item.place in self._ledger.unreadable
                unreadable, unchanged = unreadable + bad, unchanged + (not bad)
            else:
                todo.append(item)
            if len(seen) % 1000 == 0:
                self._on_progress(Progress("scanning", len(seen), 0))
        self._summary = replace(self._summary, unchanged=unchanged, unreadable=unreadable)
        self._waiting.append(Prepared(unreadable=closed))
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
        chunks = _chunks(todo)
        running: set[Future[Prepared]] = set()
        done = 0
        try:
            while True:
                for chunk in islice(chunks, engine.chunks_at_once - len(running)):
                    running.add(engine.start(chunk))
                if not running:
                    break
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    done += self._take(future.result())
                self._on_progress(Progress("reading", done, len(todo)))
        except KeyboardInterrupt:
            engine.close()
            self._waiting += [future.result() for future in running if not future.cancelled()]
            raise
        finally:
            engine.close()

    def _take(self, prepared: Prepared) -> int:
        """Returns: how many files these were."""
        self._waiting.append(prepared)
        files = sum(len(part.found) + len(part.known) + len(part.unreadable) for part in self._waiting)
        if files >= COMMIT_FILES or time.monotonic() - self._committed_at > COMMIT_SECONDS:
            self._commit()
        return len(prepared.found) + len(prepared.known) + len(prepared.unreadable)

    def _commit(self) -> None:
        """Sounds before their files: a kill between the two costs a hash, and doubles nothing."""
        waiting, self._waiting = self._waiting, []
        files: dict[str, KnownFile] = {}
        unreadable = [file for part in waiting for file in part.unreadable]
        for found, sound_id in (pair for part in waiting for pair in part.known):
            files[found.place] = KnownFile(sound_id, found.size_bytes, found.mtime_ns)
        sounds, vectors = self._new_sounds(waiting, files)
        resaved = self._note_copies(files, {sound.place for sound in sounds})
        new = [file for file in unreadable if self._ledger.unreadable.get(file.path) != file]
        with uninterrupted(), self._catalogue.tables.writing():
            if sounds:
                self._catalogue.add(self._with_marks(sounds), vectors)
                self._known_ids.update(sound.id for sound in sounds)
            self._ledger.record(files, new)
        self._count(len(sounds), resaved, len(unreadable))

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

    def _new_sounds(
        self, waiting: Sequence[Prepared], files: dict[str, KnownFile]
    ) -> tuple[list[Sound], dict[str, np.ndarray]]:
        """Each new content once, with its vectors; fills in `files`."""
        sounds: dict[str, Sound] = {}
        vectors: dict[str, list[np.ndarray]] = {embedder.space: [] for embedder in self._embedders}
        for part in waiting:
            for row, (found, sound) in enumerate(zip(part.found, part.sounds, strict=True)):
                files[found.place] = KnownFile(sound.id, found.size_bytes, found.mtime_ns)
                if sound.id not in sounds and sound.id not in self._known_ids:
                    sounds[sound.id] = sound
                    for space, given in vectors.items():
                        given.append(part.vectors[space][row])
        stacked = {space: np.stack(given) for space, given in vectors.items() if given}
        return with_roles(list(sounds.values()), stacked, self._role_head), stacked

    def _with_marks(self, sounds: Sequence[Sound]) -> list[Sound]:
        """A file that was saved over keeps what the user said of its old content."""
        before = {
            sound.id: self._ledger.files[sound.place].sound_id
            for sound in sounds
            if sound.place in self._ledger.files
        }
        old = self._catalogue.by_id(list(set(before.values())))
        return [
            marked_as(sound, old[before[sound.id]]) if before.get(sound.id) in old else sound
            for sound in sounds
        ]

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
    waiting = iter(todo)
    while chunk := list(islice(waiting, CHUNK_FILES)):
        yield chunk
