"""One note of an SFZ instrument: the samples of its regions, tuned, looped, faded and summed."""

from dataclasses import replace

import numpy as np
import soundfile as sf
import soxr

from timbred_catalogs.audio_file import open_audio
from timbred_catalogs.decode import NotNowError, UndecodableError
from timbred_catalogs.header_facts import HeaderFacts
from timbred_catalogs.instruments.as_on_disk import as_on_disk
from timbred_catalogs.instruments.reference_note import (
    HOLD_SECONDS,
    MIDDLE_C,
    RATE,
    RELEASE_SECONDS,
    VELOCITY,
    Rendered,
)
from timbred_catalogs.instruments.sfz import Region, regions_of, switched_on

MOST_REGIONS = 16
SHORTEST_RELEASE_SECONDS = 0.01
# A player's tuning; what lies further off is a mistake in the file.
LARGEST_SHIFT_SEMITONES = 60.0
LOWEST_VOLUME_DB, HIGHEST_VOLUME_DB = -144.0, 48.0


def render(path: str, note: int) -> Rendered:
    """At `note`, or at the nearest key that the instrument has.

    Raises: UndecodableError with the reason, missing samples by their names.
    """
    regions = regions_of(path)
    switch = switched_on(regions)
    starting = [region for region in regions if region.starts(switch)]
    # Articulations may all wait for a controller: of such an instrument each is heard.
    starting = [region for region in starting if region.awaits_no_controller()] or starting
    reached = [(region, region.keys()) for region in starting]
    note = _nearest([keys for _, keys in reached if keys], note)
    sounding = [region for region, keys in reached if note in keys][:MOST_REGIONS]
    sounding = [replace(region, sample=as_on_disk(region.sample)) for region in sounding]
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
    sample, rate, facts = _sample(region)
    shift = _semitones(region, note, facts)
    tuned = soxr.resample(sample, rate * 2 ** (shift / 12), RATE, quality="HQ")  # (frames, channels)
    tuned = np.asarray(tuned, np.float32).T[:, : audio.shape[1]]
    volume = min(max(region.number("volume", 0), LOWEST_VOLUME_DB), HIGHEST_VOLUME_DB)
    gain = 10 ** (volume / 20) * region.number("amplitude", 100) / 100
    audio[:, : tuned.shape[1]] += gain * tuned * _envelope(region, tuned.shape[1])


def _sample(region: Region) -> tuple[np.ndarray, int, HeaderFacts]:
    """(frames, channels) long enough for the note, its loop unrolled, its rate, and what its header says."""
    frames_wanted = 2 ** (LARGEST_SHIFT_SEMITONES / 12) * (HOLD_SECONDS + RELEASE_SECONDS)
    try:
        with open_audio(str(region.sample)) as file:
            rate, facts = file.samplerate, file.facts()
            sample = file.take(round(frames_wanted * rate))
    except (sf.SoundFileError, OSError, RuntimeError, ValueError) as error:
        raise UndecodableError(f"its sample {region.sample.name} cannot be decoded") from error
    start, end = round(region.number("offset", 0)), round(region.number("end", len(sample) - 1)) + 1
    if start < 0:
        raise UndecodableError(f"offset must be 0 or more, not {start}")
    loop_start, loop_end = _loop(region, facts, len(sample))
    if 0 <= loop_start < loop_end - 1 <= len(sample) - 1:
        loop = sample[loop_start:loop_end]
        turns = int(np.ceil(4 * (HOLD_SECONDS + RELEASE_SECONDS) * rate / len(loop)))
        return np.concatenate([sample[start:loop_end], np.tile(loop, (turns, 1))]), rate, facts
    if len(sample[start:end]) == 0:
        raise UndecodableError(f"its sample {region.sample.name} holds no audio")
    return sample[start:end], rate, facts


def _loop(region: Region, facts: HeaderFacts, frames: int) -> tuple[int, int]:
    """Its first frame and the one after its last, (0, 0) for none; what it does not say, its sample does."""
    mode = region.opcodes.get("loop_mode", "no_loop" if facts.loop is None else "loop_continuous")
    if mode not in ("loop_continuous", "loop_sustain"):
        return 0, 0
    start, end = facts.loop or (0, frames)
    return round(region.number("loop_start", start)), round(region.number("loop_end", end - 1)) + 1


def _semitones(region: Region, note: int, facts: HeaderFacts) -> float:
    if region.opcodes.get("pitch_keycenter") == "sample":
        centre = MIDDLE_C if facts.root is None else round(facts.root.value)
    else:
        centre = region.key("pitch_keycenter", MIDDLE_C)
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
