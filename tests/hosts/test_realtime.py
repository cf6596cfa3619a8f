"""On the audio thread the plugin allocates nothing, waits for nothing and asks the system for nothing."""

from pathlib import Path

import pytest
import realtime

pytestmark = pytest.mark.host
NOTHING = {"allocations": 0, "frees": 0, "locks": 0, "system_calls": 0}


def test_the_lv2_does_nothing_but_compute_in_20000_random_blocks_after_a_long_state(
    plugin_folder: Path,
) -> None:
    counts = realtime.lv2_counts(plugin_folder)
    assert counts.pop("blocks") == 20_000
    assert counts.pop("blocks_not_bit_exact") == 0
    counts.pop("last_system_call")
    assert counts == NOTHING


def test_the_lv2_host_counts_what_is_done_on_purpose(plugin_folder: Path) -> None:
    counts = realtime.lv2_counts(plugin_folder, "selftest")
    assert {counts[kind] for kind in NOTHING} == {1}


@pytest.mark.timeout(200)
def test_the_vst3_does_nothing_but_compute_in_20000_random_blocks(plugin_folder: Path) -> None:
    counts = realtime.vst3_counts(plugin_folder)
    assert counts["processing"] == NOTHING
    assert all(counts["activation"][kind] > 0 for kind in NOTHING), "what makes a ring must be seen"
