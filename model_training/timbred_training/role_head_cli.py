"""`timbred-train roles`: fits the head for roles, and says how often it is right on what it never heard."""

from pathlib import Path
from typing import Annotated

import typer

Folders = list[Path] | None


def roles_command(
    model: Annotated[Path, typer.Argument(help="The timbre model (.onnx) whose vectors the head takes.")],
    out: Annotated[Path, typer.Argument(help="The head's file (roles.npz), beside the model.")],
    kits: Annotated[Folders, typer.Option(help="A folder of drum kits; may be repeated.")] = None,
    notes: Annotated[Folders, typer.Option(help="A folder of note tables; may be repeated.")] = None,
    font: Annotated[Folders, typer.Option(help="A General MIDI SoundFont; may be repeated.")] = None,
    most_notes: Annotated[int, typer.Option(help="Notes of each role from the tables; 0 for all.")] = 0,
) -> None:
    """Teaches the catalogue to tell a sound's role by its timbre vector."""
    from timbred_training.onnx_encoder import OnnxEncoder
    from timbred_training.prepare import refuse_no_train
    from timbred_training.role_head import (
        DRUMS,
        TONAL,
        Softmax,
        collect,
        fit,
        held_out,
        sureness,
        write_head,
    )
    from timbred_training.role_report import confusion

    for place in (*(kits or ()), *(notes or ()), *(font or ())):
        refuse_no_train(place)
    labelled = collect(model, kits or (), notes or (), font or (), most_notes)
    logits = held_out(labelled)
    for title, roles in (("drums", DRUMS), ("instruments", TONAL)):
        print(confusion(title, roles, logits, labelled.roles))
    factor = sureness(logits, labelled.roles)
    head = fit(labelled.vectors, labelled.roles)
    write_head(out, Softmax(factor * head.weight, factor * head.bias), OnnxEncoder(model).model_id)
    print(f"{out}: {len(labelled.roles)} sounds of {len(set(labelled.groups))} kits and instruments")
