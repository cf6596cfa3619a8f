"""Where a sound lies: a file, or one preset inside it (`file.sf2#bank:program`, `plugin.vst3#program`)."""

import os
import re

CONTAINERS = frozenset({".sf2", ".sf3"})
INSTRUMENTS = CONTAINERS | {".sfz", ".vstpreset", ".vst3"}

_INSIDE = re.compile(r"(.+\.sf[23])#(\d+:\d+)|(.+\.vst3)#([^/]+)", re.IGNORECASE | re.DOTALL)


def is_instrument(path: str) -> bool:
    """By its extension."""
    return _suffix(path) in INSTRUMENTS


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()  # noqa: PTH122 a Path takes longer


def is_container(path: str) -> bool:
    """Whether the file holds presets, each a sound of its own."""
    return _suffix(path) in CONTAINERS


def folder_of(path: str) -> str:
    """The folder that an absolute path lies in."""
    return path.rpartition(os.sep)[0] or os.sep


def is_plugin(path: str) -> bool:
    """Whether it is a VST3, which the disk takes for a folder, and which may have programs."""
    return path.lower().endswith(".vst3")


def place_of(path: str, preset: str | None) -> str:
    """What stands for the sound in the list of known files."""
    return path if preset is None else f"{path}#{preset}"


def split_place(place: str) -> tuple[str, str | None]:
    """The file, and the preset in it."""
    inside = _INSIDE.fullmatch(place)
    return (inside[1] or inside[3], inside[2] or inside[4]) if inside else (place, None)
