"""The command line of the trainer: `timbred-train`."""

import sys

import typer

from timbred_training import descriptors_cli
from timbred_training.errors import TrainingError

app = typer.Typer(
    name="timbred-train",
    help="Prepares sounds, trains encoders, measures them and writes them as ONNX files.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

app.add_typer(descriptors_cli.app, name="descriptors")


@app.callback()
def _root() -> None:
    """Prepares sounds, trains encoders, measures them and writes them as ONNX files."""


def main() -> None:
    """Runs the command line; what the user can mend is printed as one line, anything else is a bug."""
    try:
        app()
    except TrainingError as error:
        print(f"timbred-train: {error}", file=sys.stderr)
        sys.exit(1)
