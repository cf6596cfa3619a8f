"""`timbred catalog info`: what the catalogue holds, in the terminal or as a page with pictures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from timbred.cli_daemon import Catalog, Json
from timbred.cli_open import open_catalogue
from timbred.cli_options import needs, not_both, path_of

if TYPE_CHECKING:
    from timbred_catalogs.catalogue import Catalogue


def info(
    unreadable: Annotated[bool, typer.Option("--unreadable", help="The files left out, and why.")] = False,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write a page with a map that plays.", parser=path_of),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over a file that is there.")] = False,
    catalog: Catalog = "",
    json: Json = False,
) -> None:
    """Says what the catalogue holds, and which files could not be read."""
    from timbred.catalog_info import print_info, state_of
    from timbred.output import print_json
    from timbred_catalogs.tables import home_expanded

    not_both("--unreadable", unreadable, "--html", html is not None)
    needs("--replace", replace, "--html", html is not None)
    opened = open_catalogue(catalog)
    if unreadable:
        _print_unreadable(opened, json)
    elif html is not None:
        _write_page(opened, home_expanded(html), replace, json)
    elif json:
        print_json(state_of(opened))
    else:
        print_info(opened)


def _print_unreadable(opened: "Catalogue", json: bool) -> None:
    from timbred.catalog_tables import print_unreadable, unreadable_value
    from timbred.output import print_json

    if not json:
        print_unreadable(opened.unreadable())
        return
    for file in opened.unreadable():
        print_json(unreadable_value(file))


def _write_page(opened: "Catalogue", file: Path, replace: bool, json: bool) -> None:
    from functools import partial

    from timbred.catalog_page import page_of
    from timbred.catalog_progress import progress_bar
    from timbred.output import print_json
    from timbred_catalogs.whole_file import whole_file

    with whole_file(file, replace=replace) as unfinished:
        with progress_bar(quiet=json) as show:
            page = page_of(opened, partial(show, "rendering instruments"))
        unfinished.write_text(page, encoding="utf-8")
    if json:
        print_json({"file": str(file), "bytes": len(page.encode())})
    else:
        print(f"{file}: open it in a browser")
