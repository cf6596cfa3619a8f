"""`timbred catalog preview`: a file for any player, of any sound."""

import os
import sys
from typing import Annotated

import typer

from timbred.cli_daemon import Catalog, Json
from timbred.cli_open import open_catalogue

Sounds = Annotated[
    list[str],
    typer.Argument(
        help="Ids (six digits suffice), files or folders; FILE.sf2#BANK:PROGRAM; PLUGIN.vst3#PROGRAM.",
        metavar="SOUND...",
    ),
]


def preview(sounds: Sounds, catalog: Catalog = "", json: Json = False) -> None:
    """Prints a file to play for each sound: its own, or an instrument's note, rendered for it."""
    from timbred.output import print_json
    from timbred_catalogs.errors import CatalogError
    from timbred_catalogs.playable import playable
    from timbred_catalogs.rows import printable
    from timbred_catalogs.selection import select_ids

    opened = open_catalogue(catalog)
    ids = select_ids(opened, sounds)
    found = opened.by_id(ids)
    for sound in map(found.__getitem__, ids):
        file = playable(sound)
        if sound.missing or not file.exists():
            raise CatalogError(f"{printable(sound.place)} is not there")
        if json:
            path = str(file)
            undecoded = {} if printable(path) == path else {"file_hex": os.fsencode(path).hex()}
            print_json({"id": sound.id, "name": sound.name, "file": printable(path), **undecoded})
        else:
            _print_path(str(file))


def _print_path(path: str) -> None:
    """As it is for a program that will open it; a person's terminal gets what it can show."""
    from timbred_catalogs.rows import printable

    if sys.stdout.isatty() or printable(path) == path:
        print(printable(path))
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(os.fsencode(path) + b"\n")
