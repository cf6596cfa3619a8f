"""Tells music from silence, with hysteresis, so that a daemon costs nothing while nothing plays."""

import numpy as np
import numpy.typing as npt

BLOCK_SECONDS = 0.02


class Gate:
    """Opens at the first loud block; closes after a while below a lower level.

    Args:
        sample_rate: Hz.
        open_dbfs: RMS of a block that opens it; a full-scale square wave is 0 dBFS.
        close_dbfs: RMS below which a block counts towards closing.
        hold_seconds: How long below until it closes.
    """

    def __init__(self, sample_rate: int, open_dbfs: float, close_dbfs: float, hold_seconds: float) -> None:
        self._block_frames = max(1, round(BLOCK_SECONDS * sample_rate))
        self._open_power = 10 ** (open_dbfs / 10)
        self._close_power = 10 ** (close_dbfs / 10)
        self._hold_frames = round(hold_seconds * sample_rate)
        self._last_loud_frame = 0
        self.opened_frame: int | None = None
        """Ring frame at which the music began; None while it is silent."""

    @property
    def open(self) -> bool:
        """Whether there is music."""
        return self.opened_frame is not None

    def feed(self, mono: npt.NDArray[np.float32], start_frame: int) -> None:
        """Hears the next audio.

        Args:
            mono: Shape `(frames,)`.
            start_frame: Ring frame number of its first.
        """
        starts = np.arange(0, len(mono), self._block_frames)
        if not len(starts):
            return
        sums = np.add.reduceat(np.square(mono, dtype=np.float64), starts)
        powers = sums / np.diff(np.append(starts, len(mono)))
        if self.opened_frame is None and powers.max() <= self._open_power:
            return
        for start, power in zip(starts.tolist(), powers.tolist(), strict=True):
            self._step(start_frame + start, power)

    def _step(self, frame: int, power: float) -> None:
        if self.opened_frame is None:
            if power > self._open_power:
                self.opened_frame = self._last_loud_frame = frame
        elif power > self._close_power:
            self._last_loud_frame = frame
        elif frame - self._last_loud_frame > self._hold_frames:
            self.opened_frame = None
