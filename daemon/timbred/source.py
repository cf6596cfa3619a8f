"""Where a session's audio comes from: a plugin's ring."""

from pathlib import Path
from typing import Protocol

from timbred_bridge.ring import Chunk, RingReader
from timbred_bridge.wire import Transport


class Source(Protocol):
    """Audio as it arrives, with the host's transport."""

    sample_rate: int

    def read(self) -> Chunk:
        """What has arrived since the last time; no frames where nothing has."""
        ...

    def skip_quiet(self, level: float) -> int:
        """Passes over what has arrived if no sample of it is above `level`; returns how many frames it was.

        0 where nothing has arrived, and where what has arrived must be read.
        """
        ...

    def transport(self) -> Transport | None:
        """The newest transport, None where the host tells none."""
        ...

    def close(self) -> None:
        """Lets go of it."""
        ...


class RingSource:
    """Reads one ring from a little before its end on.

    Args:
        path: The ring's file.
        seconds_back: How much of what is in the ring already is read first, so that a daemon that
            starts while the music plays has heard it.

    Raises:
        RingError: The file is no ring.
    """

    def __init__(self, path: Path, seconds_back: float) -> None:
        self._reader = RingReader(path)
        self.sample_rate = self._reader.format.sample_rate
        self.session_id = self._reader.format.session_id
        self.writer_pid = self._reader.format.writer_pid
        written = self._reader.written_frames()
        back = written - round(seconds_back * self.sample_rate)
        self._next_frame = max(0, back, self._reader.oldest_frame())

    def read(self) -> Chunk:
        """What the plugin has written since the last time."""
        chunk = self._reader.read(self._next_frame)
        self._next_frame = chunk.end_frame
        return chunk

    def skip_quiet(self, level: float) -> int:
        """Looks at what the plugin has written since the last time, and copies nothing."""
        begin, end = self._next_frame, self._reader.written_frames()
        if begin >= end or not self._reader.peak(begin, end) <= level or self._reader.oldest_frame() > begin:
            return 0
        self._next_frame = end
        return end - begin

    def transport(self) -> Transport | None:
        """What the plugin wrote last."""
        return self._reader.transport()

    def close(self) -> None:
        """Unmaps the ring."""
        self._reader.close()
