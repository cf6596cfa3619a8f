"""The table of OSC messages, from which the codec, docs/osc.md and the plugin's constants are made.

A message's arguments are those of its row, in order; a row with `repeat` goes on with any number of
groups of these.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

PROTOCOL = 2
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
        (_TOKEN, _SESSION, _a("slot", "s", "a slot's name"), _a("count", "i", "1..32; 0 for the default")),
    ),
    Row(
        "/timbred/feedback",
        _IN,
        "What the user thinks of a sound; the last word counts. Clients keep it, the catalogue does not.",
        (
            _TOKEN,
            _SESSION,
            _a("sound", "s", "the sound's id, from suggestions"),
            _a("verdict", "s", "pin (hold it), reject (never again here), or clear"),
        ),
    ),
    Row(
        "/timbred/audition",
        _IN,
        "Asks for a sound, to be heard in the plugin; answered by audio.",
        (
            _TOKEN,
            _SESSION,
            _a("sound", "s", "the sound's id, from suggestions"),
            _a(
                "number",
                "i",
                "the instance's own, in the answer too; of those that wait the last counts",
            ),
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
            _a(
                "path",
                "s",
                "the file to drag and play; an instrument's note, empty until it is rendered; "
                "as file:// and percent-encoded bytes where it is not UTF-8 or holds a control character",
            ),
        ),
    ),
    Row(
        "/timbred/audio",
        _OUT,
        "A sound to be auditioned, or why there is none: 15 s from its onset on, as loud as any other.",
        (
            _SESSION,
            _a("number", "i", "of the audition that asked"),
            _a("sample_rate", "i", "Hz, of the session's ring"),
            _a(
                "file",
                "s",
                "SESSION-*.audio in the runtime folder, empty where there is none: float32 frames of two "
                "channels, without a header; who asked removes it, and the daemon what lies for 10 s",
            ),
            _a("trouble", "s", "why it cannot be heard, empty where it can"),
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
            _a("problem", "s", "why the catalogue cannot be searched and what mends it; empty where it can"),
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


def signature(row: Row) -> str:
    """The row's type tags; a group that may repeat stands in brackets."""
    repeated = "".join(a.type for a in row.repeat)
    return "," + "".join(a.type for a in row.arguments) + (f"({repeated})*" if repeated else "")
