"""The command line of the trainer: `timbred-train`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from timbred_training import descriptors_cli, prepare_cli, role_head_cli
from timbred_training.errors import TrainingError
from timbred_training.fit import cli as fit_cli

OF_NOTES = ("data", "split", "mixtures", "demucs", "one_vector")
OF_SONGS = ("beside", "layout", "author")
"""What `evaluate` takes without --fit, and with it."""

app = typer.Typer(
    name="timbred-train",
    help="Prepares sounds, trains encoders, measures them and writes them as ONNX files.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

app.add_typer(descriptors_cli.app, name="descriptors")


app.add_typer(prepare_cli.app, name="prepare")
fit_cli.add_to(app, prepare_cli.app)
app.command("roles")(role_head_cli.roles_command)


@app.callback()
def _root() -> None:
    """Prepares sounds, trains encoders, measures them and writes them as ONNX files."""


@app.command("evaluate")
def evaluate_command(
    context: typer.Context,
    model: Annotated[
        Path, typer.Argument(help="The .onnx file to measure; with --fit, the folder of songs to measure on.")
    ],
    data: Annotated[
        list[Path] | None, typer.Option(help="A folder of note tables (*.parquet), or one; may be repeated.")
    ] = None,
    split: Annotated[str, typer.Option(help="The split whose notes are the queries.")] = "valid",
    mixtures: Annotated[
        int, typer.Option(min=0, help="How many three-instrument mixtures to draw; 0 for none.")
    ] = 300,
    seed: Annotated[int, typer.Option(min=0, help="The seed of the mixtures.")] = 0,
    demucs: Annotated[
        Path | None, typer.Option(help="A folder of Demucs' weights: mixtures are separated first.")
    ] = None,
    one_vector: Annotated[
        bool, typer.Option(help="Ask mixtures by their own vector alone, without the role queries.")
    ] = False,
    fit: Annotated[
        Path | None,
        typer.Option(help="As `fit evaluate`: the folder of fit.context.onnx and fit.sample.onnx."),
    ] = None,
    beside: Annotated[
        list[Path] | None, typer.Option(help="With --fit: an encoder to compare; may be repeated.")
    ] = None,
    layout: Annotated[
        str, typer.Option(help="With --fit: what the songs are, modules or stems.")
    ] = "modules",
    author: Annotated[
        list[str] | None, typer.Option(help="With --fit: only this author's songs ask; may be repeated.")
    ] = None,
) -> None:
    """Prints how well a timbre model finds instruments again, by single notes and in mixtures.

    With --fit it prints where songs' own samples rank, as `timbred-train fit evaluate` does.
    """
    if fit is not None:
        _refuse_given(context, OF_NOTES, "what is about notes must stand without")
        fit_cli.evaluate(model, fit, beside, layout, author, seed)
        return
    _refuse_given(context, OF_SONGS, "what is about songs must stand with")
    if demucs and one_vector:
        raise TrainingError("mixtures must be asked by --demucs or by --one-vector, not by both")
    if not data:
        raise TrainingError("--data must name note tables to measure on, or --fit a fit model")
    from rich.console import Console

    from timbred_training.evaluate import evaluate, print_report

    report = evaluate(model, data, split, mixtures=mixtures, seed=seed, demucs=demucs, one_vector=one_vector)
    print_report(report, Console(width=110))


def _refuse_given(context: typer.Context, names: Sequence[str], rule: str) -> None:
    """Raises: TrainingError with the rule for options of those names that were given."""
    given = [
        name for name in names if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
    ]
    if given:
        options = ", ".join("--" + name.replace("_", "-") for name in given)
        raise TrainingError(f"{rule} --fit: {options}")


@app.command("train")
def train_command(
    config: Annotated[Path, typer.Argument(help="A settings file (*.toml).")],
    run: Annotated[Path, typer.Argument(help="The run's folder; one that holds a checkpoint is resumed.")],
    start_from: Annotated[
        Path | None, typer.Option(help="A run, or its checkpoint, whose weights a new run begins with.")
    ] = None,
) -> None:
    """Trains a timbre encoder, or goes on where it was stopped."""
    from timbred_training.settings import load_settings
    from timbred_training.train import train

    train(load_settings(config), run, start_from=start_from)


@app.command("blend")
def blend_command(
    notes: Annotated[Path, typer.Argument(help="A run that went on with notes alone.")],
    mixtures: Annotated[Path, typer.Argument(help="One that went on with mixtures, from the same weights.")],
    out: Annotated[Path, typer.Argument(help="The new run's folder.")],
) -> None:
    """Averages two runs' weights; what asks for roles is the second's, or their mean on one trunk."""
    from timbred_training.blend import blend

    print(blend(notes, mixtures, out))


@app.command("refit")
def refit_command(
    run: Annotated[Path, typer.Argument(help="A finished run's folder.")],
    out: Annotated[Path, typer.Argument(help="The new run's folder.")],
    also: Annotated[
        list[Path] | None, typer.Option(help="Further prepared notes, beside the run's; may be repeated.")
    ] = None,
) -> None:
    """Fits a run's last layer anew to its train notes: discriminants, then thousands of notes a step."""
    from timbred_training.refit import refit

    print(refit(run, out, also=also or ()))


