"""Instruments' notes, rendered once, as WAV files in the user's cache folder, which stays below a size."""

import logging
import os
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_cache_dir

from timbred_catalogs.sound import Sound

logger = logging.getLogger(__name__)

# Some two thousand notes.
MOST_BYTES = 1_000_000_000
# A cache that is full loses a tenth at once, so that not every new note has to look through it.
KEPT_SHARE = 0.9
# A file's time of change says when it was last used, to so many seconds.
USED_SECONDS = 600.0
# What a killed process left half written.
ABANDONED_SECONDS = 3600.0
ID_DIGITS = 12
LONGEST_NAME = 40
_NOT_IN_NAMES = re.compile(r"[^\w +().-]")


def cache_folder() -> Path:
    """`$TIMBRED_CACHE_DIR`, else the platform's place for what may be lost."""
    return Path(os.environ.get("TIMBRED_CACHE_DIR") or user_cache_dir("timbred")) / "notes"


@dataclass(frozen=True, slots=True)
class NoteCache:
    """One folder of notes; safe from several threads and processes, of which each keeps it below the size.

    `most_bytes`: where all files together are larger, those used least recently go.
    """

    folder: Path = field(default_factory=cache_folder)
    most_bytes: int = MOST_BYTES

    def find(self, sound: Sound) -> Path | None:
        """The note, if it is there; it counts as used now."""
        path = self._path(sound)
        try:
            if time.time() - path.stat().st_mtime > USED_SECONDS:
                os.utime(path)
        except FileNotFoundError:
            return None
        return path

    def put(self, sound: Sound, write: Callable[[Path], None]) -> Path:
        """The note as `write` writes it to the path that it is given: whole or not at all.

        Raises: what `write` raises, and OSError where the folder cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._path(sound)
        unfinished = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.tmp")
        try:
            write(unfinished)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
        self._prune()
        return path

    def _path(self, sound: Sound) -> Path:
        """Named for people too: it may end on a timeline."""
        name = _NOT_IN_NAMES.sub("_", sound.name)[:LONGEST_NAME].strip(" .") or "note"
        return self.folder / f"{name} {sound.id[:ID_DIGITS]}.wav"

    def _prune(self) -> None:
        files = sorted(self._files(), reverse=True)
        if sum(size for _, size, _ in files) <= self.most_bytes:
            return
        room = KEPT_SHARE * self.most_bytes
        for number, (_, size, path) in enumerate(files):
            room -= size
            if number and room < 0:  # the newest stays, however large
                Path(path).unlink(missing_ok=True)
                logger.debug("%s was not used for long: the cache is full", path)

    def _files(self) -> list[tuple[float, int, str]]:
        """When each was used last, its size, its path; what was left half written goes."""
        files = []
        with os.scandir(self.folder) as entries:
            for entry in entries:
                try:
                    status = entry.stat()
                except FileNotFoundError:
                    continue  # another process prunes too
                if entry.name.endswith(".wav"):
                    files.append((status.st_mtime, status.st_size, entry.path))
                elif time.time() - status.st_mtime > ABANDONED_SECONDS:
                    Path(entry.path).unlink(missing_ok=True)
        return files
