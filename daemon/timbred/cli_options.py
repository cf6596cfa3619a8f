"""The options by which the catalogue's commands narrow what they list and find."""

from pathlib import Path
from typing import Annotated

import typer

Roles = Annotated[list[str] | None, typer.Option("--role", help="Only this role; may be given again.")]
Kinds = Annotated[
    list[str] | None, typer.Option("--kind", help="one_shot, loop, long or instrument; again for more.")
]
Packs = Annotated[list[str] | None, typer.Option("--pack", help="Only this pack; may be given again.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="With this tag; may be given again.")]
Favourites = Annotated[bool, typer.Option("--favourites", help="Only your favourites.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="So many at most.")]


def path_of(text: str) -> Path:
    """What a shell makes of an unset variable must not become the current folder.

    Raises:
        CatalogError: There is no name.
    """
    from timbred_catalogs.errors import CatalogError

    if not text:
        raise CatalogError("a file or folder must have a name, not ''")
    return Path(text)


def needs(option: str, given: bool, other: str, other_given: bool) -> None:
    """Raises:
    CatalogError: `option` was given without the one that it says more of.
    """
    from timbred_catalogs.errors import CatalogError

    if given and not other_given:
        raise CatalogError(f"{option} needs {other}")


def not_both(option: str, given: bool, other: str, other_given: bool) -> None:
    """Raises:
    CatalogError: Both were given, and only one can be done.
    """
    from timbred_catalogs.errors import CatalogError

    if given and other_given:
        raise CatalogError(f"one of {option} and {other} must be given, not both")


def require(roles: list[str] | None, kinds: list[str] | None) -> None:
    """Raises:
    CatalogError: A role or kind is not in its table.
    """
    from timbred_catalogs.errors import CatalogError
    from timbred_catalogs.name_facts import KINDS
    from timbred_catalogs.roles import require_roles

    require_roles(roles or ())
    for kind in kinds or ():
        if kind not in KINDS:
            raise CatalogError(f"kind must be one of {', '.join(KINDS)}, not {kind}")


def tempo_range(tempo: str) -> tuple[float, float] | None:
    """`120` is 2 % around it, `118-124` is from the one to the other; None for an empty text.

    Raises:
        CatalogError: It is neither, or turned round.
    """
    from timbred_catalogs.errors import CatalogError

    if not tempo:
        return None
    try:
        numbers = [float(number) for number in tempo.split("-")]
    except ValueError:
        numbers = []
    if len(numbers) == 1:
        numbers = [numbers[0] * 0.98, numbers[0] * 1.02]
    if len(numbers) != 2 or not 0 < numbers[0] <= numbers[1] < float("inf"):
        raise CatalogError(f"tempo must be beats a minute like 120 or 118-124, not {tempo}")
    return numbers[0], numbers[1]
