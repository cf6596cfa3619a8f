"""One note of an SFZ instrument: the samples of its regions, tuned, looped, faded and summed."""

import numpy as np
import soundfile as sf
import soxr

from timbred_catalogs.audio_file import open_audio
from timbred_catalogs.decode import NotNowError, UndecodableError
from timbred_catalogs.instruments.reference_note import (
    HOLD_SECONDS,
    RATE,
    RELEASE_SECONDS,
    VELOCITY,
    Rendered,
)
from timbred_catalogs.instruments.sfz import Region, regions_of

MOST_REGIONS = 16
SHORTEST_RELEASE_SECONDS = 0.01
# A player's tuning; what lies further off is a mistake in the file.
LARGEST_SHIFT_SEMITONES = 60.0
LOWEST_VOLUME_DB, HIGHEST_VOLUME_DB = -144.0, 48.0


def render(path: str, note: int) -> Rendered:
    """At `note`, or at the nearest key that the instrument has.

    Raises: UndecodableError with the reason, missing samples by their names.
    """
    starting = [(region, region.keys()) for region in regions_of(path) if region.starts()]
    note = _nearest([keys for _, keys in starting if keys], note)
    sounding = [region for region, keys in starting if note in keys][:MOST_REGIONS]
    missing = sorted({region.sample.name for region in sounding if not region.sample.is_file()})
    if missing:
        raise NotNowError(f"its samples are missing: {', '.join(missing[:3])}")
    audio = np.zeros((2, round((HOLD_SECONDS + RELEASE_SECONDS) * RATE)), np.float32)
    for region in sounding:
        _mix(audio, region, note)
    return Rendered(audio, note)


def _nearest(ranges: list[range], note: int) -> int:
    if not ranges:
        raise UndecodableError(f"no key of it sounds at velocity {VELOCITY}")
    nearest = [min(max(note, keys[0]), keys[-1]) for keys in ranges]
    return min(nearest, key=lambda key: (abs(key - note), key))


def _mix(audio: np.ndarray, region: Region, note: int) -> None:
    sample, rate = _sample(region)
    shift = _semitones(region, note)
    tuned = soxr.resample(sample, rate * 2 ** (shift / 12), RATE, quality="HQ")  # (frames, channels)
    tuned = np.asarray(tuned, np.float32).T[:, : audio.shape[1]]
    volume = min(max(region.number("volume", 0), LOWEST_VOLUME_DB), HIGHEST_VOLUME_DB)
    gain = 10 ** (volume / 20) * region.number("amplitude", 100) / 100
    audio[:, : tuned.shape[1]] += gain * tuned * _envelope(region, tuned.shape[1])


def _sample(region: Region) -> tuple[np.ndarray, int]:
    """(frames, channels) long enough for the note, its loop unrolled, and its rate."""
    frames_wanted = 2 ** (LARGEST_SHIFT_SEMITONES / 12) * (HOLD_SECONDS + RELEASE_SECONDS)
    try:
        with open_audio(str(region.sample)) as file:
            rate = file.samplerate
            sample = file.take(round(frames_wanted * rate))
    except (sf.SoundFileError, OSError, RuntimeError, ValueError) as error:
        raise UndecodableError(f"its sample {region.sample.name} cannot be decoded") from error
    start, end = round(region.number("offset", 0)), round(region.number("end", len(sample) - 1)) + 1
    loop_start, loop_end = round(region.number("loop_start", 0)), round(region.number("loop_end", 0)) + 1
    if start < 0:
        raise UndecodableError(f"offset must be 0 or more, not {start}")
    looped = region.opcodes.get("loop_mode") in ("loop_continuous", "loop_sustain")
    if looped and 0 <= loop_start < loop_end - 1 <= len(sample) - 1:
        loop = sample[loop_start:loop_end]
        turns = int(np.ceil(4 * (HOLD_SECONDS + RELEASE_SECONDS) * rate / len(loop)))
        return np.concatenate([sample[start:loop_end], np.tile(loop, (turns, 1))]), rate
    if len(sample[start:end]) == 0:
        raise UndecodableError(f"its sample {region.sample.name} holds no audio")
    return sample[start:end], rate


def _semitones(region: Region, note: int) -> float:
    centre = region.key("pitch_keycenter", 60)
    tracked = (note - centre) * region.number("pitch_keytrack", 100) / 100
    shift = tracked + region.number("transpose", 0) + region.number("tune", 0) / 100
    return float(np.clip(shift, -LARGEST_SHIFT_SEMITONES, LARGEST_SHIFT_SEMITONES))


def _envelope(region: Region, frames: int) -> np.ndarray:
    """Attack, and the release after the key is let go; a one-shot sample plays to its end."""
    moment = np.arange(frames) / RATE
    attack = np.clip(moment / max(region.number("ampeg_attack", 0), 1e-4), 0.0, 1.0)
    if region.opcodes.get("loop_mode") == "one_shot":
        return np.asarray(attack, np.float32)
    release = max(region.number("ampeg_release", 0.0), SHORTEST_RELEASE_SECONDS)
    fade = np.clip(1 - (moment - HOLD_SECONDS) / release, 0.0, 1.0)
    return np.asarray(attack * fade, np.float32)
