"""Finds the sounds below folders; what cannot be entered is said, never skipped in silence."""

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from timbred_catalogs.decode import PACKED_KITS, REX, UndecodableError
from timbred_catalogs.instruments.kits import check_kit, is_kit
from timbred_catalogs.instruments.soundfont import presets_of
from timbred_catalogs.instruments.vst3 import binary_of
from timbred_catalogs.places import INSTRUMENTS, is_container, is_plugin, place_of
from timbred_catalogs.sound import Unreadable

PLAIN = {".wav", ".wave", ".bwf", ".w64", ".rf64", ".aif", ".aiff", ".aifc", ".caf"}
# Of old samplers, trackers and sound cards.
OLD = {".au", ".snd", ".voc", ".svx", ".8svx", ".xi", ".avr", ".sds", ".sd2"}
COMPRESSED = {".flac", ".ogg", ".oga", ".opus", ".mp3", ".mp2", ".m4a", ".aac", ".wma"}
EXTENSIONS = INSTRUMENTS | PLAIN | OLD | COMPRESSED | REX | PACKED_KITS
# What the tables hold of a time, the years 1677 to 2262; a file that nobody gave one says 1601, or 30828.
FIRST_NS, LAST_NS = -(2**63), 2**63 - 1
# Bins, and what systems and archivers keep for themselves; beside these, names that begin with a dot.
PUT_AWAY = {"$recycle.bin", "system volume information", "__macosx"}


@dataclass(frozen=True, slots=True)
class Found:
    """An audio file or an instrument by its extension. `root` is the folder it was found through.

    Of a preset inside a file `preset` says which, and `title` what it is called. `note` is the MIDI note that
    stands for an instrument, where that is settled already.
    """

    path: str
    root: str
    size_bytes: int
    mtime_ns: int
    preset: str | None = None
    title: str | None = None
    note: int | None = None

    @property
    def place(self) -> str:
        """The file, and the preset in it."""
        return place_of(self.path, self.preset)


def scan(roots: Iterable[str]) -> Iterator[Found | Unreadable]:
    """Every file once, each preset of a SoundFont, folder by folder in the order of their names.

    A VST3 is one: who wants to know its programs has to run it, which `prepare` does.

    Links are followed; a folder that was entered already, by whatever way, is not entered again, so that a
    loop of links ends. Hidden folders and the system's bins are not entered. A root may be any of these, or a
    single file.
    """
    entered: set[tuple[int, int]] = set()
    for root in roots:
        if Path(root).is_dir() and not is_plugin(root):
            yield from _scan_folder(root, root, entered)
        else:
            yield from _look_at(root, str(Path(root).parent))


def scan_parts(paths: Iterable[str], roots: Sequence[str]) -> Iterator[Found | Unreadable]:
    """As `scan`, but only what lies at or below `paths`; what is gone or outside `roots` is left out."""
    entered: set[tuple[int, int]] = set()
    above = ""
    for path in sorted(set(paths), key=lambda path: PurePath(path).parts):
        root = next((root for root in roots if _reaches(root, path)), None)
        if root is None or (above and path.startswith(above)):
            continue
        if Path(path).is_dir() and not is_plugin(path):
            above = _below(path)
            yield from _scan_folder(path, root, entered)
        elif is_sound_name(path) and os.path.lexists(path):
            yield from _look_at(path, root)


def _reaches(root: str, path: str) -> bool:
    """Whether `scan` gets there from the root."""
    if path == root or not path.startswith(_below(root)):
        return path == root
    *folders, name = PurePath(path.removeprefix(_below(root))).parts
    return not any(map(_is_put_away, folders)) and not (_is_put_away(name) and Path(path).is_dir())


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
        waiting += [entry.path for entry in reversed(listed) if _is_to_enter(entry)]
        for entry in listed:
            if _is_sound(entry):
                yield from _look_at(entry.path, root)
            elif entry.name.lower().endswith(".xml") and is_kit(entry.path):
                yield from _look_at_kit(entry.path)


def _is_to_enter(entry: os.DirEntry[str]) -> bool:
    return not _is_put_away(entry.name) and _is_folder(entry)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir() and not is_plugin(entry.name)
    except OSError:
        return False


def _is_put_away(name: str) -> bool:
    return name.startswith(".") or name.lower() in PUT_AWAY


def _is_sound(entry: os.DirEntry[str]) -> bool:
    return is_sound_name(entry.name) and not _is_folder(entry)


def is_sound_name(path: str) -> bool:
    """`._kick.wav` is what macOS leaves beside a file on a foreign disk; it never holds audio."""
    name = PurePath(path).name
    return PurePath(name).suffix.lower() in EXTENSIONS and not name.startswith("._")


def size_and_time(status: os.stat_result) -> tuple[int, int]:
    """As the tables hold them, for a file to be known by."""
    return status.st_size, min(max(status.st_mtime_ns, FIRST_NS), LAST_NS)


def _look_at(path: str, root: str) -> Iterator[Found | Unreadable]:
    try:
        status = (binary_of(path) if is_plugin(path) else Path(path)).stat()
    except OSError as error:
        yield Unreadable(path, f"file cannot be read: {error.strerror}", 0, 0)
        return
    known_by = size_and_time(status)
    if not stat.S_ISREG(status.st_mode):
        yield Unreadable(path, "not a regular file", *known_by)
    elif is_container(path):
        yield from _look_into(path, root, *known_by)
    else:
        yield Found(path, root, *known_by)


def _look_into(path: str, root: str, size_bytes: int, mtime_ns: int) -> Iterator[Found | Unreadable]:
    try:
        for preset in presets_of(path):
            yield Found(path, root, size_bytes, mtime_ns, preset.locator, preset.name)
    except UndecodableError as error:
        yield Unreadable(path, str(error), size_bytes, mtime_ns)


def _look_at_kit(path: str) -> Iterator[Unreadable]:
    """A kit says what its samples are, which are found by themselves; here only what is wrong with it."""
    try:
        status = Path(path).stat()
    except OSError as error:
        yield Unreadable(path, f"file cannot be read: {error.strerror}", 0, 0)
        return
    try:
        check_kit(path)
    except UndecodableError as error:
        yield Unreadable(path, str(error), *size_and_time(status))
