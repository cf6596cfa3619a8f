"""A session's revisions, whatever the clock says."""

import time

import pytest

from timbred.packets import list_packets
from timbred.session import first_revision
from timbred_bridge import osc

YEAR_SECONDS = 31_556_952


@pytest.mark.parametrize("year", [1970, 2024, 2026, 2041, 2500])
def test_a_list_can_have_the_first_revisions_of_any_year(year: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: (year - 1970.0) * YEAR_SECONDS)
    revision = first_revision()
    for later in (revision + 1, revision + 1_000_000):
        (packet,) = list_packets("s" * 32, later, "match", [], [])
        assert osc.decode(packet).integer("revision") == later > 1


def test_revisions_grow_with_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_790_000_000.0)
    before = first_revision()
    monkeypatch.setattr(time, "time", lambda: 1_790_000_001.0)
    assert first_revision() == before + 4
