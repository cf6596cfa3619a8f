"""Drum kits of Hydrogen (drumkit.xml) and DrumGizmo: which voice each of their samples belongs to."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath
from xml.etree import ElementTree

from timbred_catalogs.decode import UndecodableError
from timbred_catalogs.places import folder_of

LARGEST_BYTES = 16_000_000
SNIFFED_BYTES = 4096
# A sample lies in its kit's folder, or in a voice's folder below, or in that one's folder of samples.
FOLDERS_ABOVE = 3
MISSING_NAMED = 3


@dataclass(frozen=True, slots=True)
class Kit:
    """`voices`: a sample's path to the name of its voice."""

    name: str
    voices: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Voice:
    """What a kit says of one sample."""

    kit: str
    name: str


def voice_of(path: str, root: str) -> Voice | None:
    """From the sample's folder outwards to `root`, by the first kit that has the sample."""
    for folder in _folders_up(folder_of(path), root):
        for kit in _kits_in(folder):
            if path in kit.voices:
                return Voice(kit.name, kit.voices[path])
    return None


def is_kit(path: str) -> bool:
    """By its first lines; other XML is none of ours, nor is what cannot be read."""
    try:
        if not Path(path).is_file():
            return False  # nobody waits for a pipe
        with Path(path).open("rb") as file:
            head = file.read(SNIFFED_BYTES)
    except OSError:
        return False
    return b"<drumkit_info" in head or b"<drumkit " in head or b"<drumkit>" in head


def check_kit(path: str) -> None:
    """Raises: UndecodableError for a kit that is damaged, or whose samples are missing."""
    try:
        kit = read_kit(path, Path(path).stat().st_mtime_ns)
    except OSError as error:
        raise UndecodableError(f"file cannot be read: {error.strerror}") from error
    missing = sorted(PurePath(sample).name for sample in kit.voices if not _is_there(sample))
    if missing:
        more = f" and {len(missing) - MISSING_NAMED} more" if len(missing) > MISSING_NAMED else ""
        named = ", ".join(missing[:MISSING_NAMED])
        raise UndecodableError(f"samples of the kit are missing: {named}{more}")


def _is_there(sample: str) -> bool:
    """Raises: UndecodableError for a sample that cannot be looked at."""
    try:
        Path(sample).stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        said = f"sample {PurePath(sample).name} of the kit cannot be read: {error.strerror}"
        raise UndecodableError(said) from error
    return True


@lru_cache(maxsize=64)
def read_kit(path: str, mtime_ns: int) -> Kit:
    """Raises: UndecodableError for XML that is none, or too large."""
    root = _root(path)
    folder = PurePath(path).parent
    if _tag(root) == "drumkit_info":
        name = next((child.text for child in root if _tag(child) == "name" and child.text), folder.name)
        return Kit(name.strip(), dict(_hydrogen(root, folder)))
    title = next((e.text for e in root.iter() if _tag(e) == "title" and e.text), None)
    return Kit((root.get("name") or title or folder.name).strip(), dict(_drumgizmo(root, folder)))


def _hydrogen(root: ElementTree.Element, folder: PurePath) -> Iterator[tuple[str, str]]:
    for instrument in (element for element in root.iter() if _tag(element) == "instrument"):
        name = next((child.text for child in instrument if _tag(child) == "name" and child.text), "")
        for layer in (element for element in instrument.iter() if _tag(element) == "filename"):
            if layer.text:
                yield _below(folder, layer.text.strip()), name


def _drumgizmo(root: ElementTree.Element, folder: PurePath) -> Iterator[tuple[str, str]]:
    """The kit names a file for each voice, which names its samples."""
    for listed in (element for element in root.iter() if _tag(element) == "instrument"):
        place = _below(folder, listed.get("file", ""))
        voice = _root(place)
        for audio in (element for element in voice.iter() if _tag(element) == "audiofile"):
            sample = _below(PurePath(place).parent, audio.get("file", ""))
            yield sample, listed.get("name", "") or voice.get("name", "")


def _below(folder: PurePath, name: str) -> str:
    return os.path.normpath(folder / name.replace("\\", "/"))


def _root(path: str) -> ElementTree.Element:
    try:
        if Path(path).stat().st_size > LARGEST_BYTES:
            raise UndecodableError(f"a kit must be at most {LARGEST_BYTES:,} bytes")
        return ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise UndecodableError(f"{PurePath(path).name} is damaged: {error}") from error
    except OSError as error:
        raise UndecodableError(f"{PurePath(path).name} cannot be read: {error.strerror}") from error
    except (LookupError, ValueError) as error:  # an encoding that is unknown, or none that the parser takes
        raise UndecodableError(f"{PurePath(path).name} cannot be read: {error}") from error


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


@lru_cache(maxsize=256)
def _folders_up(folder: str, root: str) -> tuple[str, ...]:
    """From the folder outwards, no further than `root` and than a kit's samples may lie below it."""
    outwards = [folder, *map(str, PurePath(folder).parents)][:FOLDERS_ABOVE]
    return tuple(outwards[: outwards.index(root) + 1] if root in outwards else outwards)


def _kits_in(folder: str) -> tuple[Kit, ...]:
    try:
        return _read_folder(folder, os.stat(folder).st_mtime_ns)  # noqa: PTH116 a Path takes longer
    except OSError:
        return ()


@lru_cache(maxsize=256)
def _read_folder(folder: str, mtime_ns: int) -> tuple[Kit, ...]:
    """Read again when the folder's time changes."""
    kits = []
    for name in sorted(name for name in os.listdir(folder) if name.lower().endswith(".xml")):  # noqa: PTH208
        path = os.path.join(folder, name)  # noqa: PTH118
        if is_kit(path):
            try:
                kits.append(read_kit(path, Path(path).stat().st_mtime_ns))
            except (UndecodableError, OSError):
                continue  # `scan` lists it
    return tuple(kits)
