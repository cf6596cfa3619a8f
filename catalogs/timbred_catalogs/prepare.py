"""One chunk of files from disk to vectors; runs on a worker thread and touches no table."""

import hashlib
import logging
from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from timbred_catalogs.decode import UndecodableError
from timbred_catalogs.describe import describe, note_of
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.hearing import Ear, embed
from timbred_catalogs.instruments.vst3 import binary_of
from timbred_catalogs.places import is_instrument, place_of
from timbred_catalogs.readers import READERS, ReadFailedError, limit_seconds
from timbred_catalogs.reading import Heard
from timbred_catalogs.rows import printable
from timbred_catalogs.scan import Found
from timbred_catalogs.sound import Sound, Unreadable

logger = logging.getLogger(__name__)

HASH_BYTES = 16
READ_BYTES = 1 << 20
# An instrument is loaded before it plays, a plugin with all that its maker does then.
LOAD_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Prepared:
    """`sounds[i]` came from `found[i]`; vectors[space] is (len(sounds), dim)."""

    found: list[Found] = field(default_factory=list)
    sounds: list[Sound] = field(default_factory=list)
    vectors: dict[str, np.ndarray] = field(default_factory=dict)
    known: list[tuple[Found, str]] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)


def prepare(chunk: Sequence[Found], known_ids: Container[str], embedders: Sequence[Embedder]) -> Prepared:
    """Every file of the chunk ends in `sounds`, in `known` (its content is there already) or `unreadable`."""
    done = Prepared()
    audios: dict[str, list[list[np.ndarray]]] = {embedder.space: [] for embedder in embedders}
    for found in chunk:
        try:
            _take(found, known_ids, embedders, done, audios)
        except UndecodableError as error:
            done.unreadable.append(_unreadable(found, str(error)))
        except MemoryError:
            done.unreadable.append(_untold(found, "too large for the memory at hand"))
        except Exception as error:  # one file that timbred fails on must not keep the others out
            logger.exception("%s", printable(found.place))
            said = str(error) if isinstance(error, ReadFailedError) else repr(error)
            done.unreadable.append(_untold(found, f"timbred failed on it: {said}"))
    return _embedded(done, audios, embedders)


def _take(
    found: Found,
    known_ids: Container[str],
    embedders: Sequence[Embedder],
    done: Prepared,
    audios: dict[str, list[list[np.ndarray]]],
) -> None:
    """Puts one file where it belongs in `done`, and what each model hears of it into `audios`."""
    ears = [Ear(embedder.sample_rate, embedder.window_seconds) for embedder in embedders]
    sound_id, heard = _read(found, known_ids, ears)
    if heard is None:
        done.known.append((found, sound_id))
        return
    done.sounds.append(describe(replace(found, note=heard.note), sound_id, heard.measured))
    done.found.append(found)
    for embedder, audio in zip(embedders, heard.windows, strict=True):
        audios[embedder.space].append(audio)


def content_id(found: Found) -> str:
    """BLAKE2b-128 of the file's bytes, in hex; of a preset inside it, of those and its place."""
    if found.preset is None:
        return _digest(str(_content(found.path)))
    whole = _digest_once(found.path, found.size_bytes, found.mtime_ns)
    return hashlib.blake2b(place_of(whole, found.preset).encode(), digest_size=HASH_BYTES).hexdigest()


def _content(path: str) -> Path:
    """The file whose bytes and time stand for what is at `path`."""
    return binary_of(path) if path.lower().endswith(".vst3") else Path(path)


@lru_cache(maxsize=16)
def _digest_once(path: str, size_bytes: int, mtime_ns: int) -> str:
    """A SoundFont of hundreds of presets is read once."""
    return _digest(path)


def _digest(path: str) -> str:
    """Read in blocks of 1 MiB."""
    digest = hashlib.blake2b(digest_size=HASH_BYTES)
    with Path(path).open("rb") as file:
        while block := file.read(READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _read(found: Found, known_ids: Container[str], ears: Sequence[Ear]) -> tuple[str, Heard | None]:
    try:
        sound_id = content_id(found)
        heard = None if sound_id in known_ids else hear(found, ears)
        now = _content(found.path).stat()
    except OSError as error:
        raise UndecodableError(f"file cannot be read: {error.strerror}") from error
    if (now.st_size, now.st_mtime_ns) != (found.size_bytes, found.mtime_ns):
        raise UndecodableError("changed while it was read; the next run takes it")
    return sound_id, heard


def hear(found: Found, ears: Sequence[Ear]) -> Heard:
    """In a process of its own, within a time.

    Raises: UndecodableError with the reason, MemoryError, ReadFailedError.
    """
    limit = limit_seconds(found.size_bytes)
    if not is_instrument(found.path):
        heard: Heard = READERS.ask("hear", found.path, ears, limit=limit)
        return heard
    note = note_of(found)
    played: Heard = READERS.ask("hear_note", found.path, found.preset, note, ears, limit=limit + LOAD_SECONDS)
    return played


def _embedded(
    done: Prepared, audios: dict[str, list[list[np.ndarray]]], embedders: Sequence[Embedder]
) -> Prepared:
    """Sounds for which a model gives no finite vector go to the unreadable."""
    if not done.sounds:
        return done
    vectors = {embedder.space: embed(embedder, audios[embedder.space]) for embedder in embedders}
    finite = np.all([np.isfinite(given).all(axis=1) for given in vectors.values()], axis=0)
    lost = [found for found, good in zip(done.found, finite, strict=True) if not good]
    return Prepared(
        found=[found for found, good in zip(done.found, finite, strict=True) if good],
        sounds=[sound for sound, good in zip(done.sounds, finite, strict=True) if good],
        vectors={space: given[finite] for space, given in vectors.items()},
        known=done.known,
        unreadable=done.unreadable
        + [_unreadable(found, "the model gives no finite vector") for found in lost],
    )


def _unreadable(found: Found, reason: str) -> Unreadable:
    return Unreadable(found.place, reason, found.size_bytes, found.mtime_ns)


def _untold(found: Found, reason: str) -> Unreadable:
    """Without its size and time: not the file's fault, so every run tries it again."""
    return Unreadable(found.place, reason, 0, 0)
