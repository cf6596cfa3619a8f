"""The whole text of an SFZ instrument: its includes read, its definitions put in, its comments left away."""

import re
from pathlib import Path

from timbred_catalogs.decode import NotNowError, UndecodableError
from timbred_catalogs.instruments.as_on_disk import as_on_disk

MOST_INCLUDED = 8
LONGEST_TEXT = 4_000_000
LONGEST_VALUE = 1000
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_DIRECTIVE = re.compile(r'#include\s+"(?P<file>[^"]+)"|#define\s+(?P<name>\$\w+)[ \t]+(?P<value>\S+)|\$\w+')


def expanded(path: Path) -> str:
    """A definition holds from its place on, also in what is included there, until the next of its name.

    Raises: UndecodableError where a file of it cannot be read, or includes go too deep.
    """
    return _expanded(path, path.parent, {}, 0)


def _expanded(path: Path, root: Path, values: dict[str, str], depth: int) -> str:
    if depth > MOST_INCLUDED:
        raise UndecodableError(f"must include at most {MOST_INCLUDED} files in each other")

    def put_in(found: re.Match[str]) -> str:
        if found["file"]:
            place = _with(values, found["file"]).replace("\\", "/")
            return _expanded(root / place, root, values, depth + 1)
        if found["name"]:
            value = _with(values, found["value"])
            if len(value) > LONGEST_VALUE:  # ten that name each other ten times would fill any memory
                raise UndecodableError(f"{found['name']} must be at most {LONGEST_VALUE} characters")
            values[found["name"]] = value
            return ""
        return _with(values, found[0])

    return _DIRECTIVE.sub(put_in, _COMMENT.sub("", _read(path)))


def _with(values: dict[str, str], text: str) -> str:
    """`$KEY4` is `$KEY` and a 4 where no longer name is defined."""
    for name in sorted(values, key=len, reverse=True):
        text = text.replace(name, values[name])
    return text


def _read(path: Path) -> str:
    try:
        path = as_on_disk(path)
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise NotNowError(f"{path.name} must be a regular file")
        with path.open("rb") as file:
            return file.read(LONGEST_TEXT).decode("utf-8", "replace")
    except OSError as error:
        raise NotNowError(f"{path.name} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UndecodableError(f"#include must name a file, not {path.name[:40]!r}") from error