@app.command("refit-roles")
def refit_roles_command(
    config: Annotated[Path, typer.Argument(help="A settings file of the objective held: its mixtures.")],
    run: Annotated[Path, typer.Argument(help="A finished run's folder.")],
    out: Annotated[Path, typer.Argument(help="The new run's folder.")],
    batches: Annotated[int, typer.Option(min=1, help="Of new mixtures, 13 MiB each in memory.")] = 200,
    steps: Annotated[int, typer.Option(min=1, help="Steps of the fit.")] = 1000,
    variants: Annotated[
        float, typer.Option(min=0, max=1, help="Share of instruments that play as variants of themselves.")
    ] = 0.0,
    songs: Annotated[
        list[Path] | None, typer.Option(help="Prepared songs, asked for their own drums; may be repeated.")
    ] = None,
    hold_out: Annotated[
        list[str] | None, typer.Option(help="An author whose songs are left out; may be repeated.")
    ] = None,
) -> None:
    """Fits what answers for a role to many new mixtures, and changes nothing else."""
    from timbred_training.role_refit import refit_roles
    from timbred_training.settings import load_settings

    made = refit_roles(
        load_settings(config),
        run,
        out,
        batches=batches,
        steps=steps,
        variant_share=variants,
        songs=songs or (),
        hold_out=hold_out or (),
    )
    print(made)


@app.command("curves")
def curves_command(run: Annotated[Path, typer.Argument(help="The run's folder.")]) -> None:
    """Writes a page of the run's curves beside its metrics."""
    from timbred_training.curves import write_page

    print(write_page(run))


@app.command("import")
def import_command(
    model: Annotated[Path, typer.Argument(help="An exported .onnx file of the encoder live, in floats.")],
    config: Annotated[Path, typer.Argument(help="A settings file of an encoder of that size.")],
    run: Annotated[Path, typer.Argument(help="The new run's folder.")],
) -> None:
    """Makes a run of an exported model, to refit it or to train it further."""
    from timbred_training.import_model import import_model
    from timbred_training.settings import load_settings

    print(import_model(model, load_settings(config), run))


@app.command("export")
def export_command(
    run: Annotated[Path, typer.Argument(help="The run's folder.")],
    path: Annotated[Path, typer.Argument(help="The .onnx file to write.")],
    separator: Annotated[
        str, typer.Option(help="A separator in front: hpss, or the folder of a run that learned masks.")
    ] = "",
    int8: Annotated[
        Path | None,
        typer.Option(help="A folder of note tables: 8 bits, calibrated on their train notes."),
    ] = None,
) -> None:
    """Writes a run's averaged encoder as an ONNX file."""
    from tempfile import TemporaryDirectory

    from timbred_training.export_timbre import export_run

    if int8 is None:
        print(export_run(run, path, separator=separator))
        return
    from timbred_training.quantise import quantise

    with TemporaryDirectory() as folder:
        floats = Path(folder) / "floats.onnx"
        export_run(run, floats, separator=separator)
        print(quantise(floats, path, int8))


def main() -> None:
    """Runs the command line; what the user can mend is printed as one line, anything else is a bug."""
    try:
        app()
    except TrainingError as error:
        print(f"timbred-train: {error}", file=sys.stderr)
        sys.exit(1)
