"""An audio file, opened by the first decoder that takes it: libsndfile's, else pedalboard's.

libsndfile reads nearly all that music is made of. What it refuses and pedalboard takes is rare and real:
Vorbis inside a WAV, and, on macOS and Windows, whatever the system itself plays (AAC, ALAC, WMA).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
import soundfile as sf

from timbred_catalogs.header_facts import NO_FACTS, HeaderFacts, header_facts

# What libsndfile says of a file whose header leaves its length open.
OPEN_LENGTH = 2**62


class AudioFile(Protocol):
    """One that is open for reading."""

    samplerate: int
    channels: int
    frames: int

    def seekable(self) -> bool:
        """Whether `seek` may be called."""
        ...

    def seek(self, frame: int, /) -> object:
        """The next `take` begins there."""
        ...

    def take(self, frames: int, /) -> np.ndarray:
        """At most so many, (frames, channels) float32; none at the end."""
        ...

    def facts(self) -> HeaderFacts:
        """What its header says of the music."""
        ...


@contextmanager
def open_audio(path: str) -> Iterator[AudioFile]:
    """The format is told by content, not by the extension.

    Raises:
        soundfile.LibsndfileError: No decoder takes it; the words are libsndfile's.
        OSError: It cannot be read.
        RuntimeError, ValueError: A decoder fails in the middle of it.
    """
    # By its descriptor: soundfile takes no name that is not UTF-8.
    with Path(path).open("rb") as file:
        try:
            opened: Any = _SoundFile(file.fileno(), closefd=False)
        except sf.LibsndfileError as refusal:
            opened = _Other(file, refusal)
        with opened:
            yield opened


class _SoundFile(sf.SoundFile):  # type: ignore[misc]
    """Reads a file of open length (a FLAC written through a pipe) onwards: libsndfile cannot seek in it."""

    def seekable(self) -> bool:
        return self.frames < OPEN_LENGTH and bool(super().seekable())

    def take(self, frames: int) -> np.ndarray:
        return np.asarray(self.read(frames, dtype="float32", always_2d=True))

    def facts(self) -> HeaderFacts:
        return header_facts(self)


class _Other:
    """What libsndfile refused, through pedalboard. Raises the refusal where that takes it neither."""

    def __init__(self, file: BinaryIO, refusal: sf.LibsndfileError) -> None:
        from pedalboard.io import ReadableAudioFile

        file.seek(0)  # libsndfile has moved the descriptor
        try:
            self._file = ReadableAudioFile(file)
        except (ValueError, RuntimeError):
            raise refusal from None
        self.samplerate, self.channels = round(self._file.samplerate), int(self._file.num_channels)
        self.frames = int(self._file.frames)

    def seekable(self) -> bool:
        return True

    def seek(self, frame: int) -> None:
        self._file.seek(frame)

    def take(self, frames: int) -> np.ndarray:
        return np.asarray(self._file.read(frames), np.float32).T  # (channels, frames) -> (frames, channels)

    def facts(self) -> HeaderFacts:
        return NO_FACTS

    def __enter__(self) -> "_Other":
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()
