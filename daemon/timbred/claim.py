"""Makes sure that one daemon runs for each runtime folder, also where one was killed."""

import fcntl
import os
from pathlib import Path

from timbred.errors import DaemonError
from timbred_bridge.errors import RuntimeFolderError
from timbred_bridge.runtime import DaemonAddress

LOCK_NAME = "daemon.lock"


class Claim:
    """A lock on the runtime folder that the system takes back when the process ends, however it ends.

    Args:
        folder: The runtime folder.

    Raises:
        DaemonError: Another daemon has it.
    """

    def __init__(self, folder: Path) -> None:
        self._descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise DaemonError(f"a daemon runs already{_who(folder)}: 'timbred stop' ends it") from error

    def release(self) -> None:
        """Gives the folder free."""
        os.close(self._descriptor)


def _who(folder: Path) -> str:
    try:
        address = DaemonAddress.read(folder)
    except RuntimeFolderError:
        return ""
    return f" (process {address.pid}, port {address.port})" if address else ""
