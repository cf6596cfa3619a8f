"""`timbred catalog info --html`: one page that needs no network, with a map on which sounds play."""

import json
import os
from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

import numpy as np

from timbred.catalog_info import state_of
from timbred.catalog_models import sounding_space
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.duplicates import LEAST_COSINE, NearGroup, near_duplicates
from timbred_catalogs.library_map import LibraryMap, map_of
from timbred_catalogs.places import is_instrument
from timbred_catalogs.roles import ROLES
from timbred_catalogs.rows import printable
from timbred_catalogs.sound import Sound

MOST_POINTS = 20_000
MOST_GROUPS = 200
_PLACE_OF_DATA = "__DATA__"


def page_of(catalogue: Catalogue) -> str:
    """The whole page; sounds are linked where they lie, not copied.

    Everything of the user's stands in one JSON block, in which no `<` is left, and reaches the page as text.
    """
    template = files("timbred").joinpath("catalog_page.html").read_text(encoding="utf-8")
    said = json.dumps(data_of(catalogue), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return template.replace(_PLACE_OF_DATA, said.replace("<", "\\u003c"))


def data_of(catalogue: Catalogue) -> dict[str, Any]:
    """What the page shows, as JSON takes it."""
    space = sounding_space(catalogue)
    state = state_of(catalogue)
    found = map_of(catalogue, space, MOST_POINTS) if space else LibraryMap([], np.zeros((0, 2)), 1.0)
    groups = near_duplicates(catalogue, space) if space else []
    return {
        "made_at": datetime.now().astimezone().isoformat(timespec="minutes"),
        **{name: state[name] for name in ("address", "sounds", "missing", "unreadable", "models")},
        "counts": {name: list(state[f"by_{name}"].items()) for name in ("role", "kind", "seconds", "pack")},
        "roles": [*ROLES, ""],
        "space": space,
        "share": round(found.share, 3),
        "points": _points(found),
        "groups": [_group(group) for group in groups[:MOST_GROUPS]],
        "all_groups": len(groups),
        "least_cosine": LEAST_COSINE,
    }


def file_url(path: str) -> str | None:
    """`file://` and the path's own bytes, escaped; any name that a disk can hold. None for an instrument."""
    if is_instrument(path):
        return None
    return "file://" + quote_from_bytes(os.fsencode(Path(path).absolute()))


def _points(found: LibraryMap) -> dict[str, list[Any]]:
    """Column by column, which is half as long as row by row."""
    sounds = found.sounds
    return {
        "x": [round(float(place[0]), 4) for place in found.places],
        "y": [round(float(place[1]), 4) for place in found.places],
        "role": [_role_number(sound) for sound in sounds],
        "name": [sound.name for sound in sounds],
        "pack": [sound.pack for sound in sounds],
        "seconds": [round(sound.duration_seconds, 2) for sound in sounds],
        "url": [file_url(sound.path) for sound in sounds],
    }


def _role_number(sound: Sound) -> int:
    return ROLES.index(sound.role) if sound.role in ROLES else len(ROLES)


def _group(group: NearGroup) -> Sequence[dict[str, Any]]:
    pairs = zip(group.similarities, group.sounds, strict=True)
    return [
        {"cosine": round(cosine, 3), "name": s.name, "path": printable(s.path), "url": file_url(s.path)}
        for cosine, s in pairs
    ]
