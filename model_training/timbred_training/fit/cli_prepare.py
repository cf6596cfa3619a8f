"""The commands `timbred-train prepare modules, songs, scores`: songs for the fit model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from timbred_training.fit.songs import SongSource

Where = Annotated[Path, typer.Argument(help="Where the songs lie.")]
Out = Annotated[Path, typer.Argument(help="The Lance dataset to make or extend.")]
Name = Annotated[str, typer.Option(help="The source's name, kept with every song.")]


def modules(where: Where, out: Out, name: Name = "modules") -> None:
    """Tracker modules (.mod .xm .it .s3m ...), an author a folder: real songs with their own samples."""
    from timbred_training.fit.modules import ModuleSource

    _refuse(where)
    _prepare(ModuleSource(where, name), where, out)


def songs(where: Where, out: Out, name: Name = "stems") -> None:
    """Stems, a song a folder: MUSDB's and Slakh's layouts, or what a DAW exported."""
    from timbred_training.fit.stems import StemSource

    _refuse(where)
    _prepare(StemSource(where, name), where, out)


def scores(
    where: Where,
    out: Out,
    kits: Annotated[list[Path], typer.Option(help="A folder of drum kits; may be given again.")],
    font: Annotated[Path, typer.Option(help="The SoundFont that plays all but the drums.")],
    renditions: Annotated[int, typer.Option(min=1, help="How often each score is played.")] = 1,
    name: Name = "scores",
) -> None:
    """MIDI files, played by random kits and presets: many songs without taste."""
    from timbred_training.fit.kits import find_kits
    from timbred_training.fit.scores import ScoreSource

    _refuse(where, font, *kits)
    found = [kit for folder in kits for kit in find_kits(folder)]
    _prepare(ScoreSource(where, found, font, name, renditions), where, out)


def _refuse(*folders: Path) -> None:
    from timbred_training.prepare import refuse_no_train

    for folder in folders:
        refuse_no_train(folder)


def _prepare(source: "SongSource", where: Path, out: Path) -> None:
    from timbred_training.fit.prepare_songs import prepare_songs, song_id
    from timbred_training.fit.song_store import prepared_songs

    kind = "chosen for the music" if source.real else "drawn at random: they carry no taste"
    print(f"{source.name}: {len(source.songs())} songs from {where}, sounds {kind}")
    there = prepared_songs(out).intersection(song_id(source, song) for song in source.songs())
    print(f"{prepare_songs(source, out)} songs written to {out}")
    if there:
        print(f"{len(there)} of their names were there already; another collection needs another --name")


def add_to(app: typer.Typer) -> None:
    """Adds the commands to `timbred-train prepare`."""
    for command in (modules, songs, scores):
        app.command(command.__name__)(command)
