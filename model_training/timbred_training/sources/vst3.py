"""Any VST3 instrument with a folder of presets, played note by note through pedalboard."""

import logging
from pathlib import Path
from typing import Any

import numpy as np

from timbred_training.errors import TrainingError
from timbred_training.sources.folder import printable
from timbred_training.sources.notes import LONGEST_SECONDS, RawNote, family_of, notes_to_play

log = logging.getLogger(__name__)

RATE = 44_100


class Vst3Source:
    """Every `.vstpreset` file below a folder; without a folder, the instrument as it opens."""

    split: str | None = None

    def __init__(self, plugin: Path, presets: Path | None, name: str, licence: str) -> None:
        from pedalboard import VST3Plugin

        self.name, self.licence = name, licence
        try:
            self._plugin: Any = VST3Plugin(str(plugin))
        except (ImportError, OSError, ValueError) as error:
            raise TrainingError(f"a VST3 instrument must lie at {plugin}: {error}") from error
        if not self._plugin.is_instrument:
            raise TrainingError(f"the plugin must be an instrument, and {plugin} is an effect")
        self._presets: dict[str, Path | None] = {f"{name}_default": None}
        if presets is not None:
            self._presets = {
                f"{name}_{printable(file.relative_to(presets).with_suffix(''))}": file
                for file in sorted(presets.rglob("*.vstpreset"))
                if not file.name.startswith(".")
            }
            if not self._presets:
                raise TrainingError(f"a folder of presets must hold .vstpreset files, and {presets} has none")

    def instruments(self) -> list[str]:
        """The presets by their paths below the folder."""
        return list(self._presets)

    def render(self, instrument: str) -> list[RawNote]:
        """Plays the reference note and three others on one preset."""
        preset = self._presets[instrument]
        if preset is not None:
            try:
                self._plugin.load_preset(str(preset))
            except RuntimeError as error:
                log.warning("%s is left out: %s", preset, error)
                return []
        family = family_of("" if preset is None else preset.stem)
        notes = []
        for note in notes_to_play(instrument, family):
            seconds = min(note.hold_seconds + 1.0, LONGEST_SECONDS)
            messages = [
                (bytes([0x90, note.pitch, note.velocity]), 0.0),
                (bytes([0x80, note.pitch, 0]), note.hold_seconds),
            ]
            audio = self._plugin(messages, duration=seconds, sample_rate=RATE, reset=True).mean(axis=0)
            if np.abs(audio).max() < 1e-3:
                return []
            notes.append(
                RawNote(
                    instrument, family, "train", True, note.reference, note.pitch, note.velocity, audio, RATE
                )
            )
        return notes
