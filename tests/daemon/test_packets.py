"""Lists and status as packets."""

import os
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from urllib.parse import unquote_to_bytes

import pytest
from library_of_tones import sound

from timbred.packets import list_packets, report_packet, status_packet
from timbred.pool import Pool
from timbred.rank import Row
from timbred.session import Listed, Session
from timbred.source import Source
from timbred_bridge import osc


def row(number: int, name: str = "Deep") -> Row:
    """A row with a sound."""
    return Row("bass", number, sound(number, name=name), 0.5, False, "nearest of 3 bass sounds", 0.5)


def test_a_long_list_comes_in_numbered_parts_below_the_limit() -> None:
    rows = [row(number, "x" * 150) for number in range(60)]
    packets = list_packets("s" * 32, 7, "match", rows, [f"/sounds/{number}.wav" for number in range(60)])
    messages = [osc.decode(packet) for packet in packets]
    assert len(packets) > 1 and all(len(packet) <= osc.MAX_PACKET_BYTES for packet in packets)
    assert [m.integer("part") for m in messages] == list(range(len(packets)))
    assert {m.integer("parts") for m in messages} == {len(packets)}
    assert [g["rank"] for m in messages for g in m.groups] == list(range(60))


def test_an_empty_slot_is_a_row_without_a_sound() -> None:
    (packet,) = list_packets("s", 1, "match", [Row("kick", 0, None, 0.0, False, "no kick", 0.0)], [""])
    (group,) = osc.decode(packet).groups
    assert (group["slot"], group["sound"], group["why"]) == ("kick", "", "no kick")


def test_an_empty_list_is_one_part() -> None:
    (packet,) = list_packets("s", 1, "match", [], [])
    assert osc.decode(packet).integer("parts") == 1


def test_a_name_that_is_not_utf8_is_printable() -> None:
    broken = replace(row(1), sound=replace(sound(1), name="a\udcff", pack="p\udcfe"))
    (packet,) = list_packets("s", 1, "match", [broken], ["/x/a.wav"])
    (group,) = osc.decode(packet).groups
    assert (group["name"], group["pack"]) == ("a\\xff", "p\\xfe")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/x/Größe #2 100%.wav", "/x/Größe #2 100%.wav"),
        ("/x/Caf\udce9 #2.wav", "file:///x/Caf%E9%20%232.wav"),
        ("/x/a\nb\x7f ü.wav", "file:///x/a%0Ab%7F%20%C3%BC.wav"),
        ("", ""),
    ],
)
def test_a_file_is_told_so_that_it_can_be_opened_whatever_its_name(path: str, told: str) -> None:
    (packet,) = list_packets("s", 1, "match", [row(1)], [path])
    assert osc.decode(packet).groups[0]["path"] == told
    if told.startswith("file://"):
        assert os.fsdecode(unquote_to_bytes(told.removeprefix("file://"))) == path


def test_a_very_long_name_is_shortened() -> None:
    (packet,) = list_packets("s", 1, "match", [row(1, "n" * 5000)], ["/x.wav"])
    assert len(str(osc.decode(packet).groups[0]["name"])) == 200


@pytest.mark.parametrize(("rows", "revision"), [((), 0), ((row(1),), 7)])
def test_status_and_report_name_no_list_that_there_is_not(rows: tuple[Row, ...], revision: int) -> None:
    source = cast(Source, SimpleNamespace(sample_rate=48_000))
    session = Session("s" * 32, "host", 1, Path("a.ring"), source, None, Pool(()))
    session.listed = Listed(7, rows=rows)
    report = report_packet(time.monotonic(), "/catalog", 3, "model", 0, "", [(session, "listening")])
    status = status_packet(session, ("listening", ""), 3, "model", 0)
    (group,) = osc.decode(report).groups
    assert (group["revision"], osc.decode(status).integer("revision")) == (revision, revision)
