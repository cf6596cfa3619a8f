"""The slots that the plugin offers are those that the daemon fills."""

from timbred.slots import SLOTS
from timbred_bridge import osc


def test_bridge_and_daemon_name_the_same_slots_in_the_same_order() -> None:
    assert tuple(slot.name for slot in SLOTS) == osc.SLOT_NAMES
