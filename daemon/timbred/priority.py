"""How far the daemon stands back behind the DAW."""

import os
import sys
from contextlib import suppress

import psutil


def stand_back(nice: int) -> None:
    """Lowers the priority of this process by `nice`, as the command does, with all threads that it has.

    On Linux a priority is each thread's own; those that are started later inherit it.
    """
    if sys.platform != "linux":
        os.nice(nice)
        return
    wanted = min(19, os.getpriority(os.PRIO_PROCESS, 0) + nice)
    for thread in psutil.Process().threads():
        with suppress(ProcessLookupError):  # ended meanwhile
            os.setpriority(os.PRIO_PROCESS, thread.id, wanted)
