"""Packs and unpacks the messages of the OSC table: bytes in, checked values out, never a socket."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from types import MappingProxyType
from typing import Any, TypeAlias

from pythonosc.osc_message import OscMessage, ParseError
from pythonosc.parsing import osc_types

from timbred_bridge.errors import PacketError
from timbred_bridge.osc_table import (
    MAX_PACKET_BYTES,
    PROTOCOL,
    ROW,
    SLOT_NAMES,
    TABLE,
    Argument,
    Direction,
    Row,
    signature,
)

__all__ = [
    "MAX_PACKET_BYTES",
    "PROTOCOL",
    "SLOT_NAMES",
    "TABLE",
    "Argument",
    "Direction",
    "Message",
    "Row",
    "Value",
    "decode",
    "encode",
    "in_parts",
]

Value: TypeAlias = int | float | str


@dataclass(frozen=True)
class Message:
    """A checked message: the row's arguments by name, and its repeated groups; none can be changed."""

    address: str
    values: Mapping[str, Value]
    groups: tuple[Mapping[str, Value], ...] = ()

    def text(self, name: str) -> str:
        """The string argument of that name."""
        value = self.values[name]
        assert isinstance(value, str)
        return value

    def integer(self, name: str) -> int:
        """The integer argument of that name."""
        value = self.values[name]
        assert isinstance(value, int)
        return value

    def number(self, name: str) -> float:
        """The float argument of that name."""
        value = self.values[name]
        assert isinstance(value, float)
        return value


def encode(address: str, *values: Value, groups: Sequence[Sequence[Value]] = ()) -> bytes:
    """One packet.

    Args:
        address: A row's address.
        values: The row's arguments, in order.
        groups: The repeated groups, each in order.

    Raises:
        PacketError: No such row, other arguments than the row's, or over 8 KiB.
    """
    row = _row(address)
    if len(values) != len(row.arguments) or any(len(group) != len(row.repeat) for group in groups):
        raise PacketError(f"{address} takes {len(row.arguments)} arguments, not {len(values)}")
    tags = "".join(a.type for a in row.arguments) + "".join(a.type for a in row.repeat) * len(groups)
    flat = [*values, *(value for group in groups for value in group)]
    try:
        body = b"".join(map(_argument_bytes, tags, flat))
    except (osc_types.BuildError, ValueError, OverflowError) as error:
        raise PacketError(f"{address} can't be encoded: {error}") from error
    packet = osc_types.write_string(address) + osc_types.write_string("," + tags) + body
    if len(packet) > MAX_PACKET_BYTES:
        raise PacketError(f"a packet must stay within {MAX_PACKET_BYTES} bytes, not {len(packet)}")
    return packet


def decode(packet: bytes) -> Message:
    """The message in a packet, checked against its row.

    Raises:
        PacketError: No OSC message, no row of the table, or other arguments than the row's.
    """
    if len(packet) > MAX_PACKET_BYTES:
        raise PacketError(f"a packet must stay within {MAX_PACKET_BYTES} bytes, not {len(packet)}")
    address, tags = _head(packet)
    row = _row(address)
    if not _fits(row, tags):
        raise PacketError(f"{address} takes {signature(row)}, not {',' + tags[:64]!r}")
    parameters = _parameters(packet)
    fixed = len(row.arguments)
    names = [a.name for a in row.arguments]
    size = max(1, len(row.repeat))
    repeated = [a.name for a in row.repeat]
    groups = tuple(_named(repeated, parameters[i : i + size]) for i in range(fixed, len(parameters), size))
    return Message(address, _named(names, parameters[:fixed]), groups)


def _named(names: Sequence[str], values: Sequence[Value]) -> Mapping[str, Value]:
    return MappingProxyType(dict(zip(names, values, strict=True)))


def in_parts(groups: Sequence[Sequence[Value]], head_bytes: int = 256) -> list[list[Sequence[Value]]]:
    """Splits a list's groups so that each part stays within a packet; at least one part.

    Args:
        groups: Rows in the order of the list.
        head_bytes: What the address and the fixed arguments may take.
    """
    parts: list[list[Sequence[Value]]] = [[]]
    room = MAX_PACKET_BYTES - head_bytes
    for group in groups:
        size = sum(_encoded_bytes(value) for value in group)
        if parts[-1] and size > room:
            parts.append([])
            room = MAX_PACKET_BYTES - head_bytes
        parts[-1].append(group)
        room -= size
    return parts


def _row(address: str) -> Row:
    if address not in ROW:
        raise PacketError(f"no message has the address {address[:64]!r}")
    return ROW[address]


def _head(packet: bytes) -> tuple[str, str]:
    """A packet's address and type tags, read before any argument so that no unknown type is parsed."""
    address, _, rest = packet.partition(b"\0")
    tags, end, _ = rest.lstrip(b"\0").partition(b"\0")
    if not end or not address.startswith(b"/") or not tags.startswith(b","):
        raise PacketError("an OSC message must have an address and type tags")
    return address.decode("ascii", "replace"), tags[1:].decode("ascii", "replace")


def _fits(row: Row, tags: str) -> bool:
    fixed = "".join(a.type for a in row.arguments)
    repeated = "".join(a.type for a in row.repeat)
    if not tags.startswith(fixed):
        return False
    rest = tags[len(fixed) :]
    return rest == repeated * (len(rest) // len(repeated)) if repeated else not rest


def _parameters(packet: bytes) -> list[Value]:
    try:
        values: list[Value] = list(OscMessage(packet).params)
    except (ParseError, ValueError, IndexError) as error:
        raise PacketError(f"not an OSC message: {error}") from error
    if any(isinstance(value, float) and not isfinite(value) for value in values):
        raise PacketError("a float must be finite")
    return values


def _argument_bytes(tag: str, value: Value) -> bytes:
    if isinstance(value, str) and "\0" in value:
        raise ValueError(f"a string must be one without zeros, not {value!r}")
    return _WRITE[tag](value)


# Not OscMessageBuilder: it parses what it has built again, which takes six times as long.
_WRITE: Mapping[str, Callable[[Any], bytes]] = {
    "i": osc_types.write_int,
    "h": osc_types.write_int64,
    "f": osc_types.write_float,
    "s": osc_types.write_string,
}


def _encoded_bytes(value: Value) -> int:
    """Bytes of an argument and its tag: a string ends in 1 to 4 zeros, a number takes at most 8."""
    if isinstance(value, str):
        return len(value.encode()) // 4 * 4 + 4 + 1
    return 9
