"""`timbred plugin`."""

from typing import Annotated

import typer

from timbred.cli_daemon import Json

app = typer.Typer(help="The plugin for your DAW.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def plugin() -> None:
    """The plugin for your DAW."""


@app.command()
def install(
    source: Annotated[str, typer.Option("--from", help="Folder with the built plugin.")] = "",
    json: Json = False,
) -> None:
    """Puts the VST3, CLAP and LV2 where hosts look."""
    from pathlib import Path

    from timbred.output import print_json
    from timbred.plugin_install import install_plugins

    done = install_plugins(Path(source) if source else None)
    if json:
        print_json({"installed": [str(path) for path in done]})
        return
    for path in done:
        print(f"installed {path}")
    print("rescan plugins in your DAW, insert timbred on the master bus, and run 'timbred serve'")
