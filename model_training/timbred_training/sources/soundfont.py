"""SoundFonts (.sf2, .sf3): every melodic preset, rendered note by note by tinysoundfont."""

from pathlib import Path

import numpy as np

from timbred_training.errors import TrainingError
from timbred_training.sources.notes import LONGEST_SECONDS, PlayedNote, RawNote, family_of, notes_to_play

RATE = 44_100
DRUM_BANK = 128


class SoundFontSource:
    """Every preset of one SoundFont but the drum kits, whose keys are other instruments each."""

    def __init__(self, path: Path, name: str, licence: str) -> None:
        try:
            import tinysoundfont  # pyright: ignore[reportMissingImports]
        except ImportError as error:
            raise TrainingError("SoundFonts need a package: 'pip install --no-deps tinysoundfont'") from error

        self.name, self.licence = name, licence
        if not path.is_file():
            raise TrainingError(f"a SoundFont must lie at {path}")
        self._synth = tinysoundfont.Synth(samplerate=RATE, gain=-6)
        self._font = self._synth.sfload(str(path))
        self._presets = self._list_presets()

    def instruments(self) -> list[str]:
        """Ids of the presets, by bank and number."""
        return list(self._presets)

    def render(self, instrument: str) -> list[RawNote]:
        """Plays the reference note and three others on one preset."""
        bank, preset, name = self._presets[instrument]
        family = family_of(name)
        self._synth.program_select(0, self._font, bank, preset)
        notes = []
        for note in notes_to_play(instrument, family):
            audio = self._play(note)
            if np.abs(audio).max() < 1e-3:
                return []
            notes.append(
                RawNote(
                    instrument, family, "train", True, note.reference, note.pitch, note.velocity, audio, RATE
                )
            )
        return notes

    def _list_presets(self) -> dict[str, tuple[int, int, str]]:
        found = {}
        for bank in range(DRUM_BANK):
            for preset in range(128):
                name = self._synth.sfpreset_name(self._font, bank, preset)
                if name:
                    found[f"{self.name}_{bank:03d}_{preset:03d}"] = (bank, preset, str(name))
        return found

    def _play(self, note: PlayedNote) -> np.ndarray:
        self._synth.sounds_off()
        seconds = min(note.hold_seconds + 1.0, LONGEST_SECONDS)
        self._synth.noteon(0, note.pitch, note.velocity)
        held = self._generate(note.hold_seconds)
        self._synth.noteoff(0, note.pitch)
        return np.concatenate([held, self._generate(seconds - note.hold_seconds)])

    def _generate(self, seconds: float) -> np.ndarray:
        stereo = np.frombuffer(self._synth.generate(int(seconds * RATE)), dtype=np.float32)
        mono: np.ndarray = stereo.reshape(-1, 2).mean(axis=1)
        return mono
