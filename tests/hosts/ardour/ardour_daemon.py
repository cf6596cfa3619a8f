"""The real daemon in a test's place: started, asked, killed."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from ardour_place import Place

from timbred.client import Client
from timbred_bridge.osc import Message
from timbred_bridge.runtime import DaemonAddress


@contextmanager
def serving(place: Place, name: str = "daemon") -> Iterator["subprocess.Popen[bytes]"]:
    """`timbred serve`, ready for plugins."""
    with place.started(sys.executable, "-m", "timbred", "serve", name=name) as process:
        end = time.monotonic() + 20
        while (address := DaemonAddress.read(place.runtime)) is None or address.pid != process.pid:
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"the daemon does not start\n{place.log(name)[-4000:]}")
            time.sleep(0.02)
        yield process


def wait_for(
    place: Place, address: str, wanted: Callable[[Message], bool], seconds: float, session: str = ""
) -> Message:
    """The first message of an address, as the daemon sends plugins, that is as wanted.

    Args:
        place: Where the daemon runs.
        address: As in `/timbred/status`.
        wanted: Whether a message is the one.
        seconds: After which the test fails.
        session: Of this session only; any by default.
    """
    end = time.monotonic() + seconds
    newest = None
    daemon = DaemonAddress.read(place.runtime)
    assert daemon is not None, "no daemon runs"
    with Client(daemon) as client:
        for message in client.watch(session):
            if message is not None and message.address == address:
                newest = message
                if wanted(message):
                    return message
            if time.monotonic() > end:
                break
    pytest.fail(f"the daemon must send such a {address} within {seconds:g} s; the newest was {newest}")
