"""What the user set is there again when Ardour opens the session, with the editor closed."""

import pytest
from ardour_daemon import serving, wait_for
from ardour_engine import make_session, playing
from ardour_place import Place
from ardour_session import SessionFile

from timbred_bridge.osc import Message

pytestmark = [pytest.mark.host, pytest.mark.timeout(300)]

MODE_FIT, CONTEXT_8_SECONDS, FROZEN = {0: 1.0}, {1: 6.0}, {2: 1.0}


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


def test_a_reopened_session_tells_the_daemon_what_the_user_set(place: Place, plugin: str) -> None:
    parameters = {**MODE_FIT, **CONTEXT_8_SECONDS, **FROZEN}
    session = make_session(place, "state", ["Empty"], plugin, parameters)
    edited = SessionFile(session)
    state = edited.set_choices("words warm deep\nslot kick\nslot bass\ncount kick 7\n")
    edited.save()
    command, told = playing(session, seconds=6)
    with serving(place), place.started(*command, name="ardour", more=told) as ardour:
        wait_for(place, "/timbred/status", is_as_set, seconds=30)
        assert ardour.wait(30) == 0, place.log("ardour")
    assert SessionFile(session).plugin_state() == state
