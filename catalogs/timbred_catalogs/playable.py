"""Sounds of a catalogue to be heard: a file that any player takes, or frames that a host plays at once.

Of an instrument it is its note, rendered.
"""

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


def write_audition(sound: Sound, sample_rate: int, to: Path, cache: NoteCache | None = None) -> None:
    """The sound as it is auditioned into the file `to`: float32 frames of two channels, without a header.

    Raises: CatalogError where it cannot be played.
    """
    file = playable(sound, cache)
    _ask(sound, "write_audition", str(file), sample_rate, str(to), limit=limit_seconds(sound.size_bytes))


def _render(sound: Sound, to: Path) -> None:
    """The note at which the instrument was heard when it was taken in."""
    note = round(sound.pitch_midi) if sound.pitch_midi is not None else reference_note(sound.role)
    limit = limit_seconds(sound.size_bytes) + LOAD_SECONDS
    _ask(sound, "write_note", sound.path, sound.preset, note, str(to), limit=limit)


def _ask(sound: Sound, job: str, *arguments: object, limit: float) -> None:
    try:
        READERS.ask(job, *arguments, limit=limit)
    except (UndecodableError, ReadFailedError, MemoryError) as error:
        raise CatalogError(f"{printable(sound.place)} cannot be played: {error}") from error
