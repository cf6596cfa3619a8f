"""An audio file as a session's source, read block by block, so that its length does not matter."""

from pathlib import Path

import numpy as np
import soundfile

from timbred.errors import TimbredError
from timbred_bridge.ring import Chunk
from timbred_bridge.wire import Transport
from timbred_catalogs.decode import HIGHEST_READ_RATE, LOWEST_READ_RATE

BLOCK_SECONDS = 0.25
BEATS_PER_BAR = 4


class FileSource:
    """Reads one block at a time, as if a host played the file from its first bar on.

    Args:
        path: Any file that soundfile reads.
        tempo_bpm: The song's tempo in 4/4, or None for a host that tells no beats.

    Raises:
        TimbredError: The file can't be read.
    """

    def __init__(self, path: Path, tempo_bpm: float | None) -> None:
        if not path.is_file():
            raise TimbredError(
                f"{path} must be a plain file" if path.exists() else f"there is no file {path}"
            )
        try:
            self._file = soundfile.SoundFile(path)
        except (soundfile.SoundFileError, OSError) as error:
            raise TimbredError(f"{path} can't be read as audio: {error}") from error
        rate = self._file.samplerate
        if not LOWEST_READ_RATE <= rate <= HIGHEST_READ_RATE:
            self._file.close()
            rule = f"sample rate must be {LOWEST_READ_RATE}..{HIGHEST_READ_RATE} Hz"
            raise TimbredError(f"{path} can't be read as audio: {rule}, not {rate}")
        self._path = path
        self.sample_rate: int = rate
        self._tempo_bpm = tempo_bpm
        self._next_frame = 0
        self.done = False

    @property
    def seconds(self) -> float:
        """How much was read."""
        return self._next_frame / self.sample_rate

    @property
    def total_seconds(self) -> float:
        """How long the file lasts, by its header."""
        return float(self._file.frames / self.sample_rate)

    def read(self) -> Chunk:
        """The next block; no frames after the last.

        Raises:
            TimbredError: The file is damaged here.
        """
        frames = round(BLOCK_SECONDS * self.sample_rate)
        try:
            audio = self._file.read(frames, dtype="float32", always_2d=True)  # (frames, channels)
        except (soundfile.SoundFileError, OSError) as error:
            raise TimbredError(
                f"{self._path} can't be read as audio from second {self.seconds:.2f} on: {error}"
            ) from error
        chunk = Chunk(np.ascontiguousarray(audio.T, np.float32), self._next_frame, 0)
        self._next_frame = chunk.end_frame
        self.done = len(audio) < frames or self._next_frame >= self._file.frames
        return chunk

    def skip_quiet(self, level: float) -> int:
        """Nothing: a file's silence is read as all else."""
        return 0

    def transport(self) -> Transport:
        """Where the song is now."""
        if self._tempo_bpm is None:
            return Transport(self._next_frame, True)
        quarters = self.seconds * self._tempo_bpm / 60
        bar_start = quarters // BEATS_PER_BAR * BEATS_PER_BAR
        return Transport(self._next_frame, True, self._tempo_bpm, quarters, bar_start, BEATS_PER_BAR)

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
