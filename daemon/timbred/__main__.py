"""The program: runs a command, and ends in order whatever comes between."""

import errno
import io
import os
import sys
from pathlib import Path

_INTERRUPTED_STATUS, _BROKEN_PIPE_STATUS, _USERS_STATUS = 130, 1, 2
_USERS_ERRNOS = (errno.EACCES, errno.EROFS, errno.ENAMETOOLONG)
"""What a disk refuses whoever asks for it."""


def main() -> None:
    """Runs a command; what the user can mend is one line and exit status 2, anything else shows its stack."""
    try:
        _run()
    except KeyboardInterrupt:  # before there was a command to take it
        sys.exit(_INTERRUPTED_STATUS)
    except (Exception, SystemExit) as end:
        if isinstance(end.__cause__, KeyboardInterrupt):  # what a library's import makes of Ctrl-C
            sys.exit(_INTERRUPTED_STATUS)
        if unwritten := _unwritten(end):
            sys.exit(_said_of(unwritten))
        if isinstance(end, SystemExit) or not _is_the_users(end):
            raise
        print(f"timbred: {end}", file=sys.stderr)
        sys.exit(_USERS_STATUS)


def _run() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # for a terminal that lacks a name's letters
    from timbred.cli import app

    app()


def _unwritten(end: BaseException) -> OSError | None:
    """Why the answer has not gone where it should."""
    if isinstance(end, OSError) and end.errno == errno.ENOSPC:
        return end
    if sys.stdout is None:  # nobody wanted the answer
        return None
    try:
        sys.stdout.flush()
    except OSError as error:
        return error
    return None


def _said_of(unwritten: OSError) -> int:
    """Tells it, but of a reader that had enough. What is left of the answer goes nowhere.

    Returns: the exit status.
    """
    if sys.stdout is not None:
        _leave_off()
    if unwritten.errno == errno.EPIPE:
        return _BROKEN_PIPE_STATUS
    print(f"timbred: cannot write: {unwritten.strerror}", file=sys.stderr)
    return _USERS_STATUS


def _leave_off() -> None:
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _is_the_users(error: Exception) -> bool:
    from timbred.errors import TimbredError
    from timbred_bridge.errors import BridgeError
    from timbred_catalogs.errors import CatalogError

    refused = isinstance(error, OSError) and error.errno in _USERS_ERRNOS
    return refused or isinstance(error, TimbredError | BridgeError | CatalogError)


if __name__ == "__main__":
    main()
