"""Takes sounds out of the catalogue; a content that also lies elsewhere on the disk stays there."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from timbred_catalogs.catalogue import ROWS_A_DELETE, Catalogue
from timbred_catalogs.filters import one_of, paths_in
from timbred_catalogs.places import split_place
from timbred_catalogs.selection import at_or_below, ids_beginning, select_to_remove


@dataclass(frozen=True, slots=True)
class Removal:
    """What goes: the sounds `ids`, of the sounds `kept` only the files at `places`, and `unreadable` files.

    A sound that is kept is shown at one of its other files after the next run.
    """

    ids: list[str]
    kept: list[str]
    places: list[str]
    unreadable: list[str]


def plan_removal(catalogue: Catalogue, names: Sequence[str]) -> Removal:
    """What the user means by ids, files and folders.

    Raises: CatalogError for a name that fits neither a sound nor an unreadable file.
    """
    ids, unreadable = select_to_remove(catalogue, names)
    whole = {sound_id for name in names for sound_id in ids_beginning(catalogue, name)}
    kept: list[str] = []
    places: list[str] = []
    for sound_id, files in _files(catalogue, [one for one in ids if one not in whole]).items():
        going = {place for name in names for place in at_or_below(files, name)}
        if any(os.path.lexists(split_place(place)[0]) for place in set(files) - going):
            kept.append(sound_id)
            places += going
    return Removal([sound_id for sound_id in ids if sound_id not in set(kept)], kept, places, unreadable)


def remove(catalogue: Catalogue, removal: Removal) -> int:
    """Returns: how many sounds are not in the catalogue any more. A later `add` takes them in again."""
    removed = catalogue.remove(removal.ids)
    catalogue.forget_unreadable(removal.unreadable)
    with catalogue.tables.writing():
        for start in range(0, len(removal.places), ROWS_A_DELETE):
            part = removal.places[start : start + ROWS_A_DELETE]
            catalogue.tables.files.delete(paths_in([os.fsencode(place) for place in part]))
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
