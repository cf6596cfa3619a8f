"""Files that the user names to be written: whole or not at all, and over another only where asked."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from timbred_catalogs.errors import CatalogError
from timbred_catalogs.rows import printable


@contextmanager
def whole_file(file: Path, *, replace: bool = False) -> Iterator[Path]:
    """Gives a new file beside `file` to write into, which takes its place at the end of the block.

    Raises: CatalogError for a file that is there (unless `replace`), or for an OSError in the block.
    """
    if file.exists() and not replace:
        raise CatalogError(f"{printable(str(file))} is there already: name another file, or say --replace")
    unfinished: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name[:100]}.", dir=file.parent)
        unfinished = Path(name)
        os.close(handle)
        unfinished.chmod(0o666 & ~_umask())
        yield unfinished
        os.replace(unfinished, file)  # noqa: PTH105
    except OSError as error:
        raise CatalogError(f"{printable(str(file))} cannot be written: {error.strerror or error}") from error
    finally:
        if unfinished is not None:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)


def _umask() -> int:
    """What new files are kept from: it can only be read by setting it."""
    now = os.umask(0o077)
    os.umask(now)
    return now
