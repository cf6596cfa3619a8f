"""The version of the installed distribution."""

from importlib.metadata import PackageNotFoundError, version


def _installed() -> str:
    try:
        return version("timbred")
    except PackageNotFoundError:
        return "0 (not installed)"


VERSION = _installed()
