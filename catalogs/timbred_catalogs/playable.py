"""A file that any player takes, for every sound of a catalogue: an instrument's is its note, rendered."""

from pathlib import Path

from timbred_catalogs.decode import UndecodableError
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.instruments.reference_note import reference_note
from timbred_catalogs.note_cache import NoteCache
from timbred_catalogs.places import is_instrument
from timbred_catalogs.readers import LOAD_SECONDS, READERS, ReadFailedError, limit_seconds
from timbred_catalogs.rows import printable
from timbred_catalogs.sound import Sound


def playable(sound: Sound, cache: NoteCache | None = None) -> Path:
    """The sound's own file, or a WAV of the instrument's note, rendered where the cache has none.

    Raises: CatalogError where the instrument cannot be played any more.
    """
    if not is_instrument(sound.path):
        return Path(sound.path)
    cache = cache or NoteCache()
    try:
        return cache.find(sound) or cache.put(sound, lambda path: _render(sound, path))
    except OSError as error:
        raise CatalogError(f"{printable(str(cache.folder))} cannot be written: {error.strerror}") from error


def _render(sound: Sound, to: Path) -> None:
    """The note at which the instrument was heard when it was taken in."""
    note = round(sound.pitch_midi) if sound.pitch_midi is not None else reference_note(sound.role)
    limit = limit_seconds(sound.size_bytes) + LOAD_SECONDS
    try:
        READERS.ask("write_note", sound.path, sound.preset, note, str(to), limit=limit)
    except (UndecodableError, ReadFailedError, MemoryError) as error:
        raise CatalogError(f"{printable(sound.place)} cannot be played: {error}") from error
