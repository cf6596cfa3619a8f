"""What the user set is there again when Ardour opens the session, with the editor closed."""

from pathlib import Path

import pytest
from ardour_daemon import serving, wait_for
from ardour_engine import make_session, playing
from ardour_place import Place
from ardour_session import SessionFile

from timbred_bridge.osc import Message

MODE_FIT, CONTEXT_8_SECONDS, FROZEN = {0: 1.0}, {1: 6.0}, {2: 1.0}
NO_CHOICES = b"timbred-choices 1\nwords \n\0"


def set_choices(folder: Path, lines: str) -> bytes:
    """Writes the editor's choices into a saved session.

    Returns:
        The plugin's whole state.
    """
    session = SessionFile(folder)
    state = session.plugin_state()
    assert NO_CHOICES in state
    chosen = state.replace(NO_CHOICES, b"timbred-choices 1\n" + lines.encode() + b"\0")
    session.set_plugin_state(chosen)
    session.save()
    return chosen


def is_as_set(status: Message) -> bool:
    """Whether the daemon knows all that the session holds."""
    told = {name: status.values[name] for name in ("mode", "context_unit", "context_length", "frozen")}
    slots = set(status.text("slots").split(","))
    words = set(status.text("words").split())
    return (
        told == {"mode": "fit", "context_unit": "seconds", "context_length": 8.0, "frozen": 1}
        and slots == {"bass", "kick"}
        and words == {"deep", "warm"}
    )


@pytest.mark.host
def test_a_reopened_session_tells_the_daemon_what_the_user_set(place: Place, plugin: str) -> None:
    parameters = {**MODE_FIT, **CONTEXT_8_SECONDS, **FROZEN}
    session = make_session(place, "state", ["Empty"], plugin, parameters)
    state = set_choices(session, "words warm deep\nslot kick\nslot bass\ncount kick 7\n")
    command, told = playing(session, seconds=6)
    with serving(place), place.started(*command, name="ardour", more=told) as ardour:
        wait_for(place, "/timbred/status", is_as_set, seconds=30)
        assert ardour.wait(30) == 0, place.log("ardour")
    assert SessionFile(session).plugin_state() == state
