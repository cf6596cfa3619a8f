"""`timbred catalog search`: by words, by a file's sound, and by what is known of sounds, together."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from timbred.cli_daemon import Catalog, Json
from timbred.cli_open import open_catalogue
from timbred.cli_options import (
    Favourites,
    Kinds,
    Limit,
    Packs,
    Roles,
    Tags,
    needs,
    path_of,
    require,
    tempo_range,
)

if TYPE_CHECKING:
    from timbred_catalogs.finding import Wanted


def search(
    text: Annotated[
        str, typer.Argument(help="Words; all stand in name, pack or tags, or mean the role.")
    ] = "",
    like: Annotated[
        Path | None,
        typer.Option(
            "--like",
            metavar="FILE",
            help="The nearest to the sound of this file or instrument first.",
            parser=path_of,
        ),
    ] = None,
    role: Roles = None,
    kind: Kinds = None,
    pack: Packs = None,
    tag: Tags = None,
    favourites: Favourites = False,
    tempo: Annotated[str, typer.Option(help="Prefer this tempo, 120 or 118-124.", metavar="BPM")] = "",
    key: Annotated[str, typer.Option(help="Prefer this key: Am, F#, Bb minor.")] = "",
    strict: Annotated[
        bool, typer.Option("--strict", help="Leave out what has another tempo or key, or none that is known.")
    ] = False,
    space: Annotated[str, typer.Option(help="Compare sounds in this space.")] = "",
    limit: Limit = 20,
    catalog: Catalog = "",
    json: Json = False,
) -> None:
    """Finds sounds by words, by a file's sound, or both: words choose, the sound orders."""
    from timbred.catalog_tables import finding_value, print_findings
    from timbred.output import print_json
    from timbred_catalogs.filters import Where
    from timbred_catalogs.finding import Wanted, find

    require(role, kind)
    needs("--space", bool(space), "--like", like is not None)
    where = Where(role, kind, pack, tag or (), favourites=favourites)
    wanted = Wanted(text.strip(), None, where, tempo_range(tempo), key or None, strict)
    _require_a_question(wanted == Wanted(strict=strict) and like is None)
    opened = open_catalogue(catalog)
    found = find(opened, _with_sound(wanted, like, space), limit)
    if not json:
        print_findings(found)
        return
    for finding in found:
        print_json(finding_value(finding))


def _require_a_question(nothing: bool) -> None:
    from timbred_catalogs.errors import CatalogError

    if nothing:
        raise CatalogError("search must be told what to find: words, --like FILE, or an option that narrows")


def _with_sound(wanted: "Wanted", like: Path | None, space: str) -> "Wanted":
    from dataclasses import replace

    from timbred.catalog_like import like_file
    from timbred.models import default_encoder

    return wanted if like is None else replace(wanted, like=like_file(default_encoder(space or None), like))
