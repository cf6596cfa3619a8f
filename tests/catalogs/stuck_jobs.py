"""The jobs of a reader process, except that names of files say which of them hang, crash or vanish."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from timbred_catalogs import reading
from timbred_catalogs.hearing import Ear


def hear(path: str, ears: Sequence[Ear]) -> reading.Heard:
    name = Path(path).stem
    if name == "hangs":
        time.sleep(1000)
    if name == "aborts":
        os.abort()
    if name == "takes all memory":
        os.kill(os.getpid(), 9)
    if name == "exits":
        os._exit(3)
    if name == "vanishes":
        Path(path).unlink()
    if name == "grows":
        with Path(path).open("ab") as file:
            file.write(b"more")
    if name == "puzzles":
        raise ZeroDivisionError("by zero")
    return reading.hear(path, ears)


def process_id() -> int:
    return os.getpid()
