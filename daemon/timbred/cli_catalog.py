"""`timbred catalog`: the sounds of your disk. Nothing heavy is imported before a command needs it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from timbred import cli_duplicates, cli_exchange, cli_find, cli_info, cli_marks, cli_preview, cli_watch
from timbred.catalog_engines import EngineName
from timbred.cli_daemon import Catalog, Json
from timbred.cli_open import WAIT_SECONDS, address, counted, open_catalogue
from timbred.cli_options import Favourites, Kinds, Limit, Packs, Roles, Tags, needs, path_of, require

if TYPE_CHECKING:
    from timbred_catalogs.catalogue import Catalogue
    from timbred_catalogs.filters import Where

app = typer.Typer(help="The catalogue of your sounds.", no_args_is_help=True, rich_markup_mode=None)
app.command("rm")(cli_marks.remove)
app.command()(cli_marks.tag)
app.command()(cli_marks.favourite)
app.command()(cli_info.info)
app.command()(cli_find.search)
app.command()(cli_preview.preview)
app.command()(cli_duplicates.duplicates)
app.command()(cli_watch.watch)
app.command()(cli_exchange.export)
app.command("import")(cli_exchange.import_)

STOPPED_STATUS = 130


@app.callback()
def catalog() -> None:
    """The catalogue of your sounds."""


@app.command()
def add(
    folders: Annotated[
        list[Path], typer.Argument(metavar="FOLDER...", help="Folders; single files too.", parser=path_of)
    ],
    workers: Annotated[int, typer.Option(min=0, help="So many at once; 0 is one for each core.")] = 0,
    engine: Annotated[EngineName, typer.Option(help="Who reads the files.")] = EngineName.THREADS,
    ray_address: Annotated[str, typer.Option(help="HOST:PORT of the cluster; by default one here.")] = "",
    catalog: Catalog = "",
    json: Json = False,
) -> None:
    """Takes the sounds of folders in; run again, it takes only what is new or changed."""
    from dataclasses import asdict

    from timbred.catalog_engines import chosen_engine
    from timbred.catalog_models import encoders_to_add_with
    from timbred.catalog_progress import decoders_kept_quiet, progress_bar, say_waiting
    from timbred.catalog_roles import role_head_for
    from timbred.output import print_json
    from timbred_catalogs.ingest import ingest

    needs("--ray-address", bool(ray_address), "--engine ray", engine is EngineName.RAY)
    _check_all_there(folders)
    opened = open_catalogue(catalog, "create")
    encoders = encoders_to_add_with(opened)
    with decoders_kept_quiet(), progress_bar(quiet=json) as show:
        summary = ingest(
            opened,
            folders,
            encoders,
            engine=chosen_engine(engine, workers, ray_address),
            role_head=role_head_for(encoders),
            on_progress=lambda progress: show(progress.phase, progress.done, progress.total),
            wait_seconds=WAIT_SECONDS,
            on_wait=say_waiting,
        )
    if json:
        print_json(asdict(summary))
    else:
        print(summary.sentence())
    if summary.stopped:
        raise typer.Exit(STOPPED_STATUS)


@app.command("ls")
def list_sounds(
    text: Annotated[
        str,
        typer.Argument(
            help="Looked for in names, packs and tags as it stands; 'search' knows words for roles, too."
        ),
    ] = "",
    role: Roles = None,
    kind: Kinds = None,
    pack: Packs = None,
    tag: Tags = None,
    favourites: Favourites = False,
    missing: Annotated[bool, typer.Option("--missing", help="Those whose files are gone.")] = False,
    limit: Limit = 100,
    catalog: Catalog = "",
    json: Json = False,
) -> None:
    """Lists sounds."""
    from timbred.catalog_tables import print_sounds, sound_value
    from timbred.output import print_json
    from timbred_catalogs.filters import Where

    require(role, kind)
    where = Where(role, kind, pack, tag or (), text or None, None, favourites, missing)
    opened = open_catalogue(catalog)
    if json:
        for sound in opened.sounds(where, limit=limit):
            print_json(sound_value(sound))
        return
    print_sounds(opened.sounds(where, limit=limit))
    _say_rest(opened, where, limit)


@app.command()
def rebuild(
    space: Annotated[str, typer.Option(help="Only this space; by default all installed models'.")] = "",
    workers: Annotated[int, typer.Option(min=0, help="Threads; 0 is one for each core.")] = 0,
    catalog: Catalog = "",
    json: Json = False,
) -> None:
    """Makes all vectors anew with the installed models; the old ones serve until the new are whole."""
    from dataclasses import asdict
    from functools import partial

    from timbred.catalog_models import wanted_encoders
    from timbred.catalog_progress import decoders_kept_quiet, progress_bar, say_waiting
    from timbred.catalog_roles import hear_roles_anew
    from timbred.output import print_json
    from timbred_catalogs.rebuild import rebuild as rebuild_space

    opened = open_catalogue(catalog, "write")
    encoders = wanted_encoders(opened, space or None)
    for encoder in encoders:
        with decoders_kept_quiet(), progress_bar(quiet=json) as show:
            done = rebuild_space(
                opened,
                encoder,
                workers=workers or None,
                on_progress=partial(show, "rebuilding"),
                wait_seconds=WAIT_SECONDS,
                on_wait=say_waiting,
            )
        if json:
            print_json({"space": encoder.space, "model": encoder.model_id, **asdict(done)})
        else:
            print(f"{encoder.space} ({encoder.model_id}): {done.sentence()}")
        if done.stopped:
            raise typer.Exit(STOPPED_STATUS)
    heard = hear_roles_anew(opened, encoders, WAIT_SECONDS)
    if heard and not json:
        print(f"roles: {counted(heard, 'sound')} heard anew")


@app.command()
def migrate(catalog: Catalog = "", json: Json = False) -> None:
    """Brings a catalogue of an older timbred to this one's schema."""
    from dataclasses import asdict

    from timbred.catalog_progress import say_waiting
    from timbred.output import print_json
    from timbred_catalogs.migrations import migrate as migrate_catalogue

    steps = migrate_catalogue(address(catalog), wait_seconds=WAIT_SECONDS, on_wait=say_waiting)
    if json:
        print_json({"steps": [asdict(step) for step in steps]})
        return
    for step in steps:
        print(f"to schema version {step.to_version}: {step.what}, {counted(step.rows, 'sound')}")
    if not steps:
        print("nothing to do: the catalogue has this timbred's schema version")


def _check_all_there(folders: list[Path]) -> None:
    """Before a catalogue is made for nothing."""
    from timbred_catalogs.errors import CatalogError
    from timbred_catalogs.rows import printable
    from timbred_catalogs.tables import home_expanded

    for folder in folders:
        try:
            there = home_expanded(folder).exists()
        except OSError:  # it cannot be looked at
            there = False
        if not there:
            raise CatalogError(f"there is no file or folder {printable(str(folder))}")


def _say_rest(opened: "Catalogue", where: "Where", limit: int) -> None:
    total = opened.count(where)
    if total > limit:
        print(f"{limit:,} of {total:,}; --limit shows more")
