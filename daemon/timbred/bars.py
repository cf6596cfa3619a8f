"""Remembers at which frames bar lines passed, through tempo changes and loop jumps."""

from collections import deque

from timbred_bridge.wire import Transport

MEMORY_BARS = 64


class BarLines:
    """The frames of the last bar lines that were heard.

    Each transport tells where its own bar began; the lines between it and the one before follow from its
    tempo. A jump of the song's position puts no line where none was heard.

    Args:
        sample_rate: Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._frames: deque[int] = deque(maxlen=MEMORY_BARS)
        self._heard_until = 0

    def follow(self, transport: Transport | None) -> None:
        """Takes the newest transport; one without running beats forgets all lines."""
        if transport is None or transport.tempo_bpm is None or not transport.playing:
            self._frames.clear()
            self._heard_until = transport.frame if transport else 0
            return
        quarter_frames = 60.0 / transport.tempo_bpm * self._sample_rate
        bar_frames = transport.bar_quarters * quarter_frames
        into_bar = (transport.ppq_position - transport.bar_start_ppq) % transport.bar_quarters
        line = transport.frame - into_bar * quarter_frames
        new: list[int] = []
        while line > self._heard_until and len(new) < MEMORY_BARS:
            new.append(round(line))
            line -= bar_frames
        for frame in reversed(new):
            # A rounding of the host's position must not make one line two.
            if not self._frames or frame - self._frames[-1] > bar_frames / 16:
                self._frames.append(frame)
        self._heard_until = max(self._heard_until, transport.frame)

    def begin(self, bars: int) -> int | None:
        """The frame of the line with `bars` whole bars after it; None where fewer have passed."""
        return self._frames[-1 - bars] if len(self._frames) > bars else None

    @property
    def oldest(self) -> int | None:
        """The frame of the first line that is known."""
        return self._frames[0] if self._frames else None
