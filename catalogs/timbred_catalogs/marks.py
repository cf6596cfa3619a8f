"""What the user says of sounds: favourite, tags, the right role."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.lock import marking
from timbred_catalogs.roles import require_roles
from timbred_catalogs.rows import printable
from timbred_catalogs.sound import Sound

ROLE_COLUMNS = ("role", "role_confidence", "role_source")
# What the user may say of a sound.
MARKED_COLUMNS = ("tags", "favourite", *ROLE_COLUMNS)


def set_favourite(catalogue: Catalogue, sound_ids: Sequence[str], favourite: bool) -> int:
    """Returns: how many sounds are different now."""
    return _change(
        catalogue, sound_ids, lambda sound: replace(sound, favourite=favourite), columns=("favourite",)
    )


def set_role(catalogue: Catalogue, sound_ids: Sequence[str], role: str) -> int:
    """The user's word stands above every guess, now and in later runs.

    Returns: how many sounds are different now.
    Raises: CatalogError for a role that is not in the table.
    """
    require_roles([role])
    return _change(
        catalogue,
        sound_ids,
        lambda sound: replace(sound, role=role, role_confidence=1.0, role_source="user"),
        columns=ROLE_COLUMNS,
    )


def change_tags(
    catalogue: Catalogue, sound_ids: Sequence[str], add: Sequence[str] = (), remove: Sequence[str] = ()
) -> int:
    """A tag stands once, in the order of giving, without blanks around it.

    Returns: how many sounds are different now.
    Raises: CatalogError for a tag to add that is empty.
    """
    if empty := [tag for tag in add if not tag.strip()]:
        raise CatalogError(f"a tag must have a character that shows, not {empty[0]!r}")

    given = [printable(tag.strip()) for tag in add]
    taken = {*remove, *map(str.strip, remove)}

    def changed(sound: Sound) -> Sound:
        tags = [*(tag for tag in sound.tags if tag not in taken), *given]
        return replace(sound, tags=tuple(dict.fromkeys(tags)))

    return _change(catalogue, sound_ids, changed, columns=("tags",))


def marked_as(sound: Sound, other: Sound) -> Sound:
    """`sound` with the tags, the star and the user's own role of `other`."""
    marked = replace(sound, tags=other.tags, favourite=other.favourite)
    if other.role_source != "user":
        return marked
    return replace(marked, role=other.role, role_confidence=other.role_confidence, role_source="user")


def _change(
    catalogue: Catalogue,
    sound_ids: Sequence[str],
    change: Callable[[Sound], Sound],
    columns: Sequence[str],
) -> int:
    """Returns: how many sounds are different now."""
    with marking(catalogue.tables.folder), catalogue.tables.writing():
        catalogue.tables.reopen()  # another process may have marked them since it was opened
        found = catalogue.by_id(sound_ids)
        changed = [new for old in found.values() if (new := change(old)) != old]
        catalogue.update(changed, columns)
    return len(changed)
