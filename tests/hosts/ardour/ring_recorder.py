"""Records all that plugins write to their rings while a host runs."""

import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from timbred_bridge.errors import RingError
from timbred_bridge.ring import RingReader

_LOOK_EVERY_SECONDS = 0.005
"""An export runs a hundred times faster than the music: a ring of 20 s lasts a fifth of a second."""


class RingRecorder:
    """Follows every ring in a runtime folder on a thread, from `with` to its end.

    A ring's file goes with its plugin; what was mapped stays readable.

    Args:
        folder: The runtime folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._readers: dict[Path, RingReader] = {}
        self._audio: dict[Path, list[npt.NDArray[np.float32]]] = {}
        self._heard: dict[Path, int] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self.lost_frames = 0

    def recordings(self) -> list[npt.NDArray[np.float32]]:
        """What each ring held, oldest ring first; float32, shape `(channels, frames)`."""
        return [np.concatenate(chunks, axis=1) for chunks in self._audio.values() if chunks]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        for reader in self._readers.values():
            reader.close()

    def _follow(self) -> None:
        while not self._ended.wait(_LOOK_EVERY_SECONDS):
            self._read_all()
        self._read_all()

    def _read_all(self) -> None:
        for path in self._folder.glob("*.ring"):
            if path not in self._readers:
                self._open(path)
        for path, reader in self._readers.items():
            chunk = reader.read(self._heard[path])
            self.lost_frames += chunk.lost_frames
            self._heard[path] = chunk.end_frame
            if chunk.audio.shape[1]:
                self._audio[path].append(chunk.audio)

    def _open(self, path: Path) -> None:
        try:
            self._readers[path] = RingReader(path)
        except RingError:
            return  # half made, or gone again: the next look decides
        self._audio[path], self._heard[path] = [], 0


def place_of(part: npt.NDArray[np.float32], whole: npt.NDArray[np.float32]) -> int | None:
    """Where a stretch of audio stands in a longer one, sample for sample, or None.

    Args:
        part: float32, `(channels, frames)`, not all of it silent.
        whole: float32, `(channels, frames)`.
    """
    loudest = int(np.argmax(np.abs(part[0])))
    for hit in np.flatnonzero(whole[0] == part[0, loudest]):
        begin = int(hit) - loudest
        if begin >= 0 and np.array_equal(whole[:, begin : begin + part.shape[1]], part):
            return begin
    return None
