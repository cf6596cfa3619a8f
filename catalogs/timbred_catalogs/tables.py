"""The connection to one address, its tables, and the small table that says what they are."""

import json
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from timbred_catalogs import schema
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.quiet import lancedb
from timbred_catalogs.rows import printable
from timbred_catalogs.sound import Space

# Only as much is taken as the indices need, half a gigabyte for the graph of a million sounds. One that is
# larger than the cache would be read from the disk again at each search.
INDEX_CACHE_BYTES = 8 * 2**30
METADATA_CACHE_BYTES = 32 * 2**20
FRESH_SECONDS = 5.0
# Lance makes a commit's file by a link, so that one writer alone can; this it says of a disk without links.
NO_LINKS = "Unable to rename file: Operation not permitted"
NO_RIGHT = "Permission denied"
_LAYERS = re.compile(r"^lance error: |(?:LanceError\(\w+\)|Generic [\w/]+ error): ")
FIRST_TABLES = {"sounds": schema.SOUNDS, "files": schema.FILES, "unreadable": schema.UNREADABLE}


def home_expanded(path: str | Path) -> Path:
    """As a shell has it: `~` is the user's own folder, and `~name` where nobody has that name is a file's."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 Path.expanduser raises there


def local_folder(address: str | Path) -> Path | None:
    """The folder of a catalogue on this machine's disk; None for object storage and memory."""
    text = str(address)
    if text.startswith("file://"):
        return Path(text.removeprefix("file://"))
    return None if "://" in text else home_expanded(text).absolute()


