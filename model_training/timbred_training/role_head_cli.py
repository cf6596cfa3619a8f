"""`timbred-train roles`: fits the head for roles, and says how often it is right on what it never heard."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import numpy as np

    from timbred_training.role_head import Labelled
    from timbred_training.role_sources import RoleSound

Paths = list[Path] | None


def roles_command(
    model: Annotated[Path, typer.Argument(help="The model (.onnx) whose vectors the head takes.")],
    out: Annotated[Path, typer.Argument(help="The head's file (roles.npz), beside the model.")],
    kits: Annotated[Paths, typer.Option(help="A folder of drum kits; may be repeated.")] = None,
    notes: Annotated[Paths, typer.Option(help="A folder of note tables; may be repeated.")] = None,
    font: Annotated[Paths, typer.Option(help="A General MIDI SoundFont; may be repeated.")] = None,
    most_notes: Annotated[int, typer.Option(help="Notes of each role from the tables; 0 for all.")] = 0,
    check_font: Annotated[Paths, typer.Option(help="A SoundFont that is judged, not learnt from.")] = None,
    check_kits: Annotated[Paths, typer.Option(help="Kits that are judged, not learnt from.")] = None,
) -> None:
    """Teaches the catalogue to tell a sound's role by its vector."""
    from dataclasses import replace

    from timbred_training.onnx_encoder import OnnxEncoder
    from timbred_training.prepare import refuse_no_train
    from timbred_training.role_head import collect, fit, held_out, sureness, with_changed_drums, write_head

    for place in (*(kits or ()), *(notes or ()), *(font or ())):
        refuse_no_train(place)
    sounds = _sounds(kits or (), notes or (), font or (), most_notes)
    labelled = collect(model, with_changed_drums(sounds))
    logits, judged = held_out(labelled), labelled.judged
    factor = sureness(logits[judged], labelled.roles[judged])
    _print("held out", labelled, factor * logits)
    head = replace(fit(labelled.vectors, labelled.roles), sureness=factor)
    encoder = OnnxEncoder(model)
    write_head(out, head, encoder.model_id, encoder.space)
    print(f"{out}: {len(labelled.roles)} sounds of {len(set(labelled.groups))} kits and instruments")
    for place in (*(check_kits or ()), *(check_font or ())):
        theirs = _sounds((place,), (), (), 0) if place.is_dir() else _sounds((), (), (place,), 0)
        others = collect(model, (replace(sound, judged=True) for sound in theirs))
        _print(place.stem, others, head.logits(others.vectors))


def _sounds(
    kits: Iterable[Path], notes: Iterable[Path], fonts: Iterable[Path], most_notes: int
) -> "Iterator[RoleSound]":
    from timbred_training.role_sources import of_font, of_kits, of_notes

    yield from of_kits(*kits)
    for folder in notes:
        yield from of_notes(folder, most_notes)
    for font in fonts:
        yield from of_font(font)


def _print(title: str, labelled: "Labelled", logits: "np.ndarray") -> None:
    from timbred_training.role_report import confusion, reliability
    from timbred_training.role_table import DRUMS, INSTRUMENTS

    rows = labelled.judged
    logits, truth, groups = logits[rows], labelled.roles[rows], labelled.groups[rows]
    for kind, roles in (("drums", DRUMS), ("instruments", INSTRUMENTS), ("effects", ("effect",))):
        print(confusion(f"{title}, {kind}", roles, logits, truth, groups))
    print(reliability(logits, truth))
