"""One plugin instance: what it wants, what was heard of it, and its newest list.

Which thread writes what: the OSC thread `settings`, `reply_port` and `pinged_at`; the listener everything
about hearing (under `lock`, since the source may be closed from outside); the worker the pools, `window`,
`embedded_in`, `begin_frame` and `listed`. Each is replaced whole, by a number or a frozen dataclass, so that
any thread may read it.
"""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from timbred.context import Context, Window
from timbred.pool import Pool
from timbred.rank import Row
from timbred.settings import Settings
from timbred.source import Source

_REVISION_EPOCH = 1_760_000_000
_REVISIONS_PER_SECOND = 4
_HIGHEST_FIRST_REVISION = 2_000_000_000
"""OSC's revisions are int32; the rest is for the session's own lists."""
_MOST_FRAMES = 2**63 - 1
"""OSC's int64: a ring whose count is broken claims more, and nobody could be told of any session."""


def first_revision() -> int:
    """Quarters of a second since an epoch: they outrun lists, so that revisions grow over restarts too.

    A clock that is years off must not make one that no list can have, so they stay in 1..2000000000.
    """
    quarters = int((time.time() - _REVISION_EPOCH) * _REVISIONS_PER_SECOND)
    return min(max(1, quarters), _HIGHEST_FIRST_REVISION)


@dataclass(frozen=True)
class Listed:
    """A list as it was sent.

    Args:
        revision: Grows with each list of a session.
        mode: What it was ranked by.
        rows: The list; empty before the first.
        files: What is dragged and played for each row; empty where there is nothing yet.
        packets: Its parts as OSC packets.
    """

    revision: int
    mode: str = "match"
    rows: tuple[Row, ...] = ()
    files: tuple[str, ...] = ()
    packets: tuple[bytes, ...] = ()


@dataclass
class Session:
    """One plugin instance.

    Args:
        id: 32 hexadecimal digits.
        host: The host's name, for people.
        reply_port: The instance's UDP port.
        ring: The ring's file.
        source: The audio.
        context: What turns it into windows; None where no encoder is installed.
        pool: The windows' vectors.
        fit_pool: What each window asks for, by the fit model.
        window: The newest.
        embedded_in: The spaces that have its vectors.
    """

    id: str
    host: str
    reply_port: int
    ring: Path
    source: Source
    context: Context | None
    pool: Pool
    fit_pool: Pool = field(default_factory=lambda: Pool(()))
    settings: Settings = field(default_factory=Settings)
    listed: Listed = field(default_factory=lambda: Listed(first_revision()))
    window: Window | None = None
    embedded_in: frozenset[str] = frozenset()
    begin_frame: int = 0
    pinged_at: float = field(default_factory=time.monotonic)
    advanced_at: float = 0.0
    heard_frames: int = 0
    lost_frames: int = 0
    dropped: int = 0
    said_state: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)
    closed: bool = False

    def hear(self) -> Window | None:
        """Reads what has arrived, and cuts a window if one is due."""
        with self.lock:
            if self.closed or self.context is None:
                return None
            skipped = self.source.skip_quiet(self.context.opening_level) if self.context.silent else 0
            chunk = None if skipped else self.source.read()
            transport = self.source.transport()
        if chunk is None:
            self._advance(skipped)
            self.context.follow(transport)
            return None
        self.lost_frames = min(self.lost_frames + chunk.lost_frames, _MOST_FRAMES)
        if not chunk.audio.shape[1]:
            return None
        self._advance(chunk.audio.shape[1])
        return self.context.feed(chunk.audio, chunk.start_frame, transport, self.settings.context)

    def _advance(self, frames: int) -> None:
        self.heard_frames += frames
        self.advanced_at = time.monotonic()

    def close(self) -> None:
        """Lets go of the ring; the session is of no more use."""
        with self.lock:
            if not self.closed:
                self.closed = True
                self.source.close()
