"""The runtime folder that plugin and daemon share, and the daemon's address in it."""

import json
import os
import secrets
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from timbred_bridge.errors import RuntimeFolderError

FOLDER_VARIABLE = "TIMBRED_RUNTIME_DIR"
ADDRESS_NAME = "daemon.json"
RING_SUFFIX = ".ring"
AUDITION_SUFFIX = ".audio"


def folder_path() -> Path:
    """Where the runtime folder is, whether it exists or not.

    `$TIMBRED_RUNTIME_DIR`, else `$XDG_RUNTIME_DIR/timbred`, else a folder of the user's own under the
    system's temporary one. The plugin follows the same rule (plugin/runtime_folder.cpp).
    """
    if chosen := os.environ.get(FOLDER_VARIABLE):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", tempfile.gettempdir())) / "timbred" / "run"
    if sys.platform == "darwin":
        return Path(os.environ.get("TMPDIR", "/tmp")) / "timbred"
    if session := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(session) / "timbred"
    in_memory = os.access("/dev/shm", os.W_OK)  # nothing there is ever written back to a disk
    return Path("/dev/shm" if in_memory else "/tmp") / f"timbred-{os.getuid()}"


def make_folder(folder: Path | None = None) -> Path:
    """The runtime folder, made with mode 0700 if need be.

    Args:
        folder: Where it is; by default where `folder_path` says.

    Raises:
        RuntimeFolderError: It can't be made, or another user owns it or may write to it.
    """
    folder = folder or folder_path()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
    except OSError as error:
        raise RuntimeFolderError(f"the runtime folder {folder} can't be made: {error}") from error
    if sys.platform != "win32" and (status.st_uid != os.getuid() or status.st_mode & 0o022):
        rule = f"the runtime folder {folder} must be yours alone"
        raise RuntimeFolderError(f"{rule}, not owner {status.st_uid} mode {status.st_mode & 0o777:o}")
    return folder


@dataclass(frozen=True)
class DaemonAddress:
    """Where the daemon listens, and the token without which it answers nobody."""

    pid: int
    port: int
    token: str
    protocol: int
    version: str

    def write(self, folder: Path) -> None:
        """Puts `daemon.json` in place in one step, readable by the user alone."""
        part = folder / f".{ADDRESS_NAME}.{secrets.token_hex(4)}"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(asdict(self), file)
            part.replace(folder / ADDRESS_NAME)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def keep(self, folder: Path) -> bool:
        """Writes `daemon.json` again where it is missing or another's, and says whether it was."""
        try:
            if DaemonAddress.read(folder) == self:
                return False
        except RuntimeFolderError:
            pass  # no daemon's address, so not this one either
        self.write(folder)
        return True

    @classmethod
    def read(cls, folder: Path) -> "DaemonAddress | None":
        """The address in a folder, or None where there is none.

        Raises:
            RuntimeFolderError: The file is there but is no daemon's address.
        """
        path = folder / ADDRESS_NAME
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            if not all(type(values[name]) is kind for name, kind in _ADDRESS_TYPES.items()):
                raise ValueError("another type than the address's")
            for name, most in (("pid", _MAX_PID), ("port", _MAX_PORT)):
                if not 1 <= values[name] <= most:
                    raise ValueError(f"{name} must be 1..{most}, not {values[name]}")
            address = cls(**{name: values[name] for name in _ADDRESS_TYPES})
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise RuntimeFolderError(f"{path} is no daemon's address: {error!r}") from error
        return address

    @staticmethod
    def remove(folder: Path, pid: int) -> None:
        """Takes `daemon.json` away if it is still this process's."""
        try:
            address = DaemonAddress.read(folder)
        except RuntimeFolderError:
            return
        if address is not None and address.pid == pid:
            (folder / ADDRESS_NAME).unlink(missing_ok=True)


_MAX_PID, _MAX_PORT = 2**31 - 1, 65535
_ADDRESS_TYPES: dict[str, type] = {
    "pid": int,
    "port": int,
    "token": str,
    "protocol": int,
    "version": str,
}
