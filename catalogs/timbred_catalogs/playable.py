"""A file that any player takes, for every sound of a catalogue: an instrument's is its note, rendered."""

import os
from pathlib import Path

from platformdirs import user_cache_dir

from timbred_catalogs.decode import UndecodableError
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.instruments.reference_note import reference_note
from timbred_catalogs.places import is_instrument
from timbred_catalogs.prepare import LOAD_SECONDS
from timbred_catalogs.readers import READERS, ReadFailedError, limit_seconds
from timbred_catalogs.rows import printable
from timbred_catalogs.sound import Sound


def playable(sound: Sound, cache: Path | None = None) -> Path:
    """The sound's own file, or a WAV of the instrument's reference note in the user's cache folder.

    Rendered once; the second call finds it there.
    Raises: CatalogError where the instrument cannot be played any more.
    """
    if not is_instrument(sound.path):
        return Path(sound.path)
    folder = cache or Path(user_cache_dir("timbred")) / "notes"
    rendered = folder / f"{sound.id}.wav"
    if not rendered.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        _render(sound, rendered)
    return rendered


def _render(sound: Sound, to: Path) -> None:
    """Whole or not at all, whoever asks for the same at once."""
    note = round(sound.pitch_midi) if sound.pitch_midi is not None else reference_note(sound.role)
    unfinished = to.with_suffix(f".{os.getpid()}.tmp")
    limit = limit_seconds(sound.size_bytes) + LOAD_SECONDS
    try:
        READERS.ask("write_note", sound.path, sound.preset, note, str(unfinished), limit=limit)
        unfinished.replace(to)
    except (UndecodableError, ReadFailedError, MemoryError) as error:
        unfinished.unlink(missing_ok=True)
        raise CatalogError(f"{printable(sound.place)} cannot be played: {error}") from error
