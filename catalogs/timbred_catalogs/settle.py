"""After a run: where each sound's file is, what is missing, and which inherited marks are taken back."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import PurePath

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.describe import named_role, renamed
from timbred_catalogs.ledger import Ledger
from timbred_catalogs.lock import marking
from timbred_catalogs.marks import MARKED_COLUMNS, ROLE_COLUMNS
from timbred_catalogs.places import place_of, split_place
from timbred_catalogs.role_names import RoleGuess
from timbred_catalogs.role_sounds import RoleHead, heard_again
from timbred_catalogs.rows import SOUND_COLUMNS
from timbred_catalogs.sidecar import said_of
from timbred_catalogs.sound import Sound

ROWS_A_COMMIT = 1000
_MOVED_COLUMNS = [column for column in SOUND_COLUMNS if column not in ("id", *MARKED_COLUMNS)]
_STORED = ["id", "path", "path_bytes", "preset", "missing"]


@dataclass(frozen=True, slots=True)
class Settled:
    """How many sounds were moved, are back, went missing; `paths` is each sound's last place, by its id."""

    moved: int
    returned: int
    missing: int
    paths: Mapping[str, str]


def settle(
    catalogue: Catalogue, ledger: Ledger, roots: Sequence[str], role_head: RoleHead | None = None
) -> Settled:
    """Compares sounds with the ledger's files; safe to run at any time, and again.

    What the user said of a sound is not touched. With a `role_head` a moved sound's role comes from what was
    heard of it and from its new names, as a new sound's does.
    """
    catalogue.tables.reopen()
    paths, stored = _paths_by_sound(ledger), _stored(catalogue)
    wanted = {
        sound_id: best
        for sound_id, (path, missing) in stored.items()
        if (best := _best_path(paths.get(sound_id, []), path)) != (None if missing else path)
    }
    present = {sound_id: path for sound_id, path in wanted.items() if path is not None}
    moved = sum(path != stored[sound_id][0] for sound_id, path in present.items())
    left = iter(wanted.items())
    while part := list(islice(left, ROWS_A_COMMIT)):
        with marking(catalogue.tables.folder):
            catalogue.tables.reopen()  # the user may mark sounds meanwhile
            _settle_part(catalogue, dict(part), roots, role_head)
    last = {sound_id: path for sound_id, (path, _) in stored.items()}
    return Settled(moved, len(present) - moved, len(wanted) - len(present), last | present)


def _settle_part(
    catalogue: Catalogue, wanted: Mapping[str, str | None], roots: Sequence[str], head: RoleHead | None
) -> None:
    found = catalogue.by_id(list(wanted))
    changed = [_changed(sound, wanted[sound.id], roots) for sound in found.values()]
    still = [sound for sound in changed if sound.path == found[sound.id].path]
    catalogue.update(still, ["missing"])
    _move(catalogue, [sound for sound in changed if sound.path != found[sound.id].path], head)


def _move(catalogue: Catalogue, moved: Sequence[Sound], head: RoleHead | None) -> None:
    """Writes renamed sounds; not what the user said of them."""
    moved = _heard(catalogue, moved, head)
    own = [sound for sound in moved if sound.role_source == "user"]
    catalogue.update(own, _MOVED_COLUMNS)
    catalogue.update(
        [sound for sound in moved if sound.role_source != "user"], [*_MOVED_COLUMNS, *ROLE_COLUMNS]
    )


def unmark(
    catalogue: Catalogue, inherited: Mapping[str, Sound], roots: Sequence[str], head: RoleHead | None = None
) -> None:
    """Takes from new sounds the marks of the sound that each inherited them from, and no others."""
    with marking(catalogue.tables.folder):
        catalogue.tables.reopen()
        found = list(catalogue.by_id(list(inherited)).values())
        said = {sound.id: said_of(sound.path, _root_of(sound.path, roots)) for sound in found}
        tagged = [sound for sound in found if sound.tags == inherited[sound.id].tags]
        catalogue.update([replace(sound, tags=said[sound.id].tags) for sound in tagged], ["tags"])
        starred = [sound for sound in found if sound.favourite and inherited[sound.id].favourite]
        catalogue.update([replace(sound, favourite=False) for sound in starred], ["favourite"])
        named = [
            _by_name(sound, said[sound.id].role)
            for sound in found
            if sound.role_source == inherited[sound.id].role_source == "user"
            and sound.role == inherited[sound.id].role
        ]
        catalogue.update(_heard(catalogue, named, head), ROLE_COLUMNS)


def _by_name(sound: Sound, said: str | None) -> Sound:
    """With the role that the pack's maker says, or that the names do."""
    guess = RoleGuess(said, 1.0, "library") if said else named_role(sound)
    return replace(sound, role=guess.role, role_confidence=guess.confidence, role_source=guess.source)


def _heard(catalogue: Catalogue, sounds: Sequence[Sound], head: RoleHead | None) -> list[Sound]:
    """With the roles that are heard, where the catalogue holds vectors of the head's model."""
    if head is None or catalogue.spaces().get(head.space) != head.model_id:
        return list(sounds)
    return heard_again(catalogue, sounds, head)


def _paths_by_sound(ledger: Ledger) -> dict[str, list[str]]:
    """Of a sound with several files those that exist; the others, of a disk that is elsewhere now, go."""
    paths: dict[str, list[str]] = {}
    for path, file in ledger.files.items():
        paths.setdefault(file.sound_id, []).append(path)
    several = {sound_id: given for sound_id, given in paths.items() if len(given) > 1}
    gone: list[str] = []
    for sound_id, given in several.items():
        there = sorted(place for place in given if os.path.lexists(split_place(place)[0]))
        if there:
            paths[sound_id] = there
            gone += set(given) - set(there)
    ledger.forget(gone)
    return paths


def _stored(catalogue: Catalogue) -> dict[str, tuple[str, bool]]:
    """The place of every sound, and whether it is missing."""
    stored: dict[str, tuple[str, bool]] = {}
    query = catalogue.tables.sounds.search().select(_STORED)
    for batch in query.to_batches():
        columns = [batch.column(name).to_pylist() for name in _STORED]
        for sound_id, text, path_bytes, preset, missing in zip(*columns, strict=True):
            path = text if path_bytes is None else os.fsdecode(path_bytes)
            stored[sound_id] = (place_of(path, preset), missing)
    return stored


def _best_path(paths: Sequence[str], stored: str) -> str | None:
    if stored in paths:
        return stored
    return paths[0] if paths else None


def _changed(sound: Sound, place: str | None, roots: Sequence[str]) -> Sound:
    if place is None:
        return replace(sound, missing=True)
    path, _ = split_place(place)
    if path == sound.path:
        return replace(sound, missing=False)
    return renamed(sound, path, _root_of(path, roots))


def _root_of(path: str, roots: Sequence[str]) -> str:
    """The innermost of the folders above, else the file's own."""
    above = [root for root in roots if path.startswith(root.rstrip(os.sep) + os.sep)]
    return max(above, key=len, default=str(PurePath(path).parent))
