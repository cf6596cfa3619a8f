"""`timbred catalog rm`, `tag` and `favourite`: what is done to sounds that the user names."""

from typing import Annotated

import typer

from timbred.cli_daemon import Catalog, Json
from timbred.cli_open import counted, open_catalogue

Sounds = Annotated[
    list[str], typer.Argument(help="Ids (six digits suffice), files or folders.", metavar="SOUND...")
]


def remove(
    sounds: Sounds,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    catalog: Catalog = "",
    json: Json = False,
) -> None:
    """Takes sounds, and files listed as unreadable, out of the catalogue. They stay on the disk."""
    from timbred.output import print_json
    from timbred_catalogs.removing import plan_removal
    from timbred_catalogs.removing import remove as remove_from

    opened = open_catalogue(catalog, "write")
    removal = plan_removal(opened, sounds)
    both = _both(removal.ids, removal.unreadable) or counted(len(removal.places), "file")
    kept = f"{counted(len(removal.kept), 'sound')} with a copy elsewhere" if removal.kept else ""
    if not yes:
        stay = f" Of {kept} only these files go." if kept else ""
        typer.confirm(f"Take {both} out of the catalogue? The files stay.{stay}", abort=True, err=True)
    removed = remove_from(opened, removal)
    if json:
        print_json({"removed": removed, "unreadable": len(removal.unreadable), "kept": len(removal.kept)})
    else:
        stayed = f"; {kept} stayed" if kept else ""
        print(f"took {both} out of the catalogue; the files are where they were{stayed}")


def tag(
    sounds: Sounds,
    plus: Annotated[list[str] | None, typer.Option("--add", help="A tag to give; again for more.")] = None,
    minus: Annotated[list[str] | None, typer.Option("--remove", help="A tag to take away.")] = None,
    role: Annotated[str, typer.Option(help="The right role; stands above every guess.")] = "",
    catalog: Catalog = "",
    json: Json = False,
) -> None:
    """Gives and takes tags, or says what the right role is."""
    from timbred_catalogs.errors import CatalogError
    from timbred_catalogs.marks import change_tags, set_role
    from timbred_catalogs.roles import require_roles
    from timbred_catalogs.selection import select_ids

    if not (plus or minus or role):
        raise CatalogError("tag must be told what to change: --add, --remove or --role")
    if both := set(plus or ()) & set(minus or ()):
        raise CatalogError(f"a tag must be given or taken away, not both: {', '.join(sorted(both))}")
    require_roles([role] if role else [])
    opened = open_catalogue(catalog, "write")
    ids = select_ids(opened, sounds)
    changed = change_tags(opened, ids, plus or (), minus or ())
    if role:
        changed = max(changed, set_role(opened, ids, role))
    _say_changed(changed, json)


def favourite(
    sounds: Sounds,
    off: Annotated[bool, typer.Option("--off", help="Not a favourite any more.")] = False,
    catalog: Catalog = "",
    json: Json = False,
) -> None:
    """Marks favourites."""
    from timbred_catalogs.marks import set_favourite
    from timbred_catalogs.selection import select_ids

    opened = open_catalogue(catalog, "write")
    _say_changed(set_favourite(opened, select_ids(opened, sounds), not off), json)


def _both(ids: list[str], unreadable: list[str]) -> str:
    said = [counted(len(ids), "sound")] if ids else []
    return " and ".join(said + ([counted(len(unreadable), "unreadable file")] if unreadable else []))


def _say_changed(changed: int, json: bool) -> None:
    from timbred.output import print_json

    if json:
        print_json({"changed": changed})
    else:
        print(f"{counted(changed, 'sound')} changed")
