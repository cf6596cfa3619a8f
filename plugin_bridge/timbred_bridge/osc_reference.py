"""docs/osc.md: the table of OSC messages for people who write a client."""

from timbred_bridge.osc_table import MAX_PACKET_BYTES, PROTOCOL, TABLE, Direction, Row, signature


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

<!-- Generated from plugin_bridge/timbred_bridge/osc_table.py by scripts/generate; edit that. -->

timbred speaks OSC 1.0 over UDP on 127.0.0.1, protocol {PROTOCOL}. The daemon's port and token stand in
`daemon.json` in the runtime folder (`$TIMBRED_RUNTIME_DIR`, else `$XDG_RUNTIME_DIR/timbred`, else
`/dev/shm/timbred-<uid>`, else `/tmp/timbred-<uid>`). Any program of the user's may join: read the file,
bind a port of your own, say hello or watch. A packet stays within {MAX_PACKET_BYTES} bytes. A value that
breaks its row is answered by `/timbred/error` where the sender's port is known, and counted; an address
that is in no row, or other types than its row's, are counted alone.
"""


def _markdown_row(row: Row) -> str:
    lines = [f"### `{row.address}` `{signature(row)}`\n", f"{row.meaning}\n"]
    if row.arguments or row.repeat:
        lines += ["| argument | type | meaning |", "|---|---|---|"]
        lines += [f"| {a.name} | {a.type} | {a.meaning} |" for a in row.arguments]
        lines += [f"| {a.name} (repeated) | {a.type} | {a.meaning} |" for a in row.repeat]
        lines.append("")
    return "\n".join(lines)
