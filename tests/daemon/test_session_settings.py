"""What a client may set, and what is kept of what it says of sounds."""

from typing import Any

import pytest

from timbred.settings import MAX_VERDICTS, ContextLength, Settings, with_verdict


@pytest.mark.parametrize(
    ("unit", "length"),
    [("bars", 1.0), ("bars", 2.0), ("bars", 4.0), ("bars", 8.0), ("seconds", 1.0), ("seconds", 16.0)],
)
def test_these_are_context_lengths(unit: str, length: float) -> None:
    assert ContextLength(unit, length).length == length


@pytest.mark.parametrize(
    ("unit", "length", "rule"),
    [
        ("bars", 0.0, "1, 2, 4 or 8 bars, not 0"),
        ("bars", 16.0, "1, 2, 4 or 8 bars, not 16"),
        ("seconds", 0.9, "1..16 seconds, not 0.9"),
        ("seconds", 16.1, "1..16 seconds, not 16.1"),
        ("seconds", float("nan"), "1..16 seconds, not nan"),
        ("beats", 4.0, "unit must be bars or seconds, not 'beats'"),
    ],
)
def test_another_context_length_is_refused(unit: str, length: float, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        ContextLength(unit, length)


def test_as_many_rows_and_letters_as_the_rules_say_are_taken() -> None:
    settings = Settings(counts={"kick": 32, "snare": 1}, words=("a" * 250, "b" * 6))
    assert dict(settings.counts) == {"kick": 32, "snare": 1}


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"mode": "near"}, "mode must be match or fit, not 'near'"),
        ({"slots": ("kick", "gong")}, "slots must be of kick, .*, not 'gong'"),
        ({"counts": {"kick": 0}}, "count must be 1..32, not 0"),
        ({"words": ("a" * 250, "b" * 7)}, "words must have at most 256 characters in all, not 257"),
    ],
)
def test_another_setting_is_refused(given: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        Settings(**given)


def test_the_last_that_was_said_of_a_sound_holds_until_it_is_cleared() -> None:
    verdicts = with_verdict(with_verdict({}, "a", "pin"), "b", "reject")
    settings = Settings(verdicts=with_verdict(verdicts, "c", "pin"))
    assert (settings.pinned(), sorted(settings.rejected())) == (("a", "c"), ["b"])
    settings = Settings(verdicts=with_verdict(settings.verdicts, "a", "reject"))
    assert (settings.pinned(), sorted(settings.rejected())) == (("c",), ["a", "b"])
    assert dict(with_verdict(verdicts, "a", "clear")) == {"b": "reject"}
    assert with_verdict(verdicts, "unknown", "clear") == verdicts
    with pytest.raises(ValueError, match="verdict must be pin, reject or clear, not 'love'"):
        with_verdict(verdicts, "a", "love")


def test_of_too_many_verdicts_the_oldest_go() -> None:
    verdicts = {f"{number}": "reject" for number in range(MAX_VERDICTS)}
    newest = list(with_verdict(with_verdict(verdicts, "0", "pin"), "new", "pin"))
    assert len(newest) == MAX_VERDICTS
    assert (newest[0], newest[-2:]) == ("2", ["0", "new"])
