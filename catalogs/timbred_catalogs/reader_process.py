"""The other end of a `Reader`: one job after the other, which may hang or crash without harm to the run."""

import importlib
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any

from timbred_catalogs.decode import NotNowError, UndecodableError

# A process that nobody asks anything ends; the next job starts another.
IDLE_SECONDS = 60.0
READY = "ready"


def main() -> None:
    """`argv`: the descriptor of the connection, and the module whose functions are the jobs."""
    connection: Connection[Any, Any] = Connection(int(sys.argv[1]))
    jobs = importlib.import_module(sys.argv[2])
    try:
        connection.send(READY)
        while connection.poll(IDLE_SECONDS):
            name, arguments, limit_seconds = connection.recv()
            # Its asker ends a job that takes too long; this ends one whose asker was killed meanwhile.
            signal.setitimer(signal.ITIMER_REAL, 2 * limit_seconds)
            connection.send(_answer(jobs, name, arguments))
            signal.setitimer(signal.ITIMER_REAL, 0)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the asker is gone


def _answer(jobs: ModuleType, name: str, arguments: tuple[Any, ...]) -> tuple[str, Any]:
    try:
        return "done", getattr(jobs, name)(*arguments)
    except NotNowError as error:
        return "not now", str(error)
    except UndecodableError as error:
        return "undecodable", str(error)
    except MemoryError:
        return "memory", None
    except Exception as error:  # told to the asker, who logs it
        return "failed", (repr(error), traceback.format_exc())


if __name__ == "__main__":
    main()
