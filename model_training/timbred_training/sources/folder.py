"""Folders of samples: a subfolder that holds audio files is an instrument, each file one of its notes."""

import logging
import os
from pathlib import Path

from timbred_training.errors import TrainingError
from timbred_training.sources.notes import RawNote, family_of
from timbred_training.sources.sound_file import read_sound

log = logging.getLogger(__name__)

SUFFIXES = {
    *(".wav", ".wave", ".bwf", ".w64", ".rf64", ".aif", ".aiff", ".aifc", ".caf"),
    *(".flac", ".ogg", ".opus", ".mp3"),
}
UNKNOWN_PITCH, UNKNOWN_VELOCITY = 60, 100
FEWEST, MOST = 2, 100  # files of an instrument


def sound_files(folder: Path) -> list[Path]:
    """The sound files anywhere below a folder, by name, but hidden ones: macOS's `._a.wav` hold no sound."""
    files = sorted(folder.rglob("*"))
    return [file for file in files if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")]


def linked_files(folder: Path) -> list[Path]:
    """The files anywhere below a folder that are links, and may thus lie in another."""
    return [file for file in sorted(folder.rglob("*")) if file.is_symlink() and file.is_file()]


def printable(path: Path) -> str:
    """The path as text; bytes of it that are no UTF-8 as `\\xe9`."""
    return os.fsencode(path).decode(errors="backslashreplace")


class FolderSource:
    """Every subfolder of 2 to `most` audio files; bigger ones are collections, not instruments.

    Of the others a warning each.

    Raises:
        TrainingError: if no subfolder is an instrument.
    """

    split: str | None = None

    def __init__(self, folder: Path, name: str, licence: str, most: int = MOST) -> None:
        self.name, self.licence, self._folder = name, licence, folder
        if not folder.is_dir():
            raise TrainingError(f"a folder of samples must be a folder, and {folder} is none")
        files: dict[str, list[Path]] = {}
        for file in sound_files(folder):
            files.setdefault(printable(file.parent.relative_to(folder)), []).append(file)
        limits = f"must hold {FEWEST} to {most} sound files"
        for key, notes in files.items():
            if not FEWEST <= len(notes) <= most:
                log.warning("%s is left out: an instrument's folder %s, not %d", key, limits, len(notes))
        self._files = {f"{name}_{key}": notes for key, notes in files.items() if FEWEST <= len(notes) <= most}
        if not self._files:
            raise TrainingError(f"a subfolder of samples {limits}, and none of {folder} does")

    def instruments(self) -> list[str]:
        """The subfolders' names."""
        return list(self._files)

    def render(self, instrument: str) -> list[RawNote]:
        """Reads the files of one subfolder; the first that can be read is the reference."""
        family = family_of(instrument.removeprefix(f"{self.name}_"))
        notes: list[RawNote] = []
        for file in self._files[instrument]:
            try:
                audio, rate = read_sound(file)
            except TrainingError as error:
                log.warning("%s is left out: %s", file, error)
                continue
            notes.append(
                RawNote(
                    instrument,
                    family,
                    "train",
                    True,
                    not notes,
                    UNKNOWN_PITCH,
                    UNKNOWN_VELOCITY,
                    audio,
                    rate,
                )
            )
        return notes
