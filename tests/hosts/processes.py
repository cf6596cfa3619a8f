"""Ends the programs that host tests start, and all that those started."""

import os
import signal
import subprocess


def end(process: "subprocess.Popen[bytes]", patience_seconds: float = 5) -> None:
    """Asks a program's whole group to end, and ends it where it does not.

    Args:
        process: Started with `start_new_session=True`.
        patience_seconds: How long it may take.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(patience_seconds)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
