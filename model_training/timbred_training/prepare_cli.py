"""The commands `timbred-train prepare ...`: one a kind of source, each listing first what it uses."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from timbred_training.sources.notes import Source

app = typer.Typer(help="Turns sounds into prepared notes to train on; stopped, it goes on where it was.")

Where = Annotated[Path, typer.Argument(help="Where the sounds lie.")]
Out = Annotated[
    Path,
    typer.Argument(
        help="The Lance dataset to make or extend; a file *.parquet is a note table to measure on instead."
    ),
]
Name = Annotated[str, typer.Option(help="The source's name, kept with every note.")]
Licence = Annotated[str, typer.Option(help="The licence of the sounds, as it is told and listed.")]


@app.command("parquet")
def parquet(where: Where, out: Out, name: Name, licence: Licence) -> None:
    """Note tables (*.parquet) of one folder."""
    from timbred_training.sources.parquet import ParquetSource

    _prepare(where, out, lambda: ParquetSource(where, name, licence))


@app.command("nsynth")
def nsynth(
    where: Where,
    out: Out,
    name: Name = "nsynth",
    licence: Licence = "CC-BY-4.0",
    split: Annotated[
        str | None,
        typer.Option(help="The split that the folder is, by default what its name ends with, else train."),
    ] = None,
) -> None:
    """One folder of NSynth: examples.json and audio."""
    from timbred_training.sources.nsynth import NsynthSource, split_of

    _prepare(where, out, lambda: NsynthSource(where, name, licence, split or split_of(where)))


@app.command("folder")
def folder(where: Where, out: Out, name: Name, licence: Licence) -> None:
    """Samples in folders, one folder an instrument."""
    from timbred_training.sources.folder import FolderSource

    _prepare(where, out, lambda: FolderSource(where, name, licence))


@app.command("soundfont")
def soundfont(where: Where, out: Out, name: Name, licence: Licence) -> None:
    """The presets of a SoundFont (needs the package tinysoundfont)."""
    from timbred_training.sources.soundfont import SoundFontSource

    _prepare(where, out, lambda: SoundFontSource(where, name, licence))


@app.command("vst3")
def vst3(
    where: Where,
    out: Out,
    name: Name,
    licence: Licence,
    presets: Annotated[Path | None, typer.Option(help="A folder of .vstpreset files.")] = None,
) -> None:
    """A VST3 instrument and its presets."""
    from timbred_training.sources.vst3 import Vst3Source

    also = [] if presets is None else [presets]
    _prepare(where, out, _helped(Vst3Source, where, presets, name, licence), *also)


@app.command("dssi")
def dssi(where: Where, out: Out, name: Name, licence: Licence) -> None:
    """The programs of a DSSI synthesizer's banks, e.g. ZynAddSubFX's."""
    from timbred_training.sources.dssi import DssiSource

    _prepare(where, out, _helped(DssiSource, where, name, licence))


@app.command("amsynth")
def amsynth(
    out: Out,
    library: Annotated[Path, typer.Option(help="amsynth's DSSI build.")] = Path(
        "/usr/lib/dssi/amsynth_dssi.so"
    ),
    banks: Annotated[Path, typer.Option(help="The folder of its .bank files.")] = Path(
        "/usr/share/amsynth/banks"
    ),
) -> None:
    """The presets of amsynth's banks."""
    from timbred_training.sources.amsynth import AmsynthSource

    _prepare(banks, out, _helped(AmsynthSource, library, banks))


@app.command("mixtures")
def mixtures(
    where: Where,
    out: Annotated[Path, typer.Argument(help="The Lance dataset to make or extend.")],
    licence: Licence,
    count: Annotated[int, typer.Option(min=1, help="How many mixtures the dataset shall hold.")] = 2000,
    seed: Annotated[int, typer.Option(help="Of the choice of instruments, notes and bus.")] = 0,
) -> None:
    """Mixtures of the train notes of note tables, through a mix bus and sometimes a lossy codec."""
    from timbred_training.bus_mixtures import prepare_mixtures, train_instruments
    from timbred_training.prepare import refuse_no_train
    from timbred_training.sources.folder import printable

    refuse_no_train(where)
    pool = train_instruments(where)
    print(f"mixtures: {len(pool)} instruments from {printable(where)}, licence {licence}")
    for name in pool:
        print(f"  {name}")
    print(f"{prepare_mixtures(pool, out, count, seed)} mixtures written to {printable(out)}")


def _helped(kind: Callable[..., Source], *facts: Path | str | None) -> Callable[[], Source]:
    """How to make a source of code that may crash: in a process of its own."""
    from timbred_training.sources.helper import HelperSource

    return lambda: HelperSource(partial(kind, *facts))


def _prepare(where: Path, out: Path, make: Callable[[], Source], *also: Path) -> None:
    from timbred_training.note_table import refuse_existing, write_note_table
    from timbred_training.prepare import prepare, prepared_instruments, refuse_no_train
    from timbred_training.sources.folder import printable

    to_measure = out.suffix == ".parquet"
    if to_measure:
        refuse_existing(out)
    else:
        for place in (where, *also):
            refuse_no_train(place)
    source = make()
    names = source.instruments()
    print(f"{source.name}: {len(names)} instruments from {printable(where)}, licence {source.licence}")
    for name in names:
        print(f"  {name}")
    there = set() if to_measure else prepared_instruments(source, out)
    written = write_note_table(source, out) if to_measure else prepare(source, out)
    print(f"{written} notes written to {printable(out)}")
    if there:
        kept = f"{len(there)} of their instruments were there already and stay as they are"
        print(f"{kept}; another collection needs another --name")
