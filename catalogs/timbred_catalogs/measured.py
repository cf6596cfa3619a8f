"""What is measured on a sound's audio, apart from what its names say."""

from dataclasses import dataclass

from timbred_catalogs.decode import Decoded
from timbred_catalogs.loudness import integrated_loudness


@dataclass(frozen=True, slots=True)
class Measured:
    """Units as in `Sound`."""

    duration_seconds: float
    peak_db: float
    loudness_lufs: float
    channels: int
    sample_rate: int


def measured(decoded: Decoded) -> Measured:
    return Measured(
        duration_seconds=decoded.duration_seconds,
        peak_db=decoded.peak_db,
        loudness_lufs=integrated_loudness(decoded.audio, decoded.audio_rate),
        channels=decoded.channels,
        sample_rate=decoded.sample_rate,
    )
