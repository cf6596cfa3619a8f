"""The OSC surface: one table of messages, and the codec, the checks and docs/osc.md made from it.

A message's arguments are those of its row, in order; a row with `repeat` goes on with any number of
groups of these. The codec takes and gives bytes: it never touches a socket.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Any, TypeAlias

from pythonosc.osc_message import OscMessage, ParseError
from pythonosc.parsing import osc_types

from timbred_bridge.errors import PacketError

PROTOCOL = 1
MAX_PACKET_BYTES = 8192
SLOT_NAMES = (
    "kick",
    "snare",
    "clap",
    "hat",
    "tom",
    "cymbal",
    "percussion",
    "bass",
    "keys",
    "guitar",
    "strings",
    "brass",
    "wind",
    "lead",
    "pad",
    "pluck",
    "mallet",
    "vocal",
    "effect",
)
"""The slots of a list, in its order."""

Value: TypeAlias = int | float | str


class Direction(StrEnum):
    """Who sends a message."""

    TO_DAEMON = "to the daemon"
    FROM_DAEMON = "from the daemon"


@dataclass(frozen=True)
class Argument:
    """One argument: `type` is OSC's tag (`i` int32, `h` int64, `f` float32, `s` UTF-8 string)."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True)
class Row:
    """One message of the table."""

    address: str
    direction: Direction
    meaning: str
    arguments: tuple[Argument, ...]
    repeat: tuple[Argument, ...] = ()


def _a(name: str, tag: str, meaning: str) -> Argument:
    return Argument(name, tag, meaning)


_TOKEN = _a("token", "s", "from daemon.json; a packet with another is dropped")
_SESSION = _a("session", "s", "the plugin instance: 32 hexadecimal digits, as in its ring")
_REPLY = _a("reply_port", "i", "UDP port on 127.0.0.1 to which the daemon answers")
_CONTEXT = (
    _a("context_unit", "s", "bars or seconds"),
    _a("context_length", "f", "1, 2, 4 or 8 bars, or 1..16 seconds"),
)
_IN = Direction.TO_DAEMON
_OUT = Direction.FROM_DAEMON

TABLE: tuple[Row, ...] = (
    Row(
        "/timbred/hello",
        _IN,
        "A plugin instance is here, or says everything again; answered by welcome or error.",
        (
            _TOKEN,
            _SESSION,
            _REPLY,
            _a("protocol", "i", f"version of this table, now {PROTOCOL}"),
            _a("ring", "s", "path of the ring's file, inside the runtime folder"),
            _a("host", "s", "the host's name, for people"),
            _a("version", "s", "the plugin's version, for people"),
        ),
    ),
    Row("/timbred/bye", _IN, "The instance goes; its session ends.", (_TOKEN, _SESSION)),
    Row(
        "/timbred/ping",
        _IN,
        "Once a second; answered by status. Suggestions that the instance lacks are sent again.",
        (_TOKEN, _SESSION, _a("revision", "i", "last revision received whole, 0 for none")),
    ),
    Row(
        "/timbred/mode",
        _IN,
        "What to rank by.",
        (_TOKEN, _SESSION, _a("mode", "s", "match (sounds like it) or fit (belongs with it)")),
    ),
    Row("/timbred/context", _IN, "How much of the music to hear.", (_TOKEN, _SESSION, *_CONTEXT)),
    Row(
        "/timbred/slots",
        _IN,
        "Which slots to fill.",
        (
            _TOKEN,
            _SESSION,
            _a("slots", "s", f"of {', '.join(SLOT_NAMES)}, with commas between; empty for all"),
        ),
    ),
    Row(
        "/timbred/words",
        _IN,
        "Words that suggestions must have in their name, pack, role or tags.",
        (_TOKEN, _SESSION, _a("words", "s", "words with spaces between; empty for no such wish")),
    ),
    Row(
        "/timbred/freeze",
        _IN,
        "Holds the list as it is, or lets it follow the music again.",
        (_TOKEN, _SESSION, _a("frozen", "i", "1 or 0")),
    ),
    Row(
        "/timbred/more",
        _IN,
        "How many suggestions a slot shows.",
        (_TOKEN, _SESSION, _a("slot", "s", "a slot's name"), _a("count", "i", "1..32")),
    ),
    Row(
        "/timbred/feedback",
        _IN,
        "What the user thinks of a sound; the last word on a sound counts.",
        (
            _TOKEN,
            _SESSION,
            _a("sound", "s", "the sound's id, from suggestions"),
            _a("verdict", "s", "pin (hold it), reject (never again here), or clear"),
        ),
    ),
    Row(
        "/timbred/watch",
        _IN,
        "Copies suggestions and status of one or all sessions to a port for 10 s; send again to go on.",
        (_TOKEN, _REPLY, _a("session", "s", "a session, or empty for all")),
    ),
    Row("/timbred/inspect", _IN, "Asks how the daemon is; answered by report.", (_TOKEN, _REPLY)),
    Row("/timbred/stop", _IN, "Ends the daemon.", (_TOKEN,)),
    Row(
        "/timbred/welcome",
        _OUT,
        "The session is open; the plugin now says its settings.",
        (
            _SESSION,
            _a("protocol", "i", "version of this table"),
            _a("version", "s", "the daemon's version"),
            _a("sounds", "i", "sounds in the catalogue"),
            _a("model", "s", "id of the model that ranks, empty where there is none"),
        ),
    ),
    Row(
        "/timbred/suggestions",
        _OUT,
        "The list, in numbered parts of one revision. A row without a sound says why its slot is empty.",
        (
            _SESSION,
            _a("revision", "i", "grows with each new list"),
            _a("part", "i", "0 .. parts - 1"),
            _a("parts", "i", "parts of this revision"),
            _a("mode", "s", "match or fit"),
        ),
        (
            _a("slot", "s", "the slot's name"),
            _a("rank", "i", "1 for the best of its slot"),
            _a("sound", "s", "the sound's id, empty where the slot has none"),
            _a("name", "s", "the sound's name"),
            _a("pack", "s", "the pack it lies in"),
            _a("role", "s", "the sound's role"),
            _a("score", "f", "0..1"),
            _a("pinned", "i", "1 if the user holds it"),
            _a("why", "s", "the reason, in measured terms"),
            _a("path", "s", "the sound's file"),
        ),
    ),
    Row(
        "/timbred/status",
        _OUT,
        "How the session is: answers ping, and follows each change.",
        (
            _SESSION,
            _a("state", "s", "listening, waiting, silent, frozen, empty or unavailable"),
            _a("detail", "s", "one sentence for people: what it means, what to do"),
            _a("mode", "s", "as the daemon knows it"),
            *_CONTEXT,
            _a("slots", "s", "as the daemon knows them"),
            _a("words", "s", "as the daemon knows them"),
            _a("frozen", "i", "1 or 0"),
            _a("revision", "i", "of the newest list"),
            _a("sounds", "i", "sounds in the catalogue"),
            _a("model", "s", "id of the model that ranks"),
            _a("lost_frames", "h", "frames that the daemon was too slow to read"),
            _a("dropped", "i", "packets, windows and lists thrown away because something was full"),
        ),
    ),
    Row(
        "/timbred/report",
        _OUT,
        "How the daemon is, one group a session.",
        (
            _a("version", "s", "the daemon's version"),
            _a("pid", "i", "its process"),
            _a("uptime", "f", "seconds since its start"),
            _a("catalog", "s", "the catalogue's address"),
            _a("sounds", "i", "sounds in the catalogue"),
            _a("model", "s", "id of the model that ranks"),
            _a("bad_packets", "h", "packets that were refused"),
        ),
        (
            _SESSION,
            _a("host", "s", "the host's name"),
            _a("state", "s", "as in status"),
            _a("mode", "s", "match or fit"),
            _a("sample_rate", "i", "Hz"),
            _a("heard", "h", "frames read"),
            _a("lost_frames", "h", "frames lost"),
            _a("revision", "i", "of the newest list"),
        ),
    ),
    Row(
        "/timbred/error",
        _OUT,
        "A message could not be taken; nothing of it was.",
        (
            _SESSION,
            _a("address", "s", "the message's address"),
            _a("message", "s", "the rule and the value"),
        ),
    ),
)
ROW: Mapping[str, Row] = {row.address: row for row in TABLE}


