"""What a user names on the command line: sounds by id, by file or by folder."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.filters import Where, quoted
from timbred_catalogs.rows import printable

_ID = re.compile(r"[0-9a-f]{6,32}")


def select_ids(catalogue: Catalogue, names: Sequence[str]) -> list[str]:
    """Ids of the sounds, each once; a name is an id's first six digits or more, a file, or a folder.

    Raises: CatalogError for a name that fits no sound.
    """
    found: dict[str, None] = {}
    for name in names:
        ids = _by_id(catalogue, name) or _by_path(catalogue, name)
        if not ids:
            raise CatalogError(f"no sound of the catalogue has the id or lies at {printable(name)}")
        found.update(dict.fromkeys(ids))
    return list(found)


def _by_id(catalogue: Catalogue, name: str) -> list[str]:
    return _ids(catalogue, f"starts_with(id, {quoted(name)})") if _ID.fullmatch(name) else []


def _by_path(catalogue: Catalogue, name: str) -> list[str]:
    """Missing sounds too: what is gone for good is what one wants to be rid of."""
    path = printable(os.path.normpath(Path(name).expanduser().absolute()))
    below = " OR ".join(f"({Where(under=path, missing=missing).sql()})" for missing in (False, True))
    return _ids(catalogue, f"path = {quoted(path)} OR {below}")


def _ids(catalogue: Catalogue, sql: str) -> list[str]:
    rows = catalogue.tables.sounds.search().where(sql).select(["id"]).to_arrow()
    return list(rows["id"].to_pylist())
