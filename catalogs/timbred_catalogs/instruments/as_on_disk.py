"""Names that were written on a system which tells neither capitals nor ways to write an accent apart."""

import unicodedata
from pathlib import Path


def as_on_disk(path: Path) -> Path:
    """The path as it is called here; as it was given where there is nothing of that name.

    Raises: OSError for a folder that cannot be looked into.
    """
    if path.exists() or path.parent == path:
        return path
    folder = as_on_disk(path.parent)
    if not folder.is_dir():
        return path
    alike = (entry for entry in sorted(folder.iterdir()) if _plain(entry.name) == _plain(path.name))
    return next(alike, folder / path.name)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
