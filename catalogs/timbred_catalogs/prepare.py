"""One chunk of files from disk to vectors; runs on a worker thread and touches no table."""

import logging
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from timbred_catalogs.content_id import content_id, content_of
from timbred_catalogs.decode import NotNowError, UndecodableError, unread
from timbred_catalogs.describe import describe, note_of
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.hearing import Ear, embed
from timbred_catalogs.ledger import NOT_TOLD
from timbred_catalogs.places import is_instrument, is_plugin
from timbred_catalogs.plugin_programs import programs_of
from timbred_catalogs.readers import LOAD_SECONDS, READERS, ReadFailedError, limit_seconds
from timbred_catalogs.reading import Heard
from timbred_catalogs.rows import printable
from timbred_catalogs.scan import Found, size_and_time
from timbred_catalogs.sound import Sound, Unreadable

logger = logging.getLogger(__name__)

# Of a plugin's programs; after so many the rest is not worth the time that each may take.
MOST_FAILED = 3
TOO_LARGE = "too large for the memory at hand"
# How the reason begins where nothing sounds.
SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Prepared:
    """`sounds[i]` came from `found[i]`; vectors[space] is (len(sounds), dim)."""

    found: list[Found] = field(default_factory=list)
    sounds: list[Sound] = field(default_factory=list)
    vectors: dict[str, np.ndarray] = field(default_factory=dict)
    known: list[tuple[Found, str]] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)


def prepare(
    chunk: Sequence[Found],
    known_ids: Container[str],
    embedders: Sequence[Embedder],
    *,
    with_programs: bool = False,
    is_stopping: Callable[[], bool] = lambda: False,
) -> Prepared:
    """Every file of the chunk ends in `sounds`, in `known` (its content is there already) or `unreadable`.

    `with_programs`: after each VST3 come its programs. These may take minutes; where it `is_stopping`
    meanwhile, nothing is prepared, for a plugin is taken in whole or not at all.
    """
    preparing = _Preparing(known_ids, embedders)
    for found in chunk:
        bad = preparing.take(found)
        if not with_programs or not is_plugin(found.path) or not (bad is None or _is_silent(bad)):
            continue
        programs = preparing.programs_or_put_off(found)
        if not preparing.take_programs(programs, is_stopping):
            return Prepared()
    return _embedded(preparing.done, preparing.audios, embedders)


class _Preparing:
    """What has become of a chunk so far; `audios[space]` is what the model hears of each sound."""

    def __init__(self, known_ids: Container[str], embedders: Sequence[Embedder]) -> None:
        self._known_ids, self._embedders = known_ids, embedders
        self._ears = [Ear(embedder.sample_rate, embedder.window_seconds) for embedder in embedders]
        self.done = Prepared()
        self.audios: dict[str, list[list[np.ndarray]]] = {embedder.space: [] for embedder in embedders}

    def take(self, found: Found) -> Unreadable | None:
        """Returns: what is said of it, if it is unreadable."""
        bad = self._try(found, None)
        if bad is not None:
            self.done.unreadable.append(bad)
        return bad

    def programs_or_put_off(self, plugin: Found) -> list[Found]:
        """Where its programs can't be listed now, the plugin that was taken is left to the next run."""
        try:
            return programs_of(plugin)
        except (NotNowError, MemoryError, ReadFailedError) as error:
            self._give_back(plugin)
            reason = f"its programs cannot be listed: {str(error) or TOO_LARGE}"
            self.done.unreadable.append(_untold(plugin, reason))
            return []

    def _give_back(self, found: Found) -> None:
        """What was taken last: a new sound, a known one or an unreadable one."""
        if self.done.found and self.done.found[-1] == found:
            self.done.found.pop()
            self.done.sounds.pop()
            for audio in self.audios.values():
                audio.pop()
        elif self.done.known and self.done.known[-1][0] == found:
            self.done.known.pop()
        else:
            self.done.unreadable.pop()

    def take_programs(self, programs: Sequence[Found], is_stopping: Callable[[], bool]) -> bool:
        """One that sounds as one before it is that one; of the silent ones the first is told.

        Returns: whether it came to the end of them.
        """
        sounded: set[str | None] = set()
        failed = silent = 0
        for program in programs:
            if is_stopping():
                return False
            if failed == MOST_FAILED:
                reason = f"not tried, nor are those after it: {failed} programs of its plugin failed"
                self.done.unreadable.append(_unreadable(program, reason))
                break
            bad = self._try(program, sounded)
            if bad is None:
                continue
            if not _is_silent(bad):
                failed += 1
            elif (silent := silent + 1) > 1:
                continue
            self.done.unreadable.append(bad)
        return True

    def _try(self, found: Found, sounded: set[str | None] | None) -> Unreadable | None:
        """One file that timbred fails on must not keep the others out."""
        try:
            if sounded is None:
                self._keep(found, *_read(found, self._known_ids, self._ears))
            else:
                self._keep_unlike(found, sounded)
        except NotNowError as error:
            return _untold(found, str(error))
        except UndecodableError as error:
            return _unreadable(found, str(error))
        except MemoryError:
            return _untold(found, TOO_LARGE)
        except Exception as error:
            logger.exception("%s", printable(found.place))
            said = str(error) if isinstance(error, ReadFailedError) else repr(error)
            return _untold(found, f"timbred failed on it: {said}")
        return None

    def _keep_unlike(self, program: Found, sounded: set[str | None]) -> None:
        """It is played even where it is known: what a later one is compared with is the same every time."""
        sound_id, heard = _read(program, frozenset(), self._ears)
        digest = heard.digest if heard is not None else None
        if digest not in sounded:
            sounded.add(digest)
            self._keep(program, sound_id, None if sound_id in self._known_ids else heard)

    def _keep(self, found: Found, sound_id: str, heard: Heard | None) -> None:
        if heard is None:
            self.done.known.append((found, sound_id))
            return
        self.done.sounds.append(describe(replace(found, note=heard.note), sound_id, heard.measured))
        self.done.found.append(found)
        for embedder, audio in zip(self._embedders, heard.windows, strict=True):
            self.audios[embedder.space].append(audio)


def _is_silent(bad: Unreadable) -> bool:
    return bad.reason.startswith(SILENT)


def _read(found: Found, known_ids: Container[str], ears: Sequence[Ear]) -> tuple[str, Heard | None]:
    try:
        sound_id = content_id(found)
        heard = None if sound_id in known_ids else hear(found, ears)
        now = content_of(found.path).stat()
    except OSError as error:
        raise unread(error) from error
    if size_and_time(now) != (found.size_bytes, found.mtime_ns):
        raise NotNowError("changed while it was read; the next run takes it")
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
    """Without its size and time: not the file's fault, so every run tries it again.

    A program is tried again when its plugin is.
    """
    if found.preset is not None and is_plugin(found.path):
        return _unreadable(found, reason)
    return Unreadable(found.place, reason, *NOT_TOLD)
