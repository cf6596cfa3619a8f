"""Folders of samples: a subfolder that holds audio files is an instrument, each file one of its notes."""

from pathlib import Path

import soundfile

from timbred_training.errors import TrainingError
from timbred_training.sources.notes import RawNote, family_of

SUFFIXES = {".wav", ".flac", ".ogg", ".aif", ".aiff", ".mp3", ".opus"}
UNKNOWN_PITCH, UNKNOWN_VELOCITY = 60, 100


class FolderSource:
    """Every subfolder of 2 to `most` audio files; bigger ones are collections, not instruments."""

    def __init__(self, folder: Path, name: str, licence: str, most: int = 100) -> None:
        self.name, self.licence, self._folder = name, licence, folder
        if not folder.is_dir():
            raise TrainingError(f"a folder of samples must be a folder, and {folder} is none")
        files: dict[str, list[Path]] = {}
        for file in sorted(folder.rglob("*")):
            if file.suffix.lower() in SUFFIXES:
                files.setdefault(f"{name}_{file.parent.relative_to(folder)}", []).append(file)
        self._files = {key: notes for key, notes in files.items() if 2 <= len(notes) <= most}

    def instruments(self) -> list[str]:
        """The subfolders' names."""
        return list(self._files)

    def render(self, instrument: str) -> list[RawNote]:
        """Reads the files of one subfolder; the first is the reference."""
        notes = []
        for k, file in enumerate(self._files[instrument]):
            audio, rate = soundfile.read(file, dtype="float32", always_2d=True)
            notes.append(
                RawNote(
                    instrument,
                    family_of(instrument),
                    "train",
                    True,
                    k == 0,
                    UNKNOWN_PITCH,
                    UNKNOWN_VELOCITY,
                    audio.mean(axis=1),
                    rate,
                )
            )
        return notes
