"""Reads a plugin's ring: maps the file read-only and copies what the plugin wrote."""

import mmap
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from timbred_bridge import wire
from timbred_bridge.errors import RingError

_SEQUENCE_TRIES = 64
# A named pipe would be waited for; a system that lacks a flag has nothing that it keeps from.
_GUARDS = ("O_NONBLOCK", "O_NOFOLLOW", "O_CLOEXEC")
_OPEN_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in _GUARDS)


@dataclass(frozen=True)
class Chunk:
    """Audio copied out of a ring.

    Args:
        audio: float32, shape `(channels, frames)`.
        start_frame: Ring frame number of `audio[:, 0]`.
        lost_frames: Frames between the one asked for and `start_frame`, overwritten before the copy.
    """

    audio: npt.NDArray[np.float32]
    start_frame: int
    lost_frames: int

    @property
    def end_frame(self) -> int:
        """Ring frame number after the last one."""
        frames: int = self.audio.shape[1]
        return self.start_frame + frames


class RingReader:
    """A read-only view of one ring; the plugin never learns of it.

    Args:
        path: The ring's file.

    Raises:
        RingError: It is missing, no plain file, no ring of this version, or shorter than its header says.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._map = _mapped(path)
        except (OSError, ValueError) as error:
            raise RingError(f"the ring {path} can't be mapped: {error}") from error
        self._view = memoryview(self._map)
        try:
            self.format = wire.unpack_format(bytes(self._view[: wire.BODY_OFFSET]))
            if len(self._map) < self.format.file_bytes:
                rule = f"the ring must hold {self.format.file_bytes} bytes"
                raise ValueError(f"{rule}, not {len(self._map)}")
        except ValueError as error:
            self.close()
            raise RingError(f"{path}: {error}") from error
        shape = (self.format.channels, self.format.capacity_frames)
        count = shape[0] * shape[1]
        self._body = np.frombuffer(self._map, "<f4", count, wire.BODY_OFFSET).reshape(shape)
        counts = np.frombuffer(self._map, "<u8", 2, wire.FIELD["claimed_frames"].offset)
        self._counts = counts  # one aligned 8-byte load each: never torn

    def written_frames(self) -> int:
        """Frames that the plugin has written since the ring was made."""
        return int(self._counts[1])

    def oldest_frame(self) -> int:
        """The first frame number that the plugin has not begun to overwrite.

        Never more than a capacity before the last one, whatever a broken header claims.
        """
        return max(0, int(self._counts.max()) - self.format.capacity_frames)

    def read(self, start_frame: int) -> Chunk:
        """Copies what was written from a frame on.

        What the plugin overtook, before the copy or during it, is left out and counted.

        Args:
            start_frame: Ring frame number to begin at.
        """
        end = self.written_frames()
        begin = min(max(start_frame, self.oldest_frame()), end)
        audio = self._copy(begin, end)
        overtaken = min(max(0, self.oldest_frame() - begin), end - begin)
        begin += overtaken
        return Chunk(audio[:, overtaken:], begin, max(0, begin - start_frame))

    def peak(self, begin_frame: int, end_frame: int) -> float:
        """The highest magnitude of any channel between two frame numbers that the ring holds, without a copy.

        0 where there are no frames, NaN where a sample is none.
        """
        parts = [part for part in self._parts(begin_frame, end_frame) if part.size]
        return float(np.max([[part.max(), -part.min()] for part in parts], initial=0.0))

    def transport(self) -> wire.Transport | None:
        """The last transport that the plugin wrote, or None where it wrote none (or never stops)."""
        sequence = wire.FIELD["transport_sequence"]
        for _ in range(_SEQUENCE_TRIES):
            before = sequence.unpack(self._view)
            header = bytes(self._view[: wire.FIELD["beat_unit"].offset + 4])
            after = sequence.unpack(self._view)
            if before == after and isinstance(before, int) and before % 2 == 0:
                return wire.unpack_transport(header) if before else None
        return None

    def close(self) -> None:
        """Gives the mapping back; the reader is of no more use."""
        for name in ("_body", "_counts"):
            self.__dict__.pop(name, None)
        self._view.release()
        self._map.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _copy(self, begin: int, end: int) -> npt.NDArray[np.float32]:
        return np.concatenate(self._parts(begin, end), axis=1)

    def _parts(self, begin: int, end: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """What lies up to the ring's end, and what goes on at its start; not copied."""
        first = begin % self.format.capacity_frames
        head = min(end - begin, self.format.capacity_frames - first)
        return self._body[:, first : first + head], self._body[:, : end - begin - head]


def _mapped(path: Path) -> mmap.mmap:
    descriptor = os.open(path, _OPEN_FLAGS)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("it must be a plain file")
        return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    finally:
        os.close(descriptor)
