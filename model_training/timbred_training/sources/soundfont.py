"""SoundFonts (.sf2, .sf3): every melodic preset, rendered note by note by tinysoundfont."""

from pathlib import Path

import numpy as np

from timbred_training.sources.notes import LONGEST_SECONDS, RawNote, family_of, notes_to_play
from timbred_training.sources.soundfont_player import DRUM_BANK, RATE, SoundFontPlayer


class SoundFontSource:
    """Every preset of one SoundFont but the drum kits, whose keys are other instruments each."""

    split: str | None = None

    def __init__(self, path: Path, name: str, licence: str) -> None:
        self.name, self.licence = name, licence
        self._player = SoundFontPlayer(path)
        self._presets = {
            f"{name}_{bank:03d}_{number:03d}": ((bank, number), preset_name)
            for (bank, number), preset_name in self._player.presets().items()
            if bank != DRUM_BANK
        }

    def instruments(self) -> list[str]:
        """Ids of the presets, by bank and number."""
        return list(self._presets)

    def render(self, instrument: str) -> list[RawNote]:
        """Plays the reference note and three others on one preset."""
        preset, name = self._presets[instrument]
        family = family_of(name)
        notes = []
        for note in notes_to_play(instrument, family):
            tail = min(1.0, LONGEST_SECONDS - note.hold_seconds)
            audio = self._player.play(preset, note.pitch, note.velocity, note.hold_seconds, tail)
            if np.abs(audio).max() < 1e-3:
                return []
            notes.append(
                RawNote(
                    instrument, family, "train", True, note.reference, note.pitch, note.velocity, audio, RATE
                )
            )
        return notes
