"""`timbred-train fit ...`, and what the fit model adds to `timbred-train prepare`."""

import typer

from timbred_training.fit import cli_prepare

app = typer.Typer(help="The model of which sounds belong with some music.", no_args_is_help=True)


def add_to(main: typer.Typer, prepare: typer.Typer) -> None:
    """Adds the commands to those of `timbred-train` and of its `prepare`."""
    cli_prepare.add_to(prepare)
    main.add_typer(app, name="fit")
