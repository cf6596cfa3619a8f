"""Real songs as questions for the role queries: which of a song's own sounds play in a part of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from timbred_training.augment import SILENCE_DB
from timbred_training.batches import as_input
from timbred_training.encoder import ROLES
from timbred_training.errors import TrainingError
from timbred_training.fit.bank import draw_mixes, shot_levels
from timbred_training.fit.roles import DRUM_ROLES, FIT_ROLES
from timbred_training.fit.song_set import SongSet, songs_of

CONTEXTS_A_SONG = 16
# What each sound is asked for by, and what it is a rival of: a drum of its like alone, as in the lists.
ASKED_AS = np.array([ROLES.index("percussion" if role in DRUM_ROLES else role) for role in FIT_ROLES])
PLAYS = np.array([len(ROLES) + k if role in DRUM_ROLES else ASKED_AS[k] for k, role in enumerate(FIT_ROLES)])


@dataclass(frozen=True)
class SongQuestions:
    """What parts of songs are asked.

    Args:
        contexts: `(m, BANDS, t)`.
        context: rows of these, `(n,)`.
        shot: rows of the one-shots, `(n,)`: one that plays there.
        shots: `(s, BANDS, u)`.
        asked_as: rows of `ROLES`, `(s,)`.
        plays: that of a drum is its own kind, beyond `ROLES`, `(s,)`.
        kin: equal for one-shots of songs that share a recording, `(s,)`.
    """

    contexts: torch.Tensor
    context: torch.Tensor
    shot: torch.Tensor
    shots: torch.Tensor
    asked_as: torch.Tensor
    plays: torch.Tensor
    kin: torch.Tensor


def song_questions(
    songs: SongSet, columns: int, rng: np.random.Generator, *, hold_out: Sequence[str] = ()
) -> SongQuestions:
    """Random parts of each song, changed as for the fit model, each asked for all of its sounds that play.

    Args:
        songs: prepared songs.
        columns: of a context.
        rng: draws the contexts.
        hold_out: authors of whose songs nothing is used, nor their recordings in the songs of others.

    Raises:
        TrainingError: for an author who has no song, or if no sound is left.
    """
    used = ~songs_of(hold_out, np.array([song.author for song in songs.songs]))
    held = songs.copy[~used[songs.song]]
    kept = np.flatnonzero(used[songs.song] & ~np.isin(songs.copy, held))
    if not len(kept):
        raise TrainingError(f"some sounds must be left to learn from beside {sorted(hold_out)}'s")
    levels, whose, has = draw_mixes(rng, songs, CONTEXTS_A_SONG, CONTEXTS_A_SONG)
    rows = np.flatnonzero(used[whose])
    own = whose[rows][:, None] == songs.song[kept]
    context, shot = np.nonzero(own & has[rows][:, songs.stem[kept]])
    numbers = {
        "context": context,
        "shot": shot,
        "asked_as": ASKED_AS[songs.role[kept]],
        "plays": PLAYS[songs.role[kept]],
        "kin": _joined_by_copies(songs)[kept],
    }
    return SongQuestions(
        contexts=as_input(np.stack([_of_length(levels[row], columns) for row in rows])),
        shots=as_input(np.stack([shot_levels(rng, songs.shots[k], 0)[0] for k in kept])),
        **{name: torch.from_numpy(values.astype(np.int64)) for name, values in numbers.items()},
    )


def _joined_by_copies(songs: SongSet) -> np.ndarray:
    """A number for each one-shot, equal where their songs share a recording, directly or by others."""
    count, shots = len(songs.songs), len(songs.shots)
    edges = (np.ones(shots), (songs.song, count + songs.copy))
    _, joined = connected_components(coo_matrix(edges, shape=(count + shots,) * 2), directed=False)
    number: np.ndarray = joined[songs.song]
    return number


def _of_length(level_db: np.ndarray, columns: int) -> np.ndarray:
    part = level_db[:columns]
    return np.pad(part, ((0, columns - len(part)), (0, 0)), constant_values=SILENCE_DB)
