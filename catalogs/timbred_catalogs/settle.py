"""After a run: every sound's path is a file that holds it, and what has no file any more is missing."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.describe import renamed
from timbred_catalogs.ledger import Ledger
from timbred_catalogs.sound import Sound

ROWS_A_COMMIT = 1000


@dataclass(frozen=True, slots=True)
class Settled:
    moved: int = 0
    missing: int = 0


def settle(catalogue: Catalogue, ledger: Ledger, roots: Sequence[str]) -> Settled:
    """Compares sounds with the ledger's files; safe to run at any time, and again."""
    paths = _paths_by_sound(ledger)
    wanted = {
        sound_id: path
        for sound_id, (stored, missing) in _stored(catalogue).items()
        if (path := _best_path(paths.get(sound_id, []), stored)) != (None if missing else stored)
    }
    moved = 0
    for start in range(0, len(wanted), ROWS_A_COMMIT):
        found = catalogue.by_id(list(wanted)[start : start + ROWS_A_COMMIT])
        changed = [_changed(sound, wanted[sound.id], roots) for sound in found.values()]
        moved += sum(not new.missing and new.path != found[new.id].path for new in changed)
        catalogue.update(changed)
    return Settled(moved, sum(path is None for path in wanted.values()))


def _paths_by_sound(ledger: Ledger) -> dict[str, list[str]]:
    """Of a sound with several files those that exist; the others, of a disk that is elsewhere now, go."""
    paths: dict[str, list[str]] = {}
    for path, file in ledger.files.items():
        paths.setdefault(file.sound_id, []).append(path)
    several = {sound_id: given for sound_id, given in paths.items() if len(given) > 1}
    gone: list[str] = []
    for sound_id, given in several.items():
        there = sorted(path for path in given if os.path.lexists(path))
        if there:
            paths[sound_id] = there
            gone += set(given) - set(there)
    ledger.forget(gone)
    return paths


def _stored(catalogue: Catalogue) -> dict[str, tuple[str, bool]]:
    """The path of every sound, and whether it is missing."""
    stored: dict[str, tuple[str, bool]] = {}
    query = catalogue.tables.sounds.search().select(["id", "path", "path_bytes", "missing"])
    for batch in query.to_batches():
        columns = [batch.column(name).to_pylist() for name in ("id", "path", "path_bytes", "missing")]
        for sound_id, path, path_bytes, missing in zip(*columns, strict=True):
            stored[sound_id] = (path if path_bytes is None else os.fsdecode(path_bytes), missing)
    return stored


def _best_path(paths: Sequence[str], stored: str) -> str | None:
    if stored in paths:
        return stored
    return paths[0] if paths else None


def _changed(sound: Sound, path: str | None, roots: Sequence[str]) -> Sound:
    if path is None:
        return replace(sound, missing=True)
    if path == sound.path:
        return replace(sound, missing=False)
    above = [root for root in roots if path.startswith(root.rstrip(os.sep) + os.sep)]
    return renamed(sound, path, max(above, key=len, default=str(PurePath(path).parent)))
