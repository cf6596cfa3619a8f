"""Names under which watchfiles takes folders: it speaks UTF-8 only, and a disk holds any bytes."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def utf8_names(folders: Sequence[str]) -> Iterator[Mapping[str, str]]:
    """A name for each folder, to the folder: its own, or a link's in a temporary folder of the user's own."""
    odd = [folder for folder in folders if not _is_utf8(folder)]
    if not odd:
        yield {folder: folder for folder in folders}
        return
    with tempfile.TemporaryDirectory(prefix="timbred-watch-") as links:
        named = {folder: str(Path(links) / str(number)) for number, folder in enumerate(odd)}
        for folder, link in named.items():
            Path(link).symlink_to(folder, target_is_directory=True)
        yield {named.get(folder, folder): folder for folder in folders}


def own_path(path: str, names: Mapping[str, str]) -> str:
    """A path below one of the names, as it is below the folder."""
    for name, folder in names.items():
        if path == name or path.startswith(name + os.sep):
            return folder + path[len(name) :]
    return path


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
