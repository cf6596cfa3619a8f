"""Turns the bus as it arrives into windows: mixed to mono, gated, resampled once, cut at each hop."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soxr

from timbred.bars import BarLines
from timbred.config import Listening
from timbred.gate import Gate
from timbred.settings import ContextLength
from timbred_bridge.wire import Transport

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Window:
    """A piece of music to embed.

    Args:
        audio: Mono at the encoder's sample rate, shape `(frames,)`.
        start_frame: Ring frame number of its first.
        end_frame: Ring frame number after its last.
        begin_frame: Where the context begins of which this is the newest part.
    """

    audio: Array
    start_frame: int
    end_frame: int
    begin_frame: int


class Context:
    """What one session hears of one ring.

    Args:
        sample_rate: Hz of the ring.
        encoder_rate: Hz of the windows.
        window_seconds: Longest window.
        listening: The settings.
    """

    def __init__(
        self, sample_rate: int, encoder_rate: int, window_seconds: float, listening: Listening
    ) -> None:
        self.sample_rate = sample_rate
        self.encoder_rate = encoder_rate
        self._window_seconds = window_seconds
        self._listening = listening
        self._gate = Gate(
            sample_rate, listening.gate_open_dbfs, listening.gate_close_dbfs, listening.gate_hold_seconds
        )
        self._bars = BarLines(sample_rate)
        self._resample = _resampler(sample_rate, encoder_rate)
        self._audio: Array = np.zeros(0, np.float32)
        self._start_frame = 0
        self._end_frame = 0
        self.due_frame: int | None = None
        """Ring frame number at which the next window ends; None while it is silent."""

    @property
    def silent(self) -> bool:
        """Whether nothing plays."""
        return self.due_frame is None

    @property
    def opening_level(self) -> float:
        """What no sample of silence is above, of full scale 1: a block of lower ones opens no gate."""
        return float(10 ** (self._listening.gate_open_dbfs / 20))

    def follow(self, transport: Transport | None) -> None:
        """Hears nothing, but where the host is now; what was passed over was silence after silence."""
        self._bars.follow(transport)

    def seconds_until_due(self) -> float:
        """How much more audio the next window needs; 0 while it is silent."""
        if self.due_frame is None:
            return 0.0
        return max(0, self.due_frame - self._end_frame) / self.sample_rate

    def feed(
        self, audio: Array, start_frame: int, transport: Transport | None, length: ContextLength
    ) -> Window | None:
        """Hears the next audio.

        Args:
            audio: float32, shape `(channels, frames)`.
            start_frame: Ring frame number of its first; a gap to what came before begins afresh.
            transport: The host's newest.
            length: How much to hear.

        Returns:
            The newest window, if one became due.
        """
        mono = _mono(audio)
        end_frame = start_frame + len(mono)
        self._gate.feed(mono, start_frame)
        self.follow(transport)
        if self._gate.opened_frame is None:
            self.due_frame = None
            return None
        if self.due_frame is None or start_frame != self._end_frame:
            first = max(start_frame, self._gate.opened_frame)
            mono = mono[first - start_frame :]
            self._begin_at(first)
        self._append(mono, end_frame)
        return self._due_window(length)

    def _begin_at(self, frame: int) -> None:
        self._resample = _resampler(self.sample_rate, self.encoder_rate)
        self._audio = np.zeros(0, np.float32)
        self._start_frame = self._end_frame = frame
        self.due_frame = frame + round(self._listening.first_window_seconds * self.sample_rate)

    def _append(self, mono: Array, end_frame: int) -> None:
        self._audio = np.concatenate([self._audio, self._resample(mono)])
        self._end_frame = end_frame
        over = len(self._audio) - round(self._window_seconds * self.encoder_rate)
        if over > 0:
            self._audio = self._audio[over:]
            self._start_frame = end_frame - round(len(self._audio) / self.encoder_rate * self.sample_rate)

    def _due_window(self, length: ContextLength) -> Window | None:
        if self.due_frame is None or self._end_frame < self.due_frame:
            return None
        hop_frames = round(self._listening.hop_seconds * self.sample_rate)
        self.due_frame += ((self._end_frame - self.due_frame) // hop_frames + 1) * hop_frames
        begin = self._begin_frame(length)
        start = max(self._start_frame, begin)
        frames = round((self._end_frame - start) / self.sample_rate * self.encoder_rate)
        return Window(self._audio[-frames:].copy(), start, self._end_frame, begin)

    def _begin_frame(self, length: ContextLength) -> int:
        """Where the context begins: a bar line, or so many seconds ago.

        Until enough bars have passed what was heard before the first of them counts too: play may begin
        anywhere in a bar.
        """
        if length.unit != "bars":
            return max(0, self._end_frame - round(length.length * self.sample_rate))
        line = self._bars.begin(int(length.length))
        if line is None or line >= self._end_frame:
            line = self._end_frame - round(self._listening.seconds_without_beats * self.sample_rate)
            if self._bars.oldest is not None:
                line = min(line, self._bars.oldest)
        return max(0, line)


def _mono(audio: Array) -> Array:
    """The channels' mean, shape `(frames,)`; what a broken plugin upstream makes of NaN counts as silence."""
    with np.errstate(over="ignore", invalid="ignore"):
        mono: Array = audio.mean(axis=0, dtype=np.float32)
    return mono if np.isfinite(mono).all() else np.nan_to_num(mono, posinf=0.0, neginf=0.0)


def _resampler(sample_rate: int, encoder_rate: int) -> Callable[[Array], Array]:
    stream = soxr.ResampleStream(sample_rate, encoder_rate, 1, dtype="float32", quality="MQ")
    resample: Callable[[Array], Array] = stream.resample_chunk
    return resample
