"""Scores played with kits and presets drawn at random: many songs, in which nobody chose anything."""

import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from timbred_training.errors import TrainingError
from timbred_training.fit.kits import Kit
from timbred_training.fit.roles import role_of_drum_key, role_of_program
from timbred_training.fit.songs import (
    EXCERPT_SECONDS,
    TONAL_SECONDS,
    Array,
    OneShot,
    Song,
    Stem,
    peak_normalised,
)
from timbred_training.frontend import SAMPLE_RATE
from timbred_training.sources.folder import printable
from timbred_training.sources.midi import ScoreNote, find_scores, read_score

BEGIN = 0.2  # of the song
MOST_TONAL_STEMS = 6
SOUNDS_A_ROLE = 3
FAMILY = 8  # General MIDI's programs come in families of eight
SPREAD_DB = 6.0
PROBE_PITCH_RANGE = (36, 84)


class ScoreSource:
    """MIDI files played by random presets of a SoundFont and random kits; a song's author is its kit.

    Args:
        folder: Where the scores lie.
        kits: What drums are drawn from.
        font: The SoundFont of all other parts.
        renditions: How often each score is played, with other sounds each time.

    Raises:
        TrainingError: if there is no score, the SoundFont cannot be read, or the package that plays it is
            missing.
    """

    real = False

    def __init__(
        self, folder: Path, kits: Sequence[Kit], font: Path, name: str = "scores", renditions: int = 1
    ) -> None:
        try:
            import tinysoundfont
        except ImportError as error:
            raise TrainingError("SoundFonts need a package: 'pip install --no-deps tinysoundfont'") from error
        self.name, self._kits = name, list(kits)
        scores = find_scores(folder)
        self._scores = {
            f"{printable(score.relative_to(folder))}#{k + 1}": score
            for k in range(renditions)
            for score in scores
        }
        self._synth: Any = tinysoundfont.Synth(samplerate=SAMPLE_RATE, gain=-12)
        try:
            self._font = self._synth.sfload(str(font))
        except RuntimeError as error:
            raise TrainingError(f"a SoundFont must be a readable .sf2 or .sf3 file, not {font}") from error
        named = ((preset, self._synth.sfpreset_name(self._font, 0, preset)) for preset in range(128))
        self._presets = {preset: str(name) for preset, name in named if name}

    def songs(self) -> list[str]:
        """The scores' paths, with the rendition's number."""
        return list(self._scores)

    def read(self, song: str) -> Song | None:
        """Plays half a minute; None where there are no drums, or nothing else."""
        rng = np.random.default_rng(zlib.crc32(song.encode()))
        notes = _excerpt(read_score(self._scores[song]))
        kit = self._kits[int(rng.integers(len(self._kits)))]
        drums = _drum_stems([note for note in notes if note.is_drum], kit, rng)
        tonal = self._tonal_stems([note for note in notes if not note.is_drum], rng)
        return Song(song, kit.name, (*drums, *tonal)) if len(drums) > 1 and tonal else None

    def _tonal_stems(self, notes: list[ScoreNote], rng: np.random.Generator) -> list[Stem]:
        by_program: dict[int, list[ScoreNote]] = defaultdict(list)
        for note in notes:
            by_program[note.program].append(note)
        playable = [program for program in by_program if self._family(program)]
        most_played = sorted(playable, key=lambda program: -len(by_program[program]))[:MOST_TONAL_STEMS]
        return [self._tonal_stem(program, by_program[program], rng) for program in most_played]

    def _family(self, program: int) -> list[int]:
        """The SoundFont's presets of a program's family."""
        first = program // FAMILY * FAMILY
        return [preset for preset in range(first, first + FAMILY) if preset in self._presets]

    def _tonal_stem(self, program: int, notes: list[ScoreNote], rng: np.random.Generator) -> Stem:
        family = self._family(program)
        preset = family[int(rng.integers(len(family)))]
        self._synth.program_select(0, self._font, 0, preset)
        audio = _gain(rng) * self._play(notes, EXCERPT_SECONDS)
        role = role_of_program(preset)
        pitch = int(np.clip(np.median([note.pitch for note in notes]), *PROBE_PITCH_RANGE))
        struck = ScoreNote(0.0, TONAL_SECONDS * 2 / 3, pitch, 100, preset, False, 0)
        sound = peak_normalised(self._play([struck], TONAL_SECONDS))
        return Stem(self._presets[preset], audio, (OneShot(role, sound),) if role else ())

    def _play(self, notes: list[ScoreNote], seconds: float) -> Array:
        events = [(note.start_seconds, True, note) for note in notes]
        events += [(note.end_seconds, False, note) for note in notes]
        parts: list[Array] = []
        now = 0
        self._synth.sounds_off()
        for when, begins, note in sorted(events, key=lambda event: event[:2]):
            frame = min(int(when * SAMPLE_RATE), int(seconds * SAMPLE_RATE))
            parts.append(_generated(self._synth, frame - now))
            now = frame
            if begins:
                self._synth.noteon(0, note.pitch, note.velocity)
            else:
                self._synth.noteoff(0, note.pitch)
        parts.append(_generated(self._synth, int(seconds * SAMPLE_RATE) - now))
        return np.concatenate(parts)


def _generated(synth: Any, frames: int) -> Array:
    if frames <= 0:
        return np.zeros(0, np.float32)
    mono: Array = np.frombuffer(synth.generate(frames), dtype=np.float32).reshape(-1, 2).mean(axis=1)
    return mono


def _excerpt(notes: list[ScoreNote]) -> list[ScoreNote]:
    """What begins inside the excerpt, in seconds from its beginning."""
    end = max((note.end_seconds for note in notes), default=0.0)
    first = min(BEGIN * end, max(0.0, end - EXCERPT_SECONDS))
    return [
        replace(note, start_seconds=note.start_seconds - first, end_seconds=note.end_seconds - first)
        for note in notes
        if first <= note.start_seconds < first + EXCERPT_SECONDS
    ]


def _drum_stems(notes: list[ScoreNote], kit: Kit, rng: np.random.Generator) -> list[Stem]:
    """One stem a role; the keys of a role take the kit's sounds of that role in turn."""
    by_role: dict[str, list[ScoreNote]] = defaultdict(list)
    for note in notes:
        by_role[role_of_drum_key(note.pitch)].append(note)
    stems = []
    for role, played in sorted(by_role.items()):
        sounds = kit.sounds(role, SOUNDS_A_ROLE)
        if sounds:
            keys = sorted({note.pitch for note in played})
            chosen = {key: sounds[k % len(sounds)] for k, key in enumerate(keys)}
            audio = 0.5 * _gain(rng) * _placed(played, chosen)
            shots = tuple(OneShot(role, sound) for sound in sounds[: len(keys)])
            stems.append(Stem(f"{kit.name} {role}", audio, shots))
    return stems


def _placed(notes: list[ScoreNote], sounds: dict[int, Array]) -> Array:
    longest = max(len(sound) for sound in sounds.values())
    audio = np.zeros(int(EXCERPT_SECONDS * SAMPLE_RATE) + longest, np.float32)
    for note in notes:
        begin, sound = int(note.start_seconds * SAMPLE_RATE), sounds[note.pitch]
        audio[begin : begin + len(sound)] += (note.velocity / 127.0) ** 1.5 * sound
    return audio[: int(EXCERPT_SECONDS * SAMPLE_RATE)]


def _gain(rng: np.random.Generator) -> np.float32:
    return np.float32(10.0 ** (rng.uniform(-SPREAD_DB, SPREAD_DB) / 20.0))
