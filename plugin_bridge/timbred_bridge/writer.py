"""The reference writer of a ring: what the plugin does, in Python, for tests, tools and benchmarks.

It is exact about the format and the order of its stores, not about realtime: the interpreter may
pause anywhere, as a slow host may.
"""

import mmap
import os
import secrets
import struct
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from timbred_bridge import wire
from timbred_bridge.errors import RingError


class RingWriter:
    """Makes a ring's file and writes audio and transport into it.

    Args:
        path: The file to make; its folder must exist.
        channels: Planes.
        sample_rate: Frames per second.
        capacity_frames: Frames in a plane, a power of two; by default what 20 s need.
        session_id: 32 hexadecimal digits; random by default.

    Raises:
        RingError: The file can't be made, or its space can't be reserved.
    """

    def __init__(
        self,
        path: Path,
        channels: int,
        sample_rate: int,
        *,
        capacity_frames: int | None = None,
        session_id: str | None = None,
    ) -> None:
        self.path = path
        self.format = wire.RingFormat(
            channels,
            sample_rate,
            capacity_frames or wire.capacity_for(sample_rate),
            session_id or secrets.token_hex(wire.SESSION_BYTES),
            os.getpid(),
        )
        self._map = _reserve(path, self.format.file_bytes)
        shape = (channels, self.format.capacity_frames)
        self._body = np.frombuffer(self._map, "<f4", shape[0] * shape[1], wire.BODY_OFFSET).reshape(shape)
        self._counts = np.frombuffer(self._map, "<u8", 2, wire.FIELD["claimed_frames"].offset)
        self._sequence = 0
        head = wire.pack_format(self.format)
        self._map[len(wire.MAGIC) : len(head)] = head[len(wire.MAGIC) :]
        self._map[: len(wire.MAGIC)] = wire.MAGIC

    @property
    def written_frames(self) -> int:
        """Frames written since the ring was made."""
        return int(self._counts[1])

    def write(self, audio: npt.NDArray[np.float32]) -> None:
        """Appends a block.

        Args:
            audio: float32, shape `(channels, frames)`, at most the capacity.

        Raises:
            ValueError: Another shape.
        """
        channels, frames = audio.shape
        capacity = self.format.capacity_frames
        if channels != self.format.channels or frames > capacity:
            rule = f"a block must be ({self.format.channels}, 0..{capacity})"
            raise ValueError(f"{rule}, not {audio.shape}")
        begin = self.written_frames
        self._counts[0] = begin + frames
        first = begin % capacity
        head = min(frames, capacity - first)
        self._body[:, first : first + head] = audio[:, :head]
        self._body[:, : frames - head] = audio[:, head:]
        self._counts[1] = begin + frames

    def write_transport(self, transport: wire.Transport) -> None:
        """Replaces the transport, under the sequence lock."""
        place = wire.FIELD["transport_sequence"].offset
        packed = wire.pack_transport(transport)
        struct.pack_into("<I", self._map, place, self._sequence + 1)
        self._map[place + 4 : place + 4 + len(packed)] = packed
        self._sequence = (self._sequence + 2) % 2**32
        struct.pack_into("<I", self._map, place, self._sequence)

    def close(self, *, unlink: bool = True) -> None:
        """Gives the mapping back and, unless told otherwise, removes the file."""
        del self._body, self._counts
        self._map.close()
        if unlink:
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _reserve(path: Path, size: int) -> mmap.mmap:
    """A writable map over a new file whose space is taken at once: a full disk is an error here."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise RingError(f"the ring {path} can't be made: {error}") from error
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(descriptor, 0, size)
        else:
            os.ftruncate(descriptor, size)
        return mmap.mmap(descriptor, size)
    except OSError as error:
        path.unlink()
        raise RingError(f"{size} bytes for the ring {path} can't be reserved: {error}") from error
    finally:
        os.close(descriptor)
