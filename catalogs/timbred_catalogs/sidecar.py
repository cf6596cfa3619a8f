"""What a pack's maker says of its sounds in a `library.json`, which stands above what names suggest.

    {"sounds": [{"path": "Kicks/01.wav", "role": "kick", "midi_note": 36, "tags": ["warm"]}]}

`path` is relative to the file's own folder; everything else may be left out.
"""

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath

from timbred_catalogs.roles import ROLES

logger = logging.getLogger(__name__)

FILE_NAME = "library.json"


@dataclass(frozen=True, slots=True)
class Said:
    """What a list says of one file; empty where it says nothing."""

    role: str | None = None
    pitch_midi: float | None = None
    tags: tuple[str, ...] = ()


NOTHING = Said()


def said_of(path: str, root: str) -> Said:
    """From the innermost folder outwards to `root`, by the first `library.json` that names the file.

    `path` is absolute.
    """
    folder = path
    while (above := folder.rpartition(os.sep)[0]) != folder:
        folder = above
        said = _read(folder or os.sep).get(path.removeprefix(folder + os.sep))
        if said is not None:
            return said
        if folder == root:
            break
    return NOTHING


def _read(folder: str) -> Mapping[str, Said]:
    listing = os.path.join(folder, FILE_NAME)  # noqa: PTH118 a Path takes longer than to look
    try:
        return _parsed(listing, os.stat(listing).st_mtime_ns)  # noqa: PTH116
    except OSError:
        return {}


@lru_cache(maxsize=64)
def _parsed(listing: str, mtime_ns: int) -> Mapping[str, Said]:
    """Read again when its time changes; one that is not of this form says nothing."""
    try:
        sounds = json.loads(Path(listing).read_text(encoding="utf-8"))["sounds"]
        return {str(PurePath(entry["path"])): _said(entry) for entry in sounds}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        logger.info("%s is not a list of sounds: %s", listing, error)
        return {}


def _said(entry: Mapping[str, object]) -> Said:
    role, note, tags = entry.get("role"), entry.get("midi_note"), entry.get("tags", [])
    return Said(
        role if isinstance(role, str) and role in ROLES else None,
        float(note) if isinstance(note, int | float) and 0 <= note <= 127 else None,
        tuple(map(_text, tags)) if isinstance(tags, list) else (),
    )


def _text(tag: object) -> str:
    """JSON may escape half a character, which no UTF-8 can hold."""
    return str(tag).encode("utf-8", "replace").decode()
