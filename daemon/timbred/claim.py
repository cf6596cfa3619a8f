"""Makes sure that one daemon runs for each runtime folder and can be found, also where one was killed."""

import fcntl
import logging
import os
import threading
from pathlib import Path

from timbred.errors import DaemonError
from timbred.part import Part
from timbred_bridge.errors import RuntimeFolderError
from timbred_bridge.runtime import DaemonAddress, make_folder

LOCK_NAME = "daemon.lock"
KEEP_SECONDS = 1.0

log = logging.getLogger(__name__)


class Claim:
    """A lock on the runtime folder that the system takes back when the process ends, however it ends.

    What lies in the folder may be swept away while the daemon runs, as some systems do at a logout:
    `keep` puts it back. Safe from several threads.

    Args:
        folder: The runtime folder.

    Raises:
        DaemonError: Another daemon has it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor = _locked(folder)
        self._address: DaemonAddress | None = None
        self._at_work = threading.Lock()

    def announce(self, address: DaemonAddress) -> None:
        """Writes `daemon.json`, which stays until `withdraw`.

        Raises:
            DaemonError: Another daemon has the folder by now.
            RuntimeFolderError: The folder can't be used.
        """
        self._address = address
        self.keep()

    def keep(self) -> None:
        """Puts back what is gone of folder, lock and `daemon.json` while the daemon is announced.

        Raises:
            DaemonError: The lock was swept away and another daemon has it now.
            RuntimeFolderError: The folder can't be used.
        """
        with self._at_work:
            if self._address is None:
                return
            make_folder(self._folder)
            if not _lies_in(self._folder, self._descriptor):
                swept, self._descriptor = self._descriptor, _locked(self._folder)
                os.close(swept)
                log.warning("the lock of %s was gone: it is taken anew", self._folder)
            if self._address.keep(self._folder):
                log.info("the daemon's address is in %s", self._folder)

    def withdraw(self) -> None:
        """Takes `daemon.json` away."""
        with self._at_work:
            if self._address is not None:
                DaemonAddress.remove(self._folder, self._address.pid)
                self._address = None

    def release(self) -> None:
        """Gives the folder free."""
        os.close(self._descriptor)


class ClaimKeeper(Part):
    """Keeps a claim, once a second; a thread of its own, since the caretaker may wait for a catalogue.

    Args:
        claim: What is kept.
        stop: Set to end the daemon where another has the folder.
    """

    name = "claim keeper"

    def __init__(self, claim: Claim, stop: threading.Event) -> None:
        super().__init__()
        self._claim = claim
        self._stop = stop
        self._hidden = False

    def turn(self) -> None:
        """Looks once, then sleeps."""
        try:
            self._claim.keep()
        except DaemonError:
            log.error("another daemon has taken the runtime folder: this one ends")
            self._stop.set()
        except (OSError, RuntimeFolderError) as error:
            if not self._hidden:
                log.warning("nobody can find the daemon until this is mended: %s", error)
            self._hidden = True
        else:
            self._hidden = False
        self.stopping.wait(KEEP_SECONDS)


def _locked(folder: Path) -> int:
    """The folder's lock file, open and locked.

    Raises:
        DaemonError: Another daemon has it.
    """
    while True:
        descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise DaemonError(f"a daemon runs already{_who(folder)}: 'timbred stop' ends it") from error
        if _lies_in(folder, descriptor):
            return descriptor
        os.close(descriptor)  # swept away before it was locked: another daemon may lock the next file


def _lies_in(folder: Path, descriptor: int) -> bool:
    """Whether an open lock file is still the folder's."""
    try:
        return os.path.samestat(os.fstat(descriptor), (folder / LOCK_NAME).stat())
    except FileNotFoundError:
        return False


def _who(folder: Path) -> str:
    try:
        address = DaemonAddress.read(folder)
    except RuntimeFolderError:
        return ""
    return f" (process {address.pid}, port {address.port})" if address else ""
