"""Plays the demo's song: renders each voice, mixes, and writes the file with its `.json` beside it."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from timbred_catalogs.errors import CatalogError
from timbred_catalogs.starter.effects import PEAK, Stereo, stereo
from timbred_catalogs.starter.library import wave_bytes, write_if_other
from timbred_catalogs.starter.packs import Sound
from timbred_catalogs.starter.score import SIXTEENTHS_PER_BAR, Note, Score, Voice, demo_score
from timbred_catalogs.starter.signals import RATE_HZ, decay, frames_of

DEFAULT_SEED = 1
TAIL_SECONDS = 2.5
SWING = 0.06  # of a sixteenth, on every second one
DUCKED = {"bass": 0.45, "pad": 0.6, "strings": 0.4}  # how far a kick pushes these down


def write_demo_song(path: Path, *, seed: int = DEFAULT_SEED) -> dict[str, Any]:
    """Write the song as a 24-bit stereo WAV file at 44.1 kHz, and what plays when as JSON of the same name.

    A run that is cut off leaves no half of a song.

    Returns:
        what the JSON holds: tempo, sections in seconds with their voices, and for each voice its title, role
        and the library's files of the same instrument (none where the library does not hold it)

    Raises:
        CatalogError: if the file cannot be written.
    """
    score = demo_score()
    try:
        write_if_other(path.with_suffix(".json"), (json.dumps(describe(score), indent=1) + "\n").encode())
        write_if_other(path, wave_bytes(_mix(score, seed)))
    except OSError as error:
        raise CatalogError(
            f"the song must be written to a writable folder, not to {path}: {error}"
        ) from error
    return describe(score)


def describe(score: Score) -> dict[str, Any]:
    """Sections and voices as plain data."""

    def bar_seconds(bar: int) -> float:
        return round(score.seconds(bar * SIXTEENTHS_PER_BAR), 3)

    sections = [
        {
            "name": section.name,
            "start_seconds": bar_seconds(section.from_bar - 1),
            "end_seconds": bar_seconds(section.to_bar),
            "in_library": [name for name in section.voices if score.voices[name].library_paths],
            "not_in_library": [name for name in section.voices if not score.voices[name].library_paths],
        }
        for section in score.sections
    ]
    voices = {
        voice.name: {"title": voice.title, "role": voice.role, "library_files": list(voice.library_paths)}
        for voice in score.voices.values()
    }
    return {"tempo": score.tempo, "bars": score.bars, "sections": sections, "voices": voices}


def parts(score: Score, seed: int) -> Iterator[tuple[Voice, Stereo]]:
    """Each voice over the whole song, `(2, frames)`, as it reaches the master."""
    frames = frames_of(score.seconds(score.bars * SIXTEENTHS_PER_BAR) + TAIL_SECONDS)
    duck = _duck(score, frames)
    for voice in score.voices.values():
        yield voice, _play(score, voice, seed, frames) * (1 - DUCKED.get(voice.name, 0.0) * duck)


def _mix(score: Score, seed: int) -> Stereo:
    bus: Stereo = sum((part for _, part in parts(score, seed)), start=np.zeros((2, 1)))
    bus /= np.percentile(np.abs(bus), 99.5) * 1.6
    bus = np.tanh(bus)  # the master's soft limit
    bus[:, -frames_of(0.5) :] *= np.linspace(1, 0, frames_of(0.5))
    return np.asarray(bus * (PEAK / np.abs(bus).max()))


def _play(score: Score, voice: Voice, seed: int, frames: int) -> Stereo:
    part = np.zeros((2, frames))
    left_right = np.array([[np.sqrt(1 - voice.pan)], [np.sqrt(1 + voice.pan)]])
    gain = 10 ** (voice.gain_db / 20) * left_right

    @cache
    def rendered(path: str, hold_seconds: float) -> Stereo:
        return stereo(np.squeeze(sounds[path, hold_seconds].render(seed)).astype(np.float64))

    notes = score.notes(voice)
    sounds: dict[tuple[str, float], Sound] = {(n.sound.path, n.sound.hold_seconds): n.sound for n in notes}
    for note in notes:
        audio = rendered(note.sound.path, note.sound.hold_seconds)
        at = _start_frame(score, note)
        end = min(at + audio.shape[1], frames)
        part[:, at:end] += note.level * gain * audio[:, : end - at]
    return part


def _start_frame(score: Score, note: Note) -> int:
    late = SWING if note.start_sixteenth % 2 else 0.0
    return frames_of(score.seconds(note.start_sixteenth + late))


def _duck(score: Score, frames: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """1 at each kick, back to 0 before the next."""
    duck = np.zeros(frames)
    shape = decay(np.arange(frames_of(0.3)) / RATE_HZ, 0.05)
    shape *= np.minimum(np.arange(len(shape)) / frames_of(0.004), 1)
    for note in score.notes(score.voices["kick"]):
        at = _start_frame(score, note)
        duck[at : at + len(shape)] = np.maximum(duck[at : at + len(shape)], shape)
    return duck
