"""Reader processes: whatever touches the content of a user's file happens there, each file within a time.

A decoder that crashes takes its process with it, one that hangs has it ended; the file is unreadable then,
and the next one gets a new process.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
from multiprocessing.connection import Connection
from typing import Any

from timbred_catalogs.decode import NotNowError, UndecodableError
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.reader_process import READY

JOBS = "timbred_catalogs.reading"
START_SECONDS = 120.0
LEAST_SECONDS = 20.0
BYTES_A_SECOND = 5_000_000
# An instrument is loaded before it plays, a plugin with all that its maker does then.
LOAD_SECONDS = 40.0


class ReadFailedError(Exception):
    """A job raised what it should not; the message is the error, the notes hold its stack."""


class _EndedIdleError(Exception):
    """The process ended for want of work at the moment when there was some."""


def limit_seconds(size_bytes: int) -> float:
    """How long a file may take: the larger, the longer."""
    return LEAST_SECONDS + size_bytes / BYTES_A_SECOND


class Reader:
    """One reader process, for one caller at a time.

    Raises: CatalogError where it cannot be started.
    """

    def __init__(self, jobs: str) -> None:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "timbred_catalogs.reader_process", str(theirs.fileno()), jobs]
        try:
            with theirs:
                self._process = subprocess.Popen(
                    command,
                    env=_environment(),
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,  # decoders and plugins write their doubts there
                    start_new_session=True,  # the terminal's Ctrl-C is the run's
                )
        except OSError as error:  # not the file's, whose own errors are of this kind, too
            ours.close()
            raise CatalogError(f"a reader process cannot be started: {error}") from error
        self._connection: Connection[Any, Any] = Connection(ours.detach())
        if not self._is_ready():
            self.close()
            raise CatalogError(f"a reader process cannot be started: {' '.join(command)}")

    def _is_ready(self) -> bool:
        try:
            return self._connection.poll(START_SECONDS) and self._connection.recv() == READY
        except (EOFError, OSError):
            return False

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, job: str, arguments: tuple[Any, ...], limit: float) -> Any:
        """Raises: as `Readers.ask`; after the first two `is_alive` may be false."""
        try:
            self._connection.send((job, arguments, limit))
            if not self._connection.poll(limit):
                self.close()
                raise UndecodableError(f"took longer than {limit:.0f} s")
            kind, said = self._connection.recv()
        except (EOFError, OSError) as error:
            raise self._death() from error
        if kind == "not now":
            raise NotNowError(said)
        if kind == "undecodable":
            raise UndecodableError(said)
        if kind == "memory":
            raise MemoryError
        if kind == "failed":
            failed = ReadFailedError(said[0])
            failed.add_note(said[1])
            raise failed
        return said

    def _death(self) -> Exception:
        """What the end of the process says of the file that it was reading."""
        status = self._process.wait()
        self.close()
        if status == 0:
            return _EndedIdleError()
        if status == -signal.SIGKILL:  # the system's answer to one that takes all memory
            return MemoryError()
        said = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        if status == -signal.SIGTERM:  # as at the end of a login: no decoder does that
            return NotNowError(f"the decoder was ended ({said})")
        return UndecodableError(f"the decoder crashed ({said})")

    def close(self) -> None:
        """Ends the process, whatever it is at."""
        self._process.kill()
        self._process.wait()
        self._connection.close()


class Readers:
    """As many reader processes as are asked at once; idle ones are used again. Safe from several threads.

    `jobs` names the module whose functions are the jobs.
    """

    def __init__(self, jobs: str = JOBS) -> None:
        self._jobs = jobs
        self._idle: list[Reader] = []
        self._lock = threading.Lock()

    def ask(self, job: str, *arguments: Any, limit: float) -> Any:
        """What the job returns.

        Raises:
            UndecodableError: The job's own, or it crashed, or took longer than `limit` seconds.
            MemoryError: There was not enough.
            ReadFailedError: The job raised anything else.
        """
        reader = self._take()
        try:
            return reader.ask(job, arguments, limit)
        except _EndedIdleError:
            reader = Reader(self._jobs)
            return reader.ask(job, arguments, limit)
        finally:
            self._put_back(reader)

    def _take(self) -> Reader:
        with self._lock:
            self._idle = [reader for reader in self._idle if reader.is_alive()]
            if self._idle:
                return self._idle.pop()
        return Reader(self._jobs)

    def _put_back(self, reader: Reader) -> None:
        with self._lock:
            if reader.is_alive():
                self._idle.append(reader)

    def close(self) -> None:
        """Ends the idle ones; the next job starts a new one."""
        with self._lock:
            for reader in self._idle:
                reader.close()
            self._idle = []


def _environment() -> dict[str, str]:
    """The same modules as here; one thread each, for a run has a reader for every core."""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


READERS = Readers()
"""Those of this process, shared by its runs."""