class Tables:
    """Handles are read at the version they were opened at; `reopen` takes the latest.

    Raises: CatalogError where the address cannot be connected to.
    """

    def __init__(self, address: str | Path, connection: Any = None) -> None:
        self.address = str(address)
        self.folder = local_folder(address)
        place = str(self.folder or address)
        if place != printable(place):  # LanceDB takes no other
            said = f"must be UTF-8 without control characters, not {printable(place)}"
            raise CatalogError(f"a catalogue's address {said}")
        try:
            self.connection = connection if connection is not None else self._connect()
        except (OSError, ValueError, RuntimeError) as error:
            raise CatalogError(f"cannot open a catalogue at {address}: {_first_line(error)}") from error

    def _connect(self) -> Any:
        module = lancedb()
        session = module.Session(
            index_cache_size_bytes=INDEX_CACHE_BYTES, metadata_cache_size_bytes=METADATA_CACHE_BYTES
        )
        if self.folder is None:
            return module.connect(self.address, session=session)
        # lancedb makes the folder of any address that it connects to; a reader must not.
        return module.connect(str(self.folder), session=session) if self.folder.is_dir() else None

    def writable_folder(self) -> Path:
        """Where files of no name may lie: the catalogue's own folder, or the system's for temporary files."""
        if self.folder is not None and os.access(self.folder, os.W_OK):
            return self.folder
        return Path(tempfile.gettempdir())

    def exist(self) -> bool:
        """Whether there is a whole catalogue.

        LanceDB lists a table from its first file on: what a run killed while it made `meta` has left is none.
        Where a rebuild has put another table in place, a `meta` that cannot be opened is damage, to be told.
        """
        names = set() if self.connection is None else set(self.names())
        return "meta" in names and (not names <= {*FIRST_TABLES, "meta"} or self._is_whole("meta"))

    def _is_whole(self, name: str) -> bool:
        try:
            self.connection.open_table(name)
        except ValueError:  # that there is none
            return False
        except (OSError, RuntimeError):  # it is damaged, or out of reach
            return True
        return True

    def names(self) -> list[str]:
        """Of all tables at the address, left-overs of killed runs too."""
        return list(self.connection.list_tables().tables)

    def create(self) -> None:
        """Makes what is missing; `meta` comes last, so that a catalogue is there whole or not at all."""
        try:
            self._make_folder()
            for name, columns in FIRST_TABLES.items():
                self.connection.create_table(name, schema=columns, exist_ok=True)
            self.connection.create_table("meta", data=_first_meta(), exist_ok=True)
        except (OSError, RuntimeError) as error:
            raise CatalogError(f"cannot make a catalogue at {self.address}: {_first_line(error)}") from error

    def _make_folder(self) -> None:
        if self.folder is not None and self.connection is None:
            if str(home_expanded(self.address)).startswith("~"):
                raise CatalogError(f"a catalogue's folder must be of a user there is, not {self.address}")
            self.folder.mkdir(parents=True, exist_ok=True)
            self.connection = self._connect()

    def reopen(self) -> None:
        """Handles of the latest version, also where another process put a new table in place.

        Raises: CatalogError where a table is missing or damaged.
        """
        try:
            self._open_all()
        except (OSError, ValueError, RuntimeError):
            with self.reading():  # `meta` may have named a table that a rebuild has just replaced
                self._open_all()

    def _open_all(self) -> None:
        self.meta = self._read_meta()
        self.sounds = self.connection.open_table(self.meta["table"])
        self.files = self.connection.open_table("files")
        self.unreadable = self.connection.open_table("unreadable")

    def _read_meta(self) -> dict[str, str]:
        table = self.connection.open_table("meta")
        self._meta_version = table.version
        return {row["key"]: row["value"] for row in table.to_arrow().to_pylist()}

    def latest_version(self) -> str:
        """Of what is stored now, not of these handles: two manifest look-ups, about a millisecond."""
        meta = self.connection.open_table("meta").version
        if meta != self._meta_version:
            return f"{meta}.new"
        return f"{meta}.{self.connection.open_table(self.meta['table']).version}"

    def stamp(self) -> tuple[int, ...] | None:
        """Of the folders that each commit writes to: the same until something is stored; costs microseconds.

        None where it can't be told: on object storage, of what is gone, and of what was stored a moment
        ago, since disks tell times by steps that two commits may share.
        """
        if self.folder is None:
            return None
        places = [self.folder / f"{name}.lance" / "_versions" for name in ("meta", self.meta["table"])]
        try:
            found = [place.stat() for place in places]
        except OSError:
            return None
        newest = max(one.st_mtime_ns for one in found)
        if time.time_ns() - newest < FRESH_SECONDS * 1e9:
            return None
        return tuple(value for one in found for value in (one.st_dev, one.st_ino, one.st_mtime_ns))

    def opened_version(self) -> str:
        """Of these handles, to compare with `latest_version`."""
        return f"{self._meta_version}.{self.sounds.version}"

    def set_meta(self, values: dict[str, str]) -> None:
        """All in one commit."""
        rows = pa.table({"key": list(values), "value": list(values.values())}, schema=schema.META)
        merge = self.connection.open_table("meta").merge_insert("key")
        merge.when_matched_update_all().when_not_matched_insert_all().execute(rows)
        self.meta = self._read_meta()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Raises: CatalogError for what LanceDB raises where a file is missing, damaged or out of reach."""
        try:
            yield
        except (OSError, ValueError, RuntimeError) as error:
            said = _first_line(error)
            remedy = "; if it is damaged, move it away, and 'timbred catalog add FOLDER' makes a new one"
            raise CatalogError(
                f"the catalogue at {self.address} cannot be read: {said}{'' if NO_RIGHT in said else remedy}"
            ) from error

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Raises: CatalogError for what LanceDB raises when the disk is full or may not be written."""
        try:
            yield
        except (OSError, RuntimeError) as error:
            raise CatalogError(
                f"the catalogue at {self.address} cannot be written: {_first_line(error)}"
            ) from error

    def spaces(self) -> dict[str, Space]:
        """The declared spaces by their names, as of the last `reopen` or `set_meta`."""
        found = [Space(**json.loads(self.meta[key])) for key in self.meta if key.startswith("space:")]
        return {space.name: space for space in sorted(found, key=lambda space: space.name)}


def space_meta(space: Space) -> dict[str, str]:
    """A space as a row of `meta`."""
    return {f"space:{space.name}": json.dumps(asdict(space))}


def disk_bytes(folder: Path) -> int:
    """Of all files below; those that a writer takes away meanwhile count nothing."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += (Path(root) / name).stat().st_size
    return total


def _first_meta() -> pa.Table:
    values = {"schema_version": str(schema.SCHEMA_VERSION), "table": "sounds"}
    return pa.table({"key": list(values), "value": list(values.values())}, schema=schema.META)


def _first_line(error: Exception) -> str:
    """What LanceDB says, without its own names for the layers it passed and places in its source."""
    said = str(error).strip().splitlines() or [type(error).__name__]
    if NO_LINKS in said[0]:
        return "its disk must allow hard links, which FAT and exFAT do not"
    return _LAYERS.sub("", re.sub(r"(, \S+\.rs:\d+:\d+)+$", "", said[0]))
