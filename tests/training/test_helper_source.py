"""A synthesizer that crashes or hangs costs one instrument, not the run."""

import logging
from collections.abc import Iterator
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

import pytest
from toy_synthesizer import CrashingSynthesizer, ToySynthesizer

from timbred_training.errors import TrainingError
from timbred_training.prepare import prepare
from timbred_training.sources.helper import HelperSource
from timbred_training.store import read_notes


@pytest.fixture
def source(tmp_path: Path) -> Iterator[HelperSource]:
    made = HelperSource(partial(ToySynthesizer, tmp_path), seconds=3.0)
    yield made
    made.close()


def test_a_helper_tells_what_its_source_is(source: HelperSource) -> None:
    assert (source.name, source.licence) == ("toy", "CC0-1.0")
    assert source.instruments() == ["crashes", "sounds", "hangs", "crashes once"]


def test_what_crashes_or_hangs_is_left_out_and_said_and_the_rest_is_prepared(
    source: HelperSource, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert prepare(source, tmp_path / "toy.lance") == 2
    assert set(read_notes(tmp_path / "toy.lance", ["instrument"])["instrument"]) == {"sounds", "crashes once"}
    assert caplog.messages == [
        "crashes must sound, and crashed the synthesizer: left out",
        "hangs must sound within 3 s, and did not: left out",
    ]


def test_one_that_crashed_but_once_is_played_by_a_fresh_helper(source: HelperSource) -> None:
    (note,) = source.render("crashes once")
    assert (note.instrument, len(note.audio), note.sample_rate) == ("crashes once", 8_000, 8_000)


@pytest.mark.parametrize(
    ("instrument", "reason"),
    [
        ("is refused", r"^a preset must be readable, and this one is not$"),
        ("has a bug", r"^has a bug must sound, and failed: KeyError\('family'\)$"),
    ],
)
def test_an_error_is_no_crash_and_stops_the_run(source: HelperSource, instrument: str, reason: str) -> None:
    with pytest.raises(TrainingError, match=reason):
        source.render(instrument)
    (note,) = source.render("sounds")
    assert note.instrument == "sounds"


def test_one_that_crashes_while_it_tells_is_left_out(
    source: HelperSource, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message cut short is an OSError; between the two tries the helper says what it is."""
    received, whole = [], Connection.recv

    def recv(pipe: Connection) -> Any:
        received.append(pipe)
        if len(received) % 2:
            raise OSError("got end of file during message")
        return whole(pipe)

    monkeypatch.setattr(Connection, "recv", recv)
    with caplog.at_level(logging.WARNING):
        assert source.render("sounds") == []
    assert caplog.messages == ["sounds must sound, and crashed the synthesizer: left out"]


def test_a_source_that_can_t_be_made_gives_its_own_reason(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"the folder must be there, and .*gone is not"):
        HelperSource(partial(ToySynthesizer, tmp_path / "gone"))


def test_one_that_crashes_while_it_opens_is_an_error() -> None:
    with pytest.raises(TrainingError, match="a synthesizer must open, and this one crashed"):
        HelperSource(cast(Any, CrashingSynthesizer))
