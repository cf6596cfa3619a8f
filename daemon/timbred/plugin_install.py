"""Copies the built plugin into the user's plugin folders."""

import secrets
import shutil
from pathlib import Path

from timbred.errors import TimbredError

FOLDERS = {".vst3": ".vst3", ".clap": ".clap", ".lv2": ".lv2"}
"""Where hosts look below the user's home, by a plugin's ending."""

_PACKAGE = Path(__file__).parent
_SOURCES = (_PACKAGE / "plugin", _PACKAGE.parent.parent / "build" / "plugin" / "bin")


def install_plugins(source: Path | None = None, home: Path | None = None) -> list[Path]:
    """Copies each format; an older copy is replaced in one step.

    Args:
        source: Folder with the built plugin; by default the package's own, or a clone's build.
        home: Whose folders; the user's by default.

    Returns:
        What is installed now.

    Raises:
        TimbredError: Nothing was built, or a folder can't be written.
    """
    places = (source,) if source else _SOURCES
    built = next((found for place in places if (found := _built_in(place))), [])
    if not built:
        looked = " or ".join(map(str, places))
        raise TimbredError(f"there is no built plugin in {looked}: run scripts/setup")
    return [_copy(path, (home or Path.home()) / FOLDERS[path.suffix]) for path in built]


def _built_in(folder: Path) -> list[Path]:
    return sorted(path for suffix in FOLDERS for path in folder.glob(f"timbred*{suffix}"))


def _copy(built: Path, folder: Path) -> Path:
    target = folder / built.name
    part = folder / f".{built.name}.{secrets.token_hex(4)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if built.is_dir():
            shutil.copytree(built, part, symlinks=True)
            shutil.rmtree(target, ignore_errors=True)
        else:
            shutil.copy2(built, part)
        part.replace(target)
    except OSError as error:
        raise TimbredError(f"{target} can't be written: {error}") from error
    return target
