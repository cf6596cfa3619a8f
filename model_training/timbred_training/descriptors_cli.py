"""`timbred-train descriptors`: measure the training set, write the model file."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="The hand-made baseline encoder.", no_args_is_help=True)


@app.command()
def fit(
    data: Annotated[Path, typer.Option(help="folder of note tables, whose train notes are measured")],
    notes: Annotated[int, typer.Option(min=2, help="how many training notes to measure")] = 3000,
    seed: Annotated[int, typer.Option(help="of the choice of notes")] = 1,
    out: Annotated[Path | None, typer.Option(help="statistics file; the package's own by default")] = None,
) -> None:
    """Measure mean and deviation of every descriptor over a seeded choice of training notes."""
    from timbred_training.descriptors_fit import STATISTICS_PATH
    from timbred_training.descriptors_fit import fit as measure
    from timbred_training.prepare import refuse_no_train

    refuse_no_train(data)
    path = out or STATISTICS_PATH
    statistics = measure(data, notes=notes, seed=seed)
    statistics.write(path)
    typer.echo(f"{statistics.notes} notes measured, {path} written")


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="the .onnx file to write")],
    statistics: Annotated[Path | None, typer.Option(help="made by fit; the package's own by default")] = None,
) -> None:
    """Write the encoder as an ONNX file."""
    from timbred_training.descriptors import DESCRIPTOR_NAMES
    from timbred_training.descriptors_fit import STATISTICS_PATH, WINDOW_SECONDS, Statistics
    from timbred_training.descriptors_frames import SAMPLE_RATE_HZ
    from timbred_training.export import export_encoder, weights_hash

    encoder = Statistics.read(statistics or STATISTICS_PATH).encoder()
    model_id = f"descriptors-1-{weights_hash(encoder)}"
    export_encoder(
        encoder,
        out,
        space="descriptors",
        model_id=model_id,
        sample_rate=SAMPLE_RATE_HZ,
        window_seconds=WINDOW_SECONDS,
        embedding_dim=len(DESCRIPTOR_NAMES),
    )
    typer.echo(f"{model_id}, {out} written")
