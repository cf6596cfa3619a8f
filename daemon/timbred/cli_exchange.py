"""`timbred catalog export` and `import`: a catalogue as a file that other programs read, and back."""

from pathlib import Path
from typing import Annotated

import typer

from timbred.cli_daemon import Catalog, Json
from timbred.cli_open import WAIT_SECONDS, counted, open_catalogue

File = Annotated[Path, typer.Argument(metavar="FILE", help="Its ending says the format: .parquet or .csv.")]


def export(
    file: File,
    replace: Annotated[bool, typer.Option("--replace", help="Write over a file that is there.")] = False,
    catalog: Catalog = "",
    json: Json = False,
) -> None:
    """Writes all that is known of your sounds into one file; Parquet with their vectors."""
    from timbred.output import print_json
    from timbred_catalogs.exporting import export as export_catalogue
    from timbred_catalogs.tables import home_expanded

    rows = export_catalogue(open_catalogue(catalog), home_expanded(file), replace=replace)
    if json:
        print_json({"file": str(file), "sounds": rows})
    else:
        print(f"{counted(rows, 'sound')} written to {file}")


def import_(file: File, catalog: Catalog = "", json: Json = False) -> None:
    """Takes tags, favourites and your roles from an exported file; from Parquet also sounds not yet known.

    Tags and favourites are added and never taken away. A role counts where role_source is user, and in a file
    that has no column role_source; other roles are left out.
    """
    from dataclasses import asdict

    from timbred.catalog_progress import say_waiting
    from timbred.output import print_json
    from timbred_catalogs.exporting import format_of
    from timbred_catalogs.import_rows import spaces_of
    from timbred_catalogs.importing import import_file
    from timbred_catalogs.tables import home_expanded

    file = home_expanded(file)
    whole = format_of(file) == ".parquet" and spaces_of(file) is not None
    opened = open_catalogue(catalog, "create" if whole else "write")
    done = import_file(opened, file, wait_seconds=WAIT_SECONDS, on_wait=say_waiting)
    if json:
        print_json(asdict(done))
    else:
        print(done.sentence())
