"""`timbred catalog info --html`: one page that needs no network, with a map on which sounds play."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

import numpy as np

from timbred.catalog_info import state_of
from timbred.catalog_models import sounding_space
from timbred.catalog_notes import rendered_notes
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.duplicates import LEAST_COSINE, NearGroup, near_duplicates
from timbred_catalogs.library_map import LibraryMap, map_of
from timbred_catalogs.note_cache import NoteCache
from timbred_catalogs.places import is_instrument
from timbred_catalogs.roles import ROLES
from timbred_catalogs.rows import printable
from timbred_catalogs.sound import Sound

MOST_POINTS = 20_000
MOST_GROUPS = 200
_PLACE_OF_DATA = "__DATA__"


Progress = Callable[[int, int], None]
"""Called with the number of notes that are rendered and of those that there are."""


def page_of(catalogue: Catalogue, on_progress: Progress = lambda done, total: None) -> str:
    """The whole page; sounds are linked where they lie, not copied, instruments' notes in the cache.

    Everything of the user's stands in one JSON block, in which no `<` is left, and reaches the page as text.
    """
    template = files("timbred").joinpath("catalog_page.html").read_text(encoding="utf-8")
    data = data_of(catalogue, on_progress)
    said = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return template.replace(_PLACE_OF_DATA, said.replace("<", "\\u003c"))


def data_of(catalogue: Catalogue, on_progress: Progress) -> dict[str, Any]:
    """What the page shows, as JSON takes it."""
    space = sounding_space(catalogue)
    state = state_of(catalogue)
    found = map_of(catalogue, space, MOST_POINTS) if space else LibraryMap([], np.zeros((0, 2)), 1.0)
    groups = near_duplicates(catalogue, space) if space else []
    shown = groups[:MOST_GROUPS]
    on_page = [*found.sounds, *(sound for group in shown for sound in group.sounds)]
    notes = rendered_notes(on_page, NoteCache(), on_progress)
    return {
        "made_at": datetime.now().astimezone().isoformat(timespec="minutes"),
        **{name: state[name] for name in ("address", "sounds", "missing", "unreadable", "models")},
        "counts": {name: list(state[f"by_{name}"].items()) for name in ("role", "kind", "seconds", "pack")},
        "roles": [*ROLES, ""],
        "space": space,
        "share": round(found.share, 3),
        "points": _points(found, notes),
        "groups": [_group(group, notes) for group in shown],
        "all_groups": len(groups),
        "least_cosine": LEAST_COSINE,
    }


def file_url(path: str) -> str:
    """`file://` and the path's own bytes, escaped; any name that a disk can hold."""
    return "file://" + quote_from_bytes(os.fsencode(Path(path).absolute()))


def _url(sound: Sound, notes: Mapping[str, Path]) -> str | None:
    """None for an instrument whose note is not rendered."""
    if not is_instrument(sound.path):
        return file_url(sound.path)
    return file_url(str(notes[sound.id])) if sound.id in notes else None


def _points(found: LibraryMap, notes: Mapping[str, Path]) -> dict[str, list[Any]]:
    """Column by column, which is half as long as row by row."""
    sounds = found.sounds
    return {
        "x": [round(float(place[0]), 4) for place in found.places],
        "y": [round(float(place[1]), 4) for place in found.places],
        "role": [_role_number(sound) for sound in sounds],
        "name": [sound.name for sound in sounds],
        "pack": [sound.pack for sound in sounds],
        "seconds": [round(sound.duration_seconds, 2) for sound in sounds],
        "url": [_url(sound, notes) for sound in sounds],
    }


def _role_number(sound: Sound) -> int:
    return ROLES.index(sound.role) if sound.role in ROLES else len(ROLES)


def _group(group: NearGroup, notes: Mapping[str, Path]) -> Sequence[dict[str, Any]]:
    pairs = zip(group.similarities, group.sounds, strict=True)
    return [
        {"cosine": round(cosine, 3), "name": s.name, "path": printable(s.path), "url": _url(s, notes)}
        for cosine, s in pairs
    ]
