"""How many rows a slot shows: what a client may set, and what it may not."""

from dataclasses import replace

import pytest

from timbred.settings import Settings, with_count


def test_a_count_stays_until_it_is_the_default_again() -> None:
    counts = with_count(with_count(Settings().counts, "kick", 12), "snare", 3)
    assert dict(counts) == {"kick": 12, "snare": 3}
    assert dict(with_count(counts, "kick", 0)) == {"snare": 3}
    assert dict(with_count(with_count(counts, "kick", 0), "kick", 0)) == {"snare": 3}


@pytest.mark.parametrize(
    ("slot", "count", "rule"),
    [
        ("kick", 33, "count must be 1..32, not 33"),
        ("kick", -1, "count must be 1..32, not -1"),
        ("gong", 3, "slots must be of .*, not 'gong'"),
        ("gong", 0, "slots must be of .*, not 'gong'"),
    ],
)
def test_a_count_outside_the_rules_is_refused(slot: str, count: int, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        replace(Settings(), counts=with_count({}, slot, count))
