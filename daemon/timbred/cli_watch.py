"""`timbred catalog watch`: keeps the catalogue up with folders as they change."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from timbred.cli_daemon import Catalog, Json
from timbred.cli_open import open_catalogue
from timbred.cli_options import path_of

if TYPE_CHECKING:
    import threading

    from timbred_catalogs.summary import Summary

STAND_BACK = 19
"""Behind everything else on the machine, as `nice` has it."""


def watch(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FOLDER...]", help="By default those of the settings.", parser=path_of),
    ] = None,
    pause_while_playing: Annotated[
        bool, typer.Option("--pause-while-playing", help="Work only while the daemon hears no music.")
    ] = False,
    owner: Annotated[int, typer.Option(hidden=True)] = 0,
    catalog: Catalog = "",
    json: Json = False,
) -> None:
    """Takes up what changes in folders within seconds, at the lowest priority, until Ctrl-C."""
    import signal
    import threading

    from timbred import log
    from timbred.catalog_models import encoders_to_add_with
    from timbred.catalog_watch import Taker
    from timbred.client import music_plays
    from timbred.folder_watch import FolderWatch
    from timbred.priority import stand_back

    watched = _folders(folders, there=not owner)
    opened = open_catalogue(catalog, "create")
    encoders = encoders_to_add_with(opened)
    log.set_up("warning", json)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    plays = music_plays if pause_while_playing else lambda: False
    taker = Taker(opened, encoders, plays, stop, _say_json if json else _say)
    stand_back(STAND_BACK)
    if owner:
        threading.Thread(target=_end_with, args=(owner, stop), daemon=True).start()
    try:
        FolderWatch(watched, taker.concerns, taker.take, taker.may_work, stop).run()
    except KeyboardInterrupt:
        return


def _folders(named: list[Path] | None, there: bool) -> list[Path]:
    """A user's slip is told at once; the daemon's folders may lie on a disk that comes later."""
    from timbred.config import load_config
    from timbred_catalogs.errors import CatalogError
    from timbred_catalogs.rows import printable
    from timbred_catalogs.tables import home_expanded

    if named:
        for folder in named:
            if there and not home_expanded(folder).is_dir():
                raise CatalogError(f"a folder to watch must be there, not {printable(str(folder))}")
        return named
    configured = [Path(folder) for folder in load_config().catalog.watch]
    if not configured:
        raise CatalogError("watch must be told a folder, or find some in the setting catalog.watch")
    return configured


def _end_with(owner: int, stop: "threading.Event") -> None:
    """Ends with the daemon that started this, also where that was killed."""
    import psutil

    while not stop.wait(1.0):
        if not psutil.pid_exists(owner):
            stop.set()


def _say(summary: "Summary") -> None:
    print(summary.sentence(), flush=True)


def _say_json(summary: "Summary") -> None:
    from dataclasses import asdict

    from timbred.output import print_json

    print_json(asdict(summary))
