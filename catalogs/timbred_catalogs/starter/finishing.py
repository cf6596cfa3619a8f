"""From a raw voice to the sound that is written: the chain that a pack and a sound ask for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from timbred_catalogs.starter.effects import chorus, drive, finish, old_sampler, room, stereo
from timbred_catalogs.starter.signals import Signal


@dataclass(frozen=True)
class Finish:
    """Drive, then an old converter, chorus and room; 0 leaves a stage out."""

    drive: float = 0.0
    sampler_hz: float = 0.0
    sampler_bits: int = 12
    chorus: float = 0.0
    room: float = 0.0
    room_seconds: float = 0.8

    def apply(self, audio: Signal, generator: np.random.Generator) -> NDArray[np.float32]:
        """Mono stays mono until chorus or room: (frames,) or (2, frames) -> (channels, frames)."""
        audio = drive(audio, self.drive)
        if self.sampler_hz:
            audio = old_sampler(audio, self.sampler_hz, self.sampler_bits)
        if self.chorus:
            audio = chorus(stereo(audio), self.chorus)
        if self.room:
            audio = room(stereo(audio), self.room, self.room_seconds, generator)
        return finish(audio)
