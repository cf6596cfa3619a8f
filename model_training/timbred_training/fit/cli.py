"""`timbred-train fit ...`, and what the fit model adds to `timbred-train prepare`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from timbred_training.fit import cli_prepare

if TYPE_CHECKING:
    from timbred_training.fit.songs import SongSource

app = typer.Typer(help="The model of which sounds belong with some music.", no_args_is_help=True)
listening = typer.Typer(help="A blind listening test of the fit model, in a browser.", no_args_is_help=True)

Trunk = Annotated[Path, typer.Option(help="The timbre encoder's run, whose trunk gives the features.")]
Authors = Annotated[list[str] | None, typer.Option(help="Only this author's songs ask; may be repeated.")]
Run = Annotated[Path, typer.Argument(help="The fit model's run folder.")]


def add_to(main: typer.Typer, prepare: typer.Typer) -> None:
    """Adds the commands to those of `timbred-train` and of its `prepare`."""
    cli_prepare.add_to(prepare)
    main.add_typer(app, name="fit")
    main.add_typer(listening, name="listening-test")


@app.command("drum-sounds")
def drum_sounds(
    kits: Annotated[
        list[Path], typer.Argument(help="Folders of drum kits whose files' names tell the roles.")
    ],
    out: Annotated[Path | None, typer.Option(help="The file to write; the package's own by default.")] = None,
) -> None:
    """Fits what tells drums apart by their sound, and says how often it is right on kits it never heard."""
    from timbred_training.errors import TrainingError
    from timbred_training.fit import drum_sounds as sounds
    from timbred_training.fit.kits import find_kits
    from timbred_training.prepare import refuse_no_train

    out = out or sounds.WEIGHTS_PATH
    _refuse_no_folder(out, "the file")
    for folder in kits:
        refuse_no_train(folder)
    found = [kit for folder in kits for kit in find_kits(folder)]
    if len(found) < 2:
        raise TrainingError(
            f"kits must be two at least, since each is judged by the others, not {len(found)}"
        )
    measured, roles, names = sounds.collect(found)
    right = sounds.accuracy_on_unheard_kits(measured, roles, names)
    sounds.fit(measured, roles).write(out)
    print(f"{len(roles)} sounds of {len(set(names))} kits; on unheard kits {100 * right:.0f} % are right")


@app.command("bank")
def bank(
    songs: Annotated[list[Path], typer.Argument(help="Prepared songs.")],
    out: Annotated[Path, typer.Option(help="The .npz file to write.")],
    trunk: Trunk,
    mixes: Annotated[
        int, typer.Option(min=1, help="Contexts drawn of a song whose sounds were chosen.")
    ] = 40,
    random_mixes: Annotated[
        int, typer.Option(min=1, help="Contexts drawn of a song with random sounds.")
    ] = 12,
    variants: Annotated[int, typer.Option(min=0, help="Changed versions of each one-shot.")] = 4,
    ask_every: Annotated[int, typer.Option(min=1, help="Every so many-th song asks questions.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="The seed of all draws.")] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Processor threads.")] = 2,
) -> None:
    """Computes the features of contexts and one-shots that heads are trained on."""
    import torch

    from timbred_training.export_timbre import load_run
    from timbred_training.fit.bank import make_bank
    from timbred_training.fit.song_set import read_song_set

    _refuse_no_folder(out, "the bank")
    torch.set_num_threads(threads)
    encoder = load_run(trunk).encoder
    made = make_bank(
        read_song_set(songs),
        encoder,
        real_mixes=mixes,
        other_mixes=random_mixes,
        variants=variants,
        ask_every=ask_every,
        seed=seed,
    )
    made.write(out)
    print(f"{len(made.name)} songs, {len(made.shot_song)} one-shots, {len(made.mix_song)} contexts")


@app.command("train")
def train(
    config: Annotated[Path, typer.Argument(help="A settings file (*.toml).")],
    run: Run,
    banks: Annotated[list[Path], typer.Option("--bank", help="A bank; may be given again.")],
) -> None:
    """Trains the heads on banks and measures them on the authors held out."""
    from timbred_training.fit.bank import join_banks, read_bank
    from timbred_training.fit.settings import load_fit_settings
    from timbred_training.fit.train import train_fit

    train_fit(join_banks([read_bank(path) for path in banks]), load_fit_settings(config), run)


@app.command("folds")
def folds(
    config: Annotated[Path, typer.Argument(help="A settings file (*.toml); its hold_out is not used.")],
    banks: Annotated[list[Path], typer.Option("--bank", help="A bank; may be given again.")],
    ablate: Annotated[bool, typer.Option(help="Also with each regularisation switched off.")] = False,
    trunk: Annotated[Path | None, typer.Option(help="Also what its timbre vectors reach untrained.")] = None,
) -> None:
    """Trains again and again, each author of real songs held out once, and pools what they reach."""
    from rich.console import Console

    from timbred_training.fit.bank import join_banks, read_bank
    from timbred_training.fit.folds import print_folds
    from timbred_training.fit.settings import load_fit_settings

    bank = join_banks([read_bank(path) for path in banks])
    print_folds(bank, load_fit_settings(config), Console(width=130), ablate, trunk)


@app.command("export")
def export(
    run: Run,
    out: Annotated[Path, typer.Argument(help="The folder for fit.context.onnx and fit.sample.onnx.")],
    trunk: Trunk,
) -> None:
    """Writes both encoders as ONNX files."""
    from timbred_training.fit.model import export_fit

    print(export_fit(trunk, run, out))


@app.command("evaluate")
def evaluate(
    songs: Annotated[Path, typer.Argument(help="A folder of songs.")],
    fit: Annotated[Path, typer.Option(help="The folder of fit.context.onnx and fit.sample.onnx.")],
    beside: Annotated[list[Path] | None, typer.Option(help="An encoder to compare; may be repeated.")] = None,
    layout: Annotated[str, typer.Option(help="What the songs are: modules or stems.")] = "modules",
    author: Authors = None,
    seed: Annotated[int, typer.Option(min=0, help="The seed of bandwidths and of chance.")] = 0,
) -> None:
    """Prints where songs' own samples rank among all of their role, against chance and other encoders."""
    from rich.console import Console

    from timbred_training.fit.evaluate import FitJudge, Judge, SimilarityJudge, print_report
    from timbred_training.fit.evaluate import evaluate as measure

    asked = FitJudge(fit)
    judges: list[Judge] = [*map(SimilarityJudge, beside or []), asked]
    found = measure(_source(songs, layout), judges, author or [], seed=seed)
    print_report(found, asked.name, Console(width=130))


