"""From prepared chunks to rows: the new sounds, the roles heard of them, what the user said before."""

from collections.abc import Mapping, Sequence

import numpy as np

from timbred_catalogs.marks import marked_as
from timbred_catalogs.prepare import Prepared
from timbred_catalogs.role_sounds import RoleHead, with_roles
from timbred_catalogs.sound import Sound

Chosen = Sequence[tuple[Prepared, Sequence[int]]]
"""Chunks, and which of their sounds are meant."""


def new_sounds(
    chosen: Chosen, head: RoleHead | None, marks: Mapping[str, Sound]
) -> tuple[list[Sound], dict[str, np.ndarray]]:
    """The chosen sounds, and each space's vectors of them (sounds, dim).

    `marks` holds, by the ids of new sounds, the sound whose tags, star and role they take over.
    """
    sounds = [part.sounds[row] for part, rows in chosen for row in rows]
    spaces = {space for part, rows in chosen if rows for space in part.vectors}
    vectors = {
        space: np.concatenate([part.vectors[space][list(rows)] for part, rows in chosen if rows])
        for space in sorted(spaces)
    }
    heard = with_roles(sounds, vectors, head)
    return [marked_as(sound, marks[sound.id]) if sound.id in marks else sound for sound in heard], vectors
