"""What earlier runs saw on the disk: every file with its size and time, and those that could not be read."""

import os
from collections.abc import Iterable, Mapping, Sequence

from timbred_catalogs.filters import paths_in
from timbred_catalogs.places import is_plugin, split_place
from timbred_catalogs.rows import files_table, unreadable_of, unreadable_table
from timbred_catalogs.scan import Found
from timbred_catalogs.sound import KnownFile, Unreadable
from timbred_catalogs.tables import Tables

ROWS_A_DELETE = 500
# Size and time of what could not be read for a reason that does not lie in the file.
NOT_TOLD = (0, 0)


class Ledger:
    """In memory for the length of a run, some 35 MB for 100,000 files, and written through."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.files = _read_files(tables)
        rows = tables.unreadable.to_arrow().to_pylist()
        self.unreadable = {file.path: file for file in map(unreadable_of, rows)}
        self._programs = self._by_plugin()

    def is_unchanged(self, found: Found) -> bool:
        """Whether an earlier run saw the file, or the preset, with this size and time, readable or not."""
        return self._seen(found.place) == (found.size_bytes, found.mtime_ns)

    def programs(self, plugin: str) -> Sequence[str]:
        """The places of the plugin's programs, readable or not, as they were when the run began."""
        return self._programs.get(plugin, ())

    def outdated_programs(self) -> list[str]:
        """Those that a plugin does not have any more: it was read anew, and they were not."""
        outdated: list[str] = []
        for plugin, places in self._by_plugin().items():
            if self._seen(plugin) == NOT_TOLD:
                continue
            outdated += [place for place in places if self._seen(place) != self._seen(plugin)]
        return outdated

    def _by_plugin(self) -> dict[str, list[str]]:
        programs: dict[str, list[str]] = {}
        for place in (*self.files, *self.unreadable):
            path, preset = split_place(place) if "#" in place else (place, None)
            if preset is not None and is_plugin(path):
                programs.setdefault(path, []).append(place)
        return programs

    def _seen(self, place: str) -> tuple[int, int] | None:
        """Size and time."""
        known = self.files.get(place) or self.unreadable.get(place)
        return None if known is None else (known.size_bytes, known.mtime_ns)

    def record(self, files: Mapping[str, KnownFile], unreadable: Sequence[Unreadable]) -> None:
        """A path is in one of the two tables. What a killed run leaves half written, the next one redoes.

        Plugins come after their programs: once a plugin is known, it is not asked for them again.
        """
        for last in (False, True):
            self._record(
                {path: file for path, file in files.items() if is_plugin(path) == last},
                [file for file in unreadable if is_plugin(file.path) == last],
            )

    def _record(self, files: Mapping[str, KnownFile], unreadable: Sequence[Unreadable]) -> None:
        touched = [*files, *(file.path for file in unreadable)]
        self.forget(path for path in touched if path in self.files or path in self.unreadable)
        if files:
            self._tables.files.add(files_table(files))
            self.files.update(files)
        if unreadable:
            self._tables.unreadable.add(unreadable_table(unreadable))
            self.unreadable.update((file.path, file) for file in unreadable)

    def forget(self, paths: Iterable[str]) -> None:
        """A later run looks at these files anew, if they are there."""
        gone = list(paths)
        for table, known in ((self._tables.files, self.files), (self._tables.unreadable, self.unreadable)):
            there = [path for path in gone if known.pop(path, None) is not None]
            for start in range(0, len(there), ROWS_A_DELETE):
                table.delete(paths_in([os.fsencode(path) for path in there[start : start + ROWS_A_DELETE]]))


def _read_files(tables: Tables) -> dict[str, KnownFile]:
    files: dict[str, KnownFile] = {}
    for batch in tables.files.search().to_batches():
        columns = [batch.column(name).to_pylist() for name in ("path", "sound_id", "size_bytes", "mtime_ns")]
        for path, sound_id, size_bytes, mtime_ns in zip(*columns, strict=True):
            files[os.fsdecode(path)] = KnownFile(sound_id, size_bytes, mtime_ns)
    return files
