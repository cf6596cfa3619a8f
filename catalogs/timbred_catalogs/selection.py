"""What a user names on the command line: sounds by id, by file or by folder."""

import os
import re
from collections.abc import Sequence

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.filters import Where, paths_in, quoted
from timbred_catalogs.places import split_place
from timbred_catalogs.rows import printable
from timbred_catalogs.tables import home_expanded

_ID = re.compile(r"[0-9a-f]{6,32}")


def select_ids(catalogue: Catalogue, names: Sequence[str]) -> list[str]:
    """Ids of the sounds, each once; a name is an id's first six digits or more, a file, or a folder.

    Raises: CatalogError for a name that fits no sound.
    """
    found: dict[str, None] = {}
    for name in names:
        ids = _ids_of(catalogue, name)
        if not ids:
            raise _nothing_at(name)
        found.update(dict.fromkeys(ids))
    return list(found)


def select_to_remove(catalogue: Catalogue, names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Ids as above, and the paths of unreadable files at or below the names.

    Raises: CatalogError for a name that fits neither a sound nor an unreadable file.
    """
    ids: dict[str, None] = {}
    paths: dict[str, None] = {}
    unreadable = [file.path for file in catalogue.unreadable()]
    for name in names:
        found, below = _ids_of(catalogue, name), at_or_below(unreadable, name)
        if not found and not below:
            raise _nothing_at(name)
        ids.update(dict.fromkeys(found))
        paths.update(dict.fromkeys(below))
    return list(ids), list(paths)


def _nothing_at(name: str) -> CatalogError:
    return CatalogError(
        f"no sound of the catalogue has the id or lies at {printable(name) or 'an empty name'}"
    )


def _ids_of(catalogue: Catalogue, name: str) -> list[str]:
    return (ids_beginning(catalogue, name) or _by_path(catalogue, name)) if name else []


def at_or_below(paths: Sequence[str], name: str) -> list[str]:
    """Those of the places that lie at the named file or preset, or below the named folder."""
    place = _absolute(name)
    below = place.rstrip(os.sep) + os.sep
    return [
        path for path in paths if name and (place in (path, split_place(path)[0]) or path.startswith(below))
    ]


def _absolute(name: str) -> str:
    return os.path.normpath(home_expanded(name).absolute())


def ids_beginning(catalogue: Catalogue, name: str) -> list[str]:
    """Ids that a name is the beginning of; none for what cannot be an id's."""
    return _ids(catalogue, f"starts_with(id, {quoted(name)})") if _ID.fullmatch(name) else []


def _by_path(catalogue: Catalogue, name: str) -> list[str]:
    """Missing sounds too: what is gone for good is what one wants to be rid of."""
    place, preset = split_place(_absolute(name))
    path = printable(place)
    if preset is not None:
        return _ids(catalogue, f"path = {quoted(path)} AND preset = {quoted(preset)}")
    below = " OR ".join(f"({Where(under=path, missing=missing).sql()})" for missing in (False, True))
    return _ids(catalogue, f"path = {quoted(path)} OR {below}") or _by_copy(catalogue, _absolute(name))


def _by_copy(catalogue: Catalogue, path: str) -> list[str]:
    """A file whose content the catalogue has under another path."""
    rows = (
        catalogue.tables.files.search().where(paths_in([os.fsencode(path)])).select(["sound_id"]).to_arrow()
    )
    return list(rows["sound_id"].to_pylist())


def _ids(catalogue: Catalogue, sql: str) -> list[str]:
    rows = catalogue.tables.sounds.search().where(sql).select(["id"]).to_arrow()
    return list(rows["id"].to_pylist())
