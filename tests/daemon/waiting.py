"""Waits for what another thread or process will do."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(what: Callable[[], T | None], seconds: float = 10.0) -> T:
    """Returns the first answer that is true; fails after a while."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if answer := what():
            return answer
        time.sleep(0.01)
    raise AssertionError(f"did not happen within {seconds:g} s")
