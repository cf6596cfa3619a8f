"""Finds the audio files below folders; what cannot be entered is said, never skipped in silence."""

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from timbred_catalogs.sound import Unreadable

EXTENSIONS = frozenset({".wav", ".aif", ".aiff", ".flac", ".ogg", ".oga", ".opus", ".mp3"})


@dataclass(frozen=True, slots=True)
class Found:
    """An audio file by its extension. `root` is the folder it was found through."""

    path: str
    root: str
    size_bytes: int
    mtime_ns: int


def scan(roots: Iterable[str]) -> Iterator[Found | Unreadable]:
    """Every file once, folder by folder in the order of their names.

    Links are followed; a folder that was entered already, by whatever way, is not entered again, so that a
    loop of links ends. A root may be a single file.
    """
    entered: set[tuple[int, int]] = set()
    for root in roots:
        if Path(root).is_dir():
            yield from _scan_folder(root, root, entered)
        else:
            yield _look_at(root, str(Path(root).parent))


def scan_parts(paths: Iterable[str], roots: Sequence[str]) -> Iterator[Found | Unreadable]:
    """As `scan`, but only what lies at or below `paths`; what is gone or outside `roots` is left out."""
    entered: set[tuple[int, int]] = set()
    above = ""
    for path in sorted(set(paths), key=lambda path: PurePath(path).parts):
        root = next((root for root in roots if path == root or path.startswith(_below(root))), None)
        if root is None or (above and path.startswith(above)):
            continue
        if Path(path).is_dir():
            above = _below(path)
            yield from _scan_folder(path, root, entered)
        elif is_sound_name(path) and os.path.lexists(path):
            yield _look_at(path, root)


def _below(folder: str) -> str:
    """What the path of everything in it begins with."""
    return folder.rstrip(os.sep) + os.sep


def _scan_folder(top: str, root: str, entered: set[tuple[int, int]]) -> Iterator[Found | Unreadable]:
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            status = Path(folder).stat()
            if (status.st_dev, status.st_ino) in entered:
                continue
            entered.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield Unreadable(folder, f"folder cannot be read: {error.strerror}", 0, 0)
            continue
        waiting += [entry.path for entry in reversed(listed) if _is_folder(entry)]
        yield from (_look_at(entry.path, root) for entry in listed if _is_audio_name(entry))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_audio_name(entry: os.DirEntry[str]) -> bool:
    return is_sound_name(entry.name) and not _is_folder(entry)


def is_sound_name(path: str) -> bool:
    """`._kick.wav` is what macOS leaves beside a file on a foreign disk; it never holds audio."""
    name = PurePath(path).name
    return PurePath(name).suffix.lower() in EXTENSIONS and not name.startswith("._")


def _look_at(path: str, root: str) -> Found | Unreadable:
    try:
        status = Path(path).stat()
    except OSError as error:
        return Unreadable(path, f"file cannot be read: {error.strerror}", 0, 0)
    if not stat.S_ISREG(status.st_mode):
        return Unreadable(path, "not a regular file", status.st_size, status.st_mtime_ns)
    return Found(path, root, status.st_size, status.st_mtime_ns)
