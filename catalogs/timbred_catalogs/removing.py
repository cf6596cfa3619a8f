"""Takes sounds out of the catalogue; a content that also lies elsewhere on the disk stays there."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from timbred_catalogs.catalogue import ROWS_A_DELETE, Catalogue
from timbred_catalogs.describe import renamed
from timbred_catalogs.filters import one_of, paths_in
from timbred_catalogs.places import split_place
from timbred_catalogs.selection import at_or_below, select_to_remove
from timbred_catalogs.settle import move


@dataclass(frozen=True, slots=True)
class Removal:
    """What goes: `ids` whole, of the sounds in `kept` only some files, and `unreadable` files.

    `kept[id]` is where the sound is afterwards; `places` are the files that it loses there.
    """

    ids: list[str]
    unreadable: list[str]
    kept: dict[str, str]
    places: list[str]


def plan_removal(catalogue: Catalogue, names: Sequence[str]) -> Removal:
    """What the user means by ids, files and folders.

    Raises: CatalogError for a name that fits neither a sound nor an unreadable file.
    """
    by_id, unreadable = select_to_remove(catalogue, names)
    named = [sound_id for sound_id in by_id if any(sound_id.startswith(name) for name in names if name)]
    kept: dict[str, str] = {}
    places: list[str] = []
    for sound_id, files in _files(catalogue, [one for one in by_id if one not in set(named)]).items():
        going = [place for name in names for place in at_or_below(files, name)]
        staying = sorted(place for place in set(files) - set(going) if os.path.lexists(split_place(place)[0]))
        if staying:
            kept[sound_id] = staying[0]
            places += going
    return Removal([sound_id for sound_id in by_id if sound_id not in kept], unreadable, kept, places)


def remove(catalogue: Catalogue, removal: Removal) -> int:
    """Returns: how many sounds are not in the catalogue any more. A later `add` takes them in again."""
    removed = catalogue.remove(removal.ids)
    catalogue.forget_unreadable(removal.unreadable)
    with catalogue.tables.writing():
        for start in range(0, len(removal.places), ROWS_A_DELETE):
            part = removal.places[start : start + ROWS_A_DELETE]
            catalogue.tables.files.delete(paths_in([os.fsencode(place) for place in part]))
        found = catalogue.by_id(list(removal.kept))
        to = {sound_id: split_place(place)[0] for sound_id, place in removal.kept.items()}
        elsewhere = [sound for sound in found.values() if sound.path != to[sound.id]]
        move(catalogue, [renamed(s, to[s.id], str(PurePath(to[s.id]).parent)) for s in elsewhere])
    return removed


def _files(catalogue: Catalogue, sound_ids: Sequence[str]) -> dict[str, list[str]]:
    """The places of each sound's files, as the last run saw them."""
    files: dict[str, list[str]] = {}
    for start in range(0, len(sound_ids), ROWS_A_DELETE):
        wanted = one_of("sound_id", sound_ids[start : start + ROWS_A_DELETE])
        rows = catalogue.tables.files.search().where(wanted).select(["path", "sound_id"]).to_arrow()
        for place, sound_id in zip(rows["path"].to_pylist(), rows["sound_id"].to_pylist(), strict=True):
            files.setdefault(sound_id, []).append(os.fsdecode(place))
    return files
