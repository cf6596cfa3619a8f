"""How much a list moves while one loop plays on and on: the music is the same, and so should the list be.

    python tests/benchmarks/live_loop.py SONG... [--catalog ADDRESS] [--from 20] [--seconds 8]

So many seconds of each song are repeated, heard with a context of that length, and after three rounds each
second's list is compared with the one before.
"""

import argparse
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile

from timbred.cli_config import configured
from timbred.config import Config
from timbred.listen import listen
from timbred.rank import Row
from timbred.settings import MODES, ContextLength, Settings

ROUNDS, SETTLING_ROUNDS = 8, 3


def looped(song: Path, begin_seconds: float, seconds: float, to: Path) -> None:
    """Writes the repeated stretch of a song."""
    audio, rate = soundfile.read(song, dtype="float32", always_2d=True)
    stretch = audio[round(begin_seconds * rate) : round((begin_seconds + seconds) * rate)]
    soundfile.write(to, np.tile(stretch, (ROUNDS, 1)), rate, subtype="FLOAT")


def listed(rows: Sequence[Row]) -> set[tuple[str, str]]:
    """Which sound stands in which slot."""
    return {(row.slot, row.sound.id) for row in rows if row.sound}


def first(rows: Sequence[Row]) -> set[tuple[str, str]]:
    """Which sound is the first of which slot."""
    return listed([row for row in rows if row.rank == 1])


def moves(song: Path, config: Config, mode: str, seconds: float) -> tuple[float, float, float, float]:
    """Rows; rows that are new and firsts that are new, a second; share of the seconds without a change."""
    settings = Settings(mode=mode, context=ContextLength("seconds", seconds))
    moments = list(listen(song, config, settings, every_seconds=1.0))
    settled = [moment.rows for moment in moments if moment.seconds > SETTLING_ROUNDS * seconds]
    new = [len(listed(later) - listed(one)) for one, later in pairwise(settled)]
    new_first = [len(first(later) - first(one)) for one, later in pairwise(settled)]
    still = np.mean([one == later for one, later in pairwise(settled)])
    return len(settled[-1]), float(np.mean(new)), float(np.mean(new_first)), float(still)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("songs", type=Path, nargs="+")
    parser.add_argument("--catalog", default="")
    parser.add_argument("--from", dest="begin", type=float, default=20.0)
    parser.add_argument("--seconds", type=float, default=8.0)
    arguments = parser.parse_args()
    config = configured(arguments.catalog)
    print(f"{'song':24}  mode   rows  new a second  new firsts  seconds without a change")
    with tempfile.TemporaryDirectory() as folder:
        for song in arguments.songs:
            loop = Path(folder, "loop.wav")
            looped(song, arguments.begin, arguments.seconds, loop)
            for mode in MODES:
                rows, new, new_first, still = moves(loop, config, mode, arguments.seconds)
                print(f"{song.name[:24]:24}  {mode:5}  {rows:4}  {new:12.1f}  {new_first:10.1f}  {still:.0%}")


if __name__ == "__main__":
    main()
