"""How often a slot of the fit mode says that nothing here fits, on real songs.

    python tests/benchmarks/fit_silence.py MODULES [--sounds 8 20 60]

Each part of a song that carries a sound is asked for, without the part and with it. A library is so many
sounds of the role, drawn from the other songs; whether its best stands out is told by the daemon's scale.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from timbred.fit_scale import FitScale
from timbred.models import SHIPPED_FOLDER
from timbred_training.errors import TrainingError
from timbred_training.fit.evaluate import FitJudge
from timbred_training.fit.modules import ModuleSource
from timbred_training.fit.prepare_songs import read_songs, song_level
from timbred_training.fit.questions import ask
from timbred_training.fit.roles import FIT_ROLES
from timbred_training.fit.song_set import copies
from timbred_training.frontend import MelPower


@dataclass(frozen=True)
class Heard:
    """Of all songs: one row for each question and for each sound.

    Args:
        contexts: `(questions, dim)`, of unit length.
        about: song, role and whether the part is in the mix, `(questions, 3)`.
        sounds: `(sounds, dim)`, of unit length.
        of: song, role and recording, `(sounds, 3)`.
    """

    contexts: np.ndarray
    about: np.ndarray
    sounds: np.ndarray
    of: np.ndarray


def main() -> None:
    """Prints a line for each size of library."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("songs", type=Path, metavar="MODULES", help="a folder of tracker modules")
    parser.add_argument(
        "--fit", type=Path, default=SHIPPED_FOLDER, help="fit.context.onnx and fit.sample.onnx"
    )
    parser.add_argument("--sounds", type=int, nargs="+", default=[8, 20, 60], help="in a library")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    judge = FitJudge(given.fit)
    heard = hear(ModuleSource(given.songs), judge)
    print(f"{judge.name}\n\n| sounds of the role | silent, complete | silent, in the mix | asked |")
    print("|---|---|---|---|")
    for count in given.sounds:
        rng = np.random.default_rng(given.seed)
        asked, silent = np.zeros(2, int), np.zeros(2, int)
        for question, (_, _, in_mix) in enumerate(heard.about):
            scale = scale_among(heard, question, count, rng)
            if scale is not None:
                asked[in_mix] += 1
                silent[in_mix] += not scale.anything_fits
        complete, mix = (f"{share:.1%}" for share in silent / np.maximum(asked, 1))
        print(f"| {count} | {complete} | {mix} | {' + '.join(map(str, asked))} |")


def hear(source: ModuleSource, judge: FitJudge) -> Heard:
    """Raises: TrainingError if no song asks anything."""
    contexts, about, sounds, of, levels = [], [], [], [], []
    mel, rng = MelPower(), np.random.default_rng(0)
    for number, song in enumerate(read_songs(source, list(source.songs()), "songs")):
        for stem in song.stems:
            for shot in stem.one_shots:
                sounds.append(judge.shot(shot.audio))
                of.append((number, FIT_ROLES.index(shot.role)))
                levels.append(song_level(mel, shot.audio))
        alone = [{part} for part in range(len(song.stems))]
        for question in ask(song, alone, rng, lo_fi=False):
            contexts.append(judge.context(question.audio, question.role))
            about.append((number, FIT_ROLES.index(question.role), int(question.in_mix)))
    if not contexts:
        raise TrainingError("some song must play one-shots, and none does")
    return Heard(np.stack(contexts), np.array(about), np.stack(sounds), np.column_stack([of, copies(levels)]))


def scale_among(heard: Heard, question: int, count: int, rng: np.random.Generator) -> FitScale | None:
    """The daemon's scale among so many sounds of other songs; None where there are fewer."""
    song, role, _ = heard.about[question]
    own = heard.of[heard.of[:, 0] == song, 2]
    others = np.flatnonzero((heard.of[:, 1] == role) & ~np.isin(heard.of[:, 2], own))
    if len(others) < count:
        return None
    library = heard.sounds[rng.choice(others, count, replace=False)]
    similarity = np.sort(library @ heard.contexts[question])[::-1]
    return FitScale(float(similarity[0]), float(similarity[count // 2]), count)


if __name__ == "__main__":
    main()
