"""The command line. Nothing heavy is imported before a command needs it."""

from typing import Annotated

import typer

from timbred import cli_catalog, cli_daemon, cli_listen, cli_plugin

app = typer.Typer(
    name="timbred",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command()(cli_daemon.serve)
app.command()(cli_daemon.status)
app.command()(cli_daemon.stop)
app.command()(cli_daemon.watch)
app.command()(cli_listen.listen)
app.add_typer(cli_catalog.app, name="catalog")
app.add_typer(cli_plugin.app, name="plugin")


def _print_version(wanted: bool) -> None:
    if wanted:
        from timbred.version import VERSION

        print(f"timbred {VERSION}")
        raise typer.Exit


@app.callback()
def timbred(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Listens to the master bus and ranks the sounds on your own disk that match or fit the music."""


@app.command()
def config(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Prints where your settings are, and the commented defaults."""
    from timbred.config import config_path, defaults_text, load_config

    path = config_path()
    if json:
        from dataclasses import asdict

        from timbred.output import print_json

        print_json({"path": str(path), "exists": path.exists(), "settings": asdict(load_config())})
        return
    load_config()
    print(f"# {path}{'' if path.exists() else ' (does not exist: the defaults hold)'}\n")
    print(defaults_text(), end="")
