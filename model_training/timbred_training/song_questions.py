"""Real songs as questions for the role queries: which of a song's own drums play in a part of it.

Other instruments are not asked: a tracker module does not say which of its sounds is the lead.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from timbred_training.augment import SILENCE_DB
from timbred_training.batches import as_input
from timbred_training.errors import TrainingError
from timbred_training.fit.bank import draw_mixes, shot_levels
from timbred_training.fit.roles import DRUM_ROLES, FIT_ROLES
from timbred_training.fit.song_set import SongSet, joined_by_copies, songs_of

CONTEXTS_A_SONG = 16
DRUMS = [FIT_ROLES.index(role) for role in DRUM_ROLES]


@dataclass(frozen=True)
class SongQuestions:
    """What parts of songs are asked.

    Args:
        contexts: `(m, BANDS, t)`, in each of which a drum plays.
        context: rows of these, `(n,)`.
        shot: rows of the drums, `(n,)`: one that plays there.
        shots: the drums, `(s, BANDS, u)`.
        role: rows of `FIT_ROLES`, `(s,)`.
        kin: equal for drums of songs that share a recording, `(s,)`.
    """

    contexts: torch.Tensor
    context: torch.Tensor
    shot: torch.Tensor
    shots: torch.Tensor
    role: torch.Tensor
    kin: torch.Tensor


def song_questions(
    songs: SongSet, columns: int, rng: np.random.Generator, *, hold_out: Sequence[str] = ()
) -> SongQuestions:
    """Random parts of each song, changed as for the fit model, each asked for all drums that play in it.

    Args:
        songs: prepared songs.
        columns: of a context.
        rng: draws the contexts.
        hold_out: authors of whose songs nothing is used, nor their recordings in the songs of others.

    Raises:
        TrainingError: for an author who has no song, or if no drum is left.
    """
    used = ~songs_of(hold_out, np.array([song.author for song in songs.songs]))
    held = ~used[songs.song] | np.isin(songs.copy, songs.copy[~used[songs.song]])
    kept = np.flatnonzero(np.isin(songs.role, DRUMS) & ~held)
    levels, whose, has = draw_mixes(rng, songs, CONTEXTS_A_SONG, CONTEXTS_A_SONG)
    plays = (whose[:, None] == songs.song) & has[:, songs.stem]  # (parts, one-shots)
    part, shot = np.nonzero(plays[:, kept] & ~plays[:, held].any(axis=1)[:, None])
    if not len(part):
        raise TrainingError(f"some drums must be left to learn from beside {sorted(hold_out)}'s")
    rows, context = np.unique(part, return_inverse=True)
    numbers = {
        "context": context,
        "shot": shot,
        "role": songs.role[kept],
        "kin": joined_by_copies(songs.song, songs.copy)[kept],
    }
    return SongQuestions(
        contexts=as_input(np.stack([_of_length(levels[row], columns) for row in rows])),
        shots=as_input(np.stack([shot_levels(rng, songs.shots[k], 0)[0] for k in kept])),
        **{name: torch.from_numpy(values.astype(np.int64)) for name, values in numbers.items()},
    )


def _of_length(level_db: np.ndarray, columns: int) -> np.ndarray:
    part = level_db[:columns]
    return np.pad(part, ((0, columns - len(part)), (0, 0)), constant_values=SILENCE_DB)