@listening.command("make")
def make(
    songs: Annotated[Path, typer.Argument(help="A folder of songs.")],
    out: Annotated[Path, typer.Argument(help="The folder for the page and its key.")],
    fit: Annotated[Path, typer.Option(help="The folder of fit.context.onnx and fit.sample.onnx.")],
    pairs: Annotated[int, typer.Option(min=1, help="How many questions.")] = 20,
    layout: Annotated[str, typer.Option(help="What the songs are: modules or stems.")] = "modules",
    author: Authors = None,
    seed: Annotated[int, typer.Option(min=0, help="The seed of questions and order.")] = 0,
) -> None:
    """Writes a page of blind pairs: a fitting and a random drum, each over the music."""
    from timbred_training.fit.evaluate import FitJudge
    from timbred_training.fit.listening_test import make_pairs, refuse_test, write_test

    refuse_test(out)
    judge = FitJudge(fit)
    print(write_test(make_pairs(_source(songs, layout), judge, pairs, author or [], seed), judge.name, out))


@listening.command("read")
def read(
    answers: Annotated[list[Path], typer.Argument(help="The listeners' files.")],
    key: Annotated[Path, typer.Option(help="The key that was written beside the page.")],
) -> None:
    """Counts the answers and prints the binomial test."""
    from timbred_training.fit.listening_test import read_answers

    result = read_answers(answers, key)
    share = 100.0 * result.fitting / max(1, result.answers)
    print(f"{result.fitting} of {result.answers} answers chose the fitting sample ({share:.0f} %)")
    print(f"binomial test against guessing, one-sided: p = {result.p_value:.3g}")


def _refuse_no_folder(out: Path, what: str) -> None:
    from timbred_training.errors import TrainingError

    if not out.absolute().parent.is_dir():
        raise TrainingError(f"{what} must be written into a folder that is there, not {out.parent}")


def _source(songs: Path, layout: str) -> "SongSource":
    from timbred_training.errors import TrainingError
    from timbred_training.fit.modules import ModuleSource
    from timbred_training.fit.stems import StemSource

    if layout not in ("modules", "stems"):
        raise TrainingError(f"layout must be modules or stems, not {layout}")
    return ModuleSource(songs) if layout == "modules" else StemSource(songs)
