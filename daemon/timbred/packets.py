"""What plugins are told, as packets: a list in numbered parts, a session's status, the daemon's report."""

import os
import time
from collections.abc import Iterable, Sequence
from functools import lru_cache
from urllib.parse import quote

from timbred.rank import Row
from timbred.session import Session
from timbred.version import VERSION
from timbred_bridge import osc
from timbred_catalogs.rows import printable

MAX_TEXT_CHARACTERS = 200
_encoded = lru_cache(maxsize=256, typed=True)(osc.encode)  # a status is mostly the same at each ping


def list_packets(
    session_id: str, revision: int, mode: str, rows: Sequence[Row], files: Sequence[str]
) -> tuple[bytes, ...]:
    """A list as packets, each below OSC's limit; `files[i]` is what is dragged and played for `rows[i]`."""
    parts = osc.in_parts([_group(row, file) for row, file in zip(rows, files, strict=True)])
    return tuple(
        osc.encode("/timbred/suggestions", session_id, revision, number, len(parts), mode, groups=part)
        for number, part in enumerate(parts)
    )


def _group(row: Row, file: str) -> tuple[osc.Value, ...]:
    sound = row.sound
    if sound is None:
        return (row.slot, 0, "", "", "", "", 0.0, 0, _short(row.why), "")
    name, pack = _short(printable(sound.name)), _short(printable(sound.pack))
    says = (row.score, int(row.pinned), _short(row.why), _address(file))
    return (row.slot, row.rank, sound.id, name, pack, sound.role or "", *says)


def _address(file: str) -> str:
    """The path itself where it can stand in OSC's text and in a list of addresses, else as `file://`."""
    return file if printable(file) == file else "file://" + quote(os.fsencode(file))


def _short(text: str) -> str:
    return text if len(text) <= MAX_TEXT_CHARACTERS else text[: MAX_TEXT_CHARACTERS - 1] + "…"


def welcome_packet(session: Session, sounds: int, model_id: str) -> bytes:
    """The answer to hello."""
    return osc.encode("/timbred/welcome", session.id, osc.PROTOCOL, VERSION, sounds, model_id)


def status_packet(
    session: Session, state: tuple[str, str], sounds: int, model_id: str, dropped: int
) -> bytes:
    """How a session is.

    Args:
        session: The session.
        state: Its state and the sentence that goes with it.
        sounds: How many the catalogue has.
        model_id: What ranks.
        dropped: Packets that the outbox threw away.
    """
    settings = session.settings
    return _encoded(
        "/timbred/status",
        session.id,
        state[0],
        _short(state[1]),
        settings.mode,
        settings.context.unit,
        settings.context.length,
        ",".join(settings.slots),
        " ".join(settings.words),
        int(settings.frozen),
        _revision(session),
        sounds,
        model_id,
        session.lost_frames,
        session.dropped + dropped,
    )


def _revision(session: Session) -> int:
    """Of the newest list; 0 before the first."""
    return session.listed.revision if session.listed.rows else 0


def report_packet(
    started_at: float,
    catalog: str,
    sounds: int,
    model_id: str,
    bad_packets: int,
    problem: str,
    sessions: Iterable[tuple[Session, str]],
) -> bytes:
    """How the daemon is; sessions beyond one packet are left out.

    Args:
        started_at: `time.monotonic()` of its start.
        catalog: The catalogue's address.
        sounds: How many it has.
        model_id: What ranks.
        bad_packets: Packets refused.
        problem: Why the catalogue cannot be searched; empty where it can.
        sessions: Each with its state.
    """
    groups = [
        (
            session.id,
            _short(session.host),
            state,
            session.settings.mode,
            session.source.sample_rate,
            session.heard_frames,
            session.lost_frames,
            _revision(session),
        )
        for session, state in sessions
    ]
    head = (VERSION, os.getpid(), time.monotonic() - started_at, catalog, sounds, model_id, bad_packets)
    shown = osc.in_parts(groups, head_bytes=2048)[0]
    return osc.encode("/timbred/report", *head, _short(problem), groups=shown)
