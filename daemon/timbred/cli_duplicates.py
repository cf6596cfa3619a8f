"""`timbred catalog duplicates`: a report; nothing is deleted."""

from typing import TYPE_CHECKING, Annotated

import typer

from timbred.cli_daemon import Catalog, Json
from timbred.cli_open import counted, open_catalogue
from timbred.cli_options import not_both

if TYPE_CHECKING:
    from timbred_catalogs.duplicates import Copies, NearGroup


def duplicates(
    cosine: Annotated[
        float | None,
        typer.Option(
            help="How near is nearly the same, 0.5..1; re-encoded copies reach 0.97.", show_default=False
        ),
    ] = None,
    copies_only: Annotated[bool, typer.Option("--copies", help="Only files of one content.")] = False,
    space: Annotated[str, typer.Option(help="Compare sounds in this space.")] = "",
    catalog: Catalog = "",
    json: Json = False,
) -> None:
    """Reports files of one content and sounds that are nearly the same. Nothing is deleted."""
    from timbred.catalog_models import sounding_space
    from timbred.catalog_progress import progress_bar
    from timbred.catalog_tables import copies_value, near_value
    from timbred.output import print_json
    from timbred_catalogs.duplicates import LEAST_COSINE, copies, near_duplicates

    not_both("--copies", copies_only, "--space", bool(space))
    not_both("--copies", copies_only, "--cosine", cosine is not None)
    opened = open_catalogue(catalog)
    same = copies(opened)
    space = space or sounding_space(opened) or ""
    near: list[NearGroup] = []
    least = LEAST_COSINE if cosine is None else cosine
    if space and not copies_only:
        with progress_bar(quiet=json) as show:
            near = near_duplicates(
                opened,
                space,
                least_cosine=least,
                on_progress=lambda done, total: show("comparing", done, total),
            )
    if json:
        for value in (*map(copies_value, same), *map(near_value, near)):
            print_json(value)
        return
    _print_copies(same)
    if space and not copies_only:
        _print_near(near, space, least)


def _print_copies(same: "list[Copies]") -> None:
    from timbred.catalog_tables import print_copies

    spare = sum(found.spare_bytes for found in same) / 1e6
    more = f"; {spare:,.1f} MB more than once each takes" if same else ""
    print(f"{counted(len(same), 'sound')} with several files of one content{more}")
    print_copies(same)


def _print_near(near: "list[NearGroup]", space: str, least: float) -> None:
    from timbred.catalog_tables import print_near

    print(
        f"\n{counted(len(near), 'group')} of nearly the same ({space} cosine of {least:g}, nearly one length)"
    )
    print_near(near)
