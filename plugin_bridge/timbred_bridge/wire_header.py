"""plugin/wire.h: the bridge's two tables for the plugin."""

from timbred_bridge import osc, wire

_CPP_TYPES = {"I": "uint32_t", "Q": "uint64_t", "d": "double"}
_ATOMIC = {"claimed_frames", "written_frames", "transport_sequence"}


def wire_header() -> str:
    """The ring's header as a C++ struct, with an assertion on every offset, and the OSC rows."""
    lines = [_TOP.format(**_constants())]
    place = 0
    for field in wire.FIELDS:
        if field.offset > place:
            lines.append(f"    uint8_t reserved{place}[{field.offset - place}];")
        lines.append(f"    {_declaration(field)} // {field.meaning}")
        place = field.offset + field.size
    lines.append(f"    uint8_t reserved{place}[{wire.BODY_OFFSET - place}];")
    lines.append("};\n")
    for field in wire.FIELDS:
        lines.append(f"static_assert(offsetof(RingHeader, {_camel(field.name)}) == {field.offset});")
    lines.append(_BOTTOM)
    lines += [_row(row) for row in osc.TABLE]
    lines += ["", "inline constexpr const Row* kTable[] = {"]
    lines += [f"    &{_row_name(row)}," for row in osc.TABLE]
    lines.append("};")
    lines += ["", "inline constexpr const char* kSlotNames[] = {"]
    lines += [f'    "{name}",' for name in osc.SLOT_NAMES]
    lines.append("};")
    lines += ["", "} // namespace timbred::osc"]
    return "\n".join(lines) + "\n"


_TOP = """\
// Generated from timbred_bridge/wire.py and osc_table.py by scripts/generate; edit those.
#pragma once
// clang-format off

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace timbred::wire {{

inline constexpr char kMagic[8] = {{{magic}}};
inline constexpr uint32_t kVersion = {version};
inline constexpr size_t kBodyOffset = {body_offset};
inline constexpr double kMinSeconds = {min_seconds};
inline constexpr uint32_t kMinSampleRate = {min_rate};
inline constexpr uint32_t kMaxSampleRate = {max_rate};
inline constexpr size_t kSessionBytes = {session_bytes};
inline constexpr uint32_t kTransportPlaying = {playing};
inline constexpr uint32_t kTransportHasBeats = {has_beats};

struct RingHeader {{"""

_BOTTOM = f"""\
static_assert(sizeof(RingHeader) == kBodyOffset);
static_assert(std::atomic<uint64_t>::is_always_lock_free);
static_assert(std::atomic<uint32_t>::is_always_lock_free);

}} // namespace timbred::wire

namespace timbred::osc {{

inline constexpr int32_t kProtocol = {osc.PROTOCOL};
inline constexpr size_t kMaxPacketBytes = {osc.MAX_PACKET_BYTES};

// One message: its address, its arguments' type tags, and those of the group that may repeat.
struct Row {{
    const char* address;
    const char* types;
    const char* repeat;
}};
"""


def _constants() -> dict[str, object]:
    return {
        "magic": ", ".join(f"'{chr(byte)}'" if byte else "0" for byte in wire.MAGIC),
        "version": wire.VERSION,
        "body_offset": wire.BODY_OFFSET,
        "min_seconds": wire.MIN_SECONDS,
        "min_rate": wire.MIN_SAMPLE_RATE,
        "max_rate": wire.MAX_SAMPLE_RATE,
        "session_bytes": wire.SESSION_BYTES,
        "playing": int(wire.TransportFlags.PLAYING),
        "has_beats": int(wire.TransportFlags.HAS_BEATS),
    }


def _declaration(field: wire.Field) -> str:
    name = _camel(field.name)
    if field.code.endswith("s"):
        return f"{'char' if field.name == 'magic' else 'uint8_t'} {name}[{field.size}];"
    kind = _CPP_TYPES[field.code]
    if field.name in _ATOMIC or field.offset >= wire.FIELD["transport_sequence"].offset:
        kind = f"std::atomic<{kind}>"
    return f"{kind} {name};"


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def _row(row: osc.Row) -> str:
    types = "".join(argument.type for argument in row.arguments)
    repeat = "".join(argument.type for argument in row.repeat)
    return f'inline constexpr Row {_row_name(row)} = {{"{row.address}", "{types}", "{repeat}"}};'


def _row_name(row: osc.Row) -> str:
    return "k" + row.address.removeprefix("/timbred/").capitalize()
