"""The OSC table: every row survives the codec, and nothing else does."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc.osc_message_builder import OscMessageBuilder

from timbred_bridge import osc
from timbred_bridge.errors import PacketError

VALUES: dict[str, st.SearchStrategy[osc.Value]] = {
    "i": st.integers(-(2**31), 2**31 - 1),
    "h": st.integers(-(2**63), 2**63 - 1),
    "f": st.floats(width=32, allow_nan=False, allow_infinity=False),
    "s": st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
}


def some(arguments: tuple[osc.Argument, ...]) -> st.SearchStrategy[tuple[osc.Value, ...]]:
    return st.tuples(*(VALUES[argument.type] for argument in arguments))


@pytest.mark.parametrize("row", osc.TABLE, ids=lambda row: row.address)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_row_comes_back_from_its_packet(row: osc.Row, data: st.DataObject) -> None:
    values = data.draw(some(row.arguments))
    groups = data.draw(st.lists(some(row.repeat), max_size=4)) if row.repeat else []
    message = osc.decode(osc.encode(row.address, *values, groups=groups))
    assert message.address == row.address
    assert tuple(message.values.values()) == values
    assert [tuple(group.values()) for group in message.groups] == groups


@pytest.mark.parametrize(
    ("packet", "complaint"),
    [
        (b"", "address and type tags"),
        (b"#bundle\0", "address and type tags"),
        (b"/timbred/ping", "address and type tags"),
        (b"/timbred/nothing\0\0\0\0,\0\0\0", "no message has the address"),
        (b"/timbred/stop\0\0\0,s\0\0", "not an OSC message"),
        (b"/timbred/stop\0\0\0,i\0\0\0\0\0\0", "takes ,s, not ',i'"),
        (b"x" * 8193, "within 8192 bytes, not 8193"),
    ],
)
def test_a_broken_packet_is_refused_by_name(packet: bytes, complaint: str) -> None:
    with pytest.raises(PacketError, match=complaint):
        osc.decode(packet)


def test_a_group_cut_short_is_refused() -> None:
    builder = OscMessageBuilder("/timbred/suggestions")
    head: list[tuple[osc.Value, str]] = [("0" * 32, "s"), (1, "i"), (0, "i"), (1, "i"), ("match", "s")]
    for value, tag in [*head, ("kick", "s")]:
        builder.add_arg(value, tag)
    with pytest.raises(PacketError, match="takes"):
        osc.decode(builder.build().dgram)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_float_that_is_no_number_is_refused(value: float) -> None:
    packet = osc.encode("/timbred/context", "token", "session", "bars", value)
    with pytest.raises(PacketError, match="finite"):
        osc.decode(packet)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=256))
def test_any_bytes_are_a_message_or_a_packet_error(packet: bytes) -> None:
    try:
        osc.decode(b"/timbred/ping\0\0\0,ssi\0\0\0\0" + packet)
    except PacketError:
        return
    assert packet


@pytest.mark.parametrize(
    "call",
    [
        lambda: osc.encode("/timbred/ping", "token"),
        lambda: osc.encode("/timbred/ping", "token", "session", "one"),
        lambda: osc.encode("/timbred/ping", "token", "session", 2**31),
        lambda: osc.encode("/timbred/stop", "t" * 9000),
    ],
)
def test_a_message_that_breaks_its_row_is_not_encoded(call: Callable[[], bytes]) -> None:
    with pytest.raises(PacketError):
        call()


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 250)), max_size=60),
)
def test_a_list_in_parts_fits_its_packets_and_loses_no_row(sizes: list[tuple[int, int]]) -> None:
    groups = [
        ("lead", rank, "0" * 32, "é" * (name // 2), "pack", "lead", 0.5, 0, "why", "/" + "p" * path)
        for rank, (path, name) in enumerate(sizes, 1)
    ]
    parts = osc.in_parts(groups)
    assert [row for part in parts for row in part] == groups
    for number, part in enumerate(parts):
        osc.encode("/timbred/suggestions", "0" * 32, 1, number, len(parts), "match", groups=part)


def test_a_long_list_of_short_rows_in_parts_fits_its_packets() -> None:
    groups = [("keys", n, "0" * 32, "abc", "pack", "keys", 0.5, 0, "why", "/wav") for n in range(1, 300)]
    parts = osc.in_parts(groups)
    packets = [
        osc.encode("/timbred/suggestions", "0" * 32, 1, n, len(parts), "match", groups=part)
        for n, part in enumerate(parts)
    ]
    assert max(map(len, packets)) > osc.MAX_PACKET_BYTES // 2


def test_what_is_more_or_less_than_a_rows_arguments_is_not_sent_and_not_taken() -> None:
    with pytest.raises(PacketError, match="takes"):
        osc.encode("/timbred/suggestions", "0" * 32, 1, 0, 1, "match", groups=[("lead", 1)])
    longer = OscMessageBuilder("/timbred/stop")
    for value in ("token", 1):
        longer.add_arg(value)
    with pytest.raises(PacketError, match="/timbred/stop takes"):
        osc.decode(longer.build().dgram)


def test_a_string_with_a_zero_is_not_sent() -> None:
    with pytest.raises(PacketError, match="a string must be one without zeros"):
        osc.encode("/timbred/stop", "to\0ken")
