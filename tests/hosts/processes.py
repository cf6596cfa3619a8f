"""Starts the programs that host tests need, and ends them with all that those started."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager


@contextmanager
def ready_program(
    command: Sequence[str], *, stdin: int | None = None, environment: Mapping[str, str] | None = None
) -> Iterator["subprocess.Popen[str]"]:
    """A program that has said `ready` on its first line; it ends with the block."""
    program = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        yield program
    finally:
        program.kill()
        program.communicate()


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
