"""What is measured on a sound's audio, apart from what its names say."""

from dataclasses import dataclass

from timbred_catalogs.decode import Decoded, from_onset, resampled
from timbred_catalogs.envelope import attack_seconds, brightness_hz
from timbred_catalogs.header_facts import NO_FACTS, HeaderFacts
from timbred_catalogs.loudness import integrated_loudness
from timbred_catalogs.name_facts import Estimate
from timbred_catalogs.pitch import pitch_of
from timbred_catalogs.tempo import tempo_of
from timbred_catalogs.tonality import key_of

# Tempo and key lie low: at this rate they cost a quarter.
LOW_RATE = 11_025
# A period of a high note must still be some samples long.
PITCH_RATE = 22_050
# Of a long sound the beginning has the pitch.
PITCH_SECONDS = 3.0
# A shorter sound has no beat and no harmony to speak of.
LEAST_SECONDS_FOR_TEMPO = 1.5


@dataclass(frozen=True, slots=True)
class Measured:
    """Units as in `Sound`. `pitch` is None for what has none; `tempo` and `key` for short sounds too."""

    duration_seconds: float
    peak_db: float
    loudness_lufs: float
    channels: int
    sample_rate: int
    attack_seconds: float
    brightness_hz: float
    pitch: Estimate | None
    tempo: Estimate | None
    key: tuple[str, float] | None
    facts: HeaderFacts = NO_FACTS


def measured(decoded: Decoded) -> Measured:
    audio = from_onset(decoded)
    beginning = audio[: round(PITCH_SECONDS * decoded.audio_rate)]
    lasts = decoded.duration_seconds >= LEAST_SECONDS_FOR_TEMPO
    low = resampled(audio, decoded.audio_rate, LOW_RATE) if lasts else audio
    whole = decoded.duration_seconds if len(decoded.audio) == len(audio) else None
    return Measured(
        duration_seconds=decoded.duration_seconds,
        peak_db=decoded.peak_db,
        loudness_lufs=integrated_loudness(decoded.audio, decoded.audio_rate),
        channels=decoded.channels,
        sample_rate=decoded.sample_rate,
        attack_seconds=attack_seconds(audio, decoded.audio_rate),
        brightness_hz=brightness_hz(audio, decoded.audio_rate),
        pitch=pitch_of(resampled(beginning, decoded.audio_rate, PITCH_RATE), PITCH_RATE),
        tempo=tempo_of(low, LOW_RATE, whole) if lasts else None,
        key=key_of(low, LOW_RATE) if lasts else None,
        facts=decoded.facts,
    )
