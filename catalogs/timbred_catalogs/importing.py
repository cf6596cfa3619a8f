"""Takes up what an exported file says: marks for sounds that are known, whole rows for the others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.content_id import content_of
from timbred_catalogs.exporting import format_of
from timbred_catalogs.import_rows import Marks, check_rows, marks_in, spaces_of, whole_rows
from timbred_catalogs.ledger import Ledger
from timbred_catalogs.lock import marking, only_writer
from timbred_catalogs.marks import MARKED_COLUMNS
from timbred_catalogs.rows import SOUND_COLUMNS, printable, sounds_of, vectors_of
from timbred_catalogs.scan import size_and_time
from timbred_catalogs.sound import KnownFile, Sound, Space
from timbred_catalogs.upkeep import tidy


@dataclass(frozen=True, slots=True)
class Imported:
    """Numbers of sounds.

    `marked` were known and are different now, `added` came as whole rows, of which `missing` have no file
    here and `without` no vectors of this catalogue's models; `unknown` are neither known nor whole. Of
    `roles_left_out` the file gives another role than the catalogue, and does not say that it is the user's.
    """

    marked: int = 0
    added: int = 0
    missing: int = 0
    without: int = 0
    unknown: int = 0
    roles_left_out: int = 0

    def sentence(self) -> str:
        """One line for the user."""
        roles = "role" if self.roles_left_out == 1 else "roles"
        parts = {
            "marked": self.marked,
            "added": self.added,
            "of them missing here": self.missing,
            "of them without vectors: 'timbred catalog rebuild' makes them": self.without,
            "not in this catalogue": self.unknown,
            f"{roles} left out: role_source is not user": self.roles_left_out,
        }
        return ", ".join(f"{n:,} {name}" for name, n in parts.items() if n or name in ("marked", "added"))


def import_file(
    catalogue: Catalogue,
    file: Path,
    *,
    wait_seconds: float = 0.0,
    on_wait: Callable[[str], None] = lambda writer: None,
) -> Imported:
    """The file's tags, stars and user's roles are added to what the catalogue says; nothing is taken away.

    The whole file is checked before anything is written. A run that was stopped is run again.
    Raises: CatalogError for a file that cannot be taken, or another writer.
    """
    spaces = spaces_of(file) if format_of(file) == ".parquet" else None
    for _ in marks_in(file):
        pass
    if spaces is not None:
        check_rows(file, spaces.values())
    with only_writer(catalogue.tables.folder, wait_seconds, on_wait):
        catalogue.tables.reopen()
        before = catalogue.tables.opened_version()
        with catalogue.tables.writing():
            done = Imported() if spaces is None else _add_whole(catalogue, file, spaces)
            done = _mark(catalogue, file, done)
            if catalogue.tables.opened_version() != before:
                tidy(catalogue)
        return done


def _mark(catalogue: Catalogue, file: Path, done: Imported) -> Imported:
    marked = unknown = left_out = 0
    for marks in marks_in(file):
        with marking(catalogue.tables.folder):
            catalogue.tables.reopen()
            known = catalogue.by_id([one.sound_id for one in marks])
            changed: dict[str, Sound] = {}
            for one in marks:
                sound = changed.get(one.sound_id) or known.get(one.sound_id)
                if sound is not None and (new := _with(sound, one)) != sound:
                    changed[sound.id] = new
            catalogue.update(list(changed.values()), MARKED_COLUMNS)
        unknown += len({one.sound_id for one in marks} - known.keys())
        marked += len(changed)
        left_out += len({one.sound_id for one in marks if _is_left_out(one, known.get(one.sound_id))})
    return replace(done, marked=marked, unknown=unknown, roles_left_out=left_out)


def _is_left_out(marks: Marks, known: Sound | None) -> bool:
    return known is not None and marks.guessed is not None and marks.guessed != known.role


def _with(sound: Sound, marks: Marks) -> Sound:
    tags = dict.fromkeys([*sound.tags, *map(printable, marks.tags)])
    said = replace(sound, tags=tuple(tags), favourite=sound.favourite or marks.favourite)
    if marks.role is None or (sound.role, sound.role_source) == (marks.role, "user"):
        return said
    return replace(said, role=marks.role, role_confidence=1.0, role_source="user")


def _add_whole(catalogue: Catalogue, file: Path, spaces: dict[str, Space]) -> Imported:
    own = catalogue.spaces()
    for space in spaces.values():
        if space.name not in own and not catalogue.count():
            catalogue.declare_space(space.name, space.model_id, space.dim)
    own = catalogue.spaces()
    shared = [space for space in spaces.values() if own.get(space.name) == space.model_id]
    lacking = len(shared) < len(own)
    ledger = Ledger(catalogue.tables)
    done = Imported()
    for rows in whole_rows(file):
        new = _unknown_rows(catalogue, rows)
        sounds = [_here(sound) for sound in sounds_of(new.select(SOUND_COLUMNS))]
        vectors = {space.name: vectors_of(new[space.column].combine_chunks()) for space in shared}
        if sounds:
            catalogue.add(sounds, vectors)
            ledger.record(_files(sounds), [])
        missing = sum(sound.missing for sound in sounds)
        without = len(sounds) if lacking else 0
        done = replace(
            done,
            added=done.added + len(sounds),
            missing=done.missing + missing,
            without=done.without + without,
        )
    return done


def _unknown_rows(catalogue: Catalogue, rows: pa.Table) -> pa.Table:
    """Each id once."""
    ids = rows["id"].to_pylist()
    known = catalogue.by_id(ids)
    first = {sound_id: row for row, sound_id in reversed(list(enumerate(ids))) if sound_id not in known}
    return rows.take(pa.array(sorted(first.values()), pa.int64()))


def _here(sound: Sound) -> Sound:
    """Missing, unless its file is here as it was; `add` finds those that lie elsewhere now."""
    try:
        status = content_of(sound.path).stat()
    except (OSError, ValueError):
        return replace(sound, missing=True)
    same = size_and_time(status) == (sound.size_bytes, sound.mtime_ns)
    return replace(sound, missing=not same)


def _files(sounds: Sequence[Sound]) -> dict[str, KnownFile]:
    there = [sound for sound in sounds if not sound.missing]
    return {s.place: KnownFile(s.id, s.size_bytes, s.mtime_ns) for s in there}