@dataclass(frozen=True)
class Message:
    """A checked message: the row's arguments by name, and its repeated groups."""

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
        raise PacketError(f"{address} takes {_signature(row)}, not {',' + tags[:64]!r}")
    parameters = _parameters(packet)
    fixed = len(row.arguments)
    names = [a.name for a in row.arguments]
    size = max(1, len(row.repeat))
    groups = tuple(
        {a.name: value for a, value in zip(row.repeat, parameters[i : i + size], strict=True)}
        for i in range(fixed, len(parameters), size)
    )
    return Message(address, dict(zip(names, parameters[:fixed], strict=True)), groups)


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


def markdown() -> str:
    """docs/osc.md: the table for people who write a client."""
    lines = [_PREFACE]
    for direction in Direction:
        lines.append(f"## Messages {direction.value}\n")
        for row in TABLE:
            if row.direction is direction:
                lines.append(_markdown_row(row))
    return "\n".join(lines).rstrip() + "\n"


_PREFACE = f"""\
# OSC

<!-- Generated from plugin_bridge/timbred_bridge/osc.py by scripts/generate; edit that. -->

timbred speaks OSC 1.0 over UDP on 127.0.0.1, protocol {PROTOCOL}. The daemon's port and token stand in
`daemon.json` in the runtime folder (`$TIMBRED_RUNTIME_DIR`, else `$XDG_RUNTIME_DIR/timbred`, else
`/dev/shm/timbred-<uid>`). Any program of the user's may join: read the file, bind a port of your own, say
hello or watch. A packet stays within {MAX_PACKET_BYTES} bytes. A message that breaks its row is answered
by `/timbred/error` where the sender's port is known, and counted.
"""


def _markdown_row(row: Row) -> str:
    lines = [f"### `{row.address}` `{_signature(row)}`\n", f"{row.meaning}\n"]
    if row.arguments or row.repeat:
        lines += ["| argument | type | meaning |", "|---|---|---|"]
        lines += [f"| {a.name} | {a.type} | {a.meaning} |" for a in row.arguments]
        lines += [f"| {a.name} (repeated) | {a.type} | {a.meaning} |" for a in row.repeat]
        lines.append("")
    return "\n".join(lines)


def _signature(row: Row) -> str:
    repeated = "".join(a.type for a in row.repeat)
    return "," + "".join(a.type for a in row.arguments) + (f"({repeated})*" if repeated else "")


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
