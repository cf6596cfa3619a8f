"""All prepared songs together: their stems, their one-shots, and which one-shots are copies of each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from timbred_training.errors import TrainingError
from timbred_training.fit.roles import FIT_ROLES
from timbred_training.fit.song_store import ONE_SHOT, STEM, Sound, read_sounds
from timbred_training.frontend import BANDS
from timbred_training.training_notes import refuse_repeated

COPY_DB = 1.0
COMPARED_COLUMNS, FLOOR_DB = 30, -60.0


@dataclass(frozen=True)
class SongEntry:
    """One song: levels float16 `(columns, BANDS)` of its stems."""

    name: str
    author: str
    source: str
    real: bool
    stems: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class SongSet:
    """Songs and one-shots; one-shot k is played by stem `stem[k]` of song `song[k]`.

    Args:
        songs: All songs.
        shots: Levels float16 `(columns, BANDS)` of each one-shot.
        song: `(shots,)`.
        stem: `(shots,)`.
        role: Rows of `FIT_ROLES`, `(shots,)`.
        copy: Equal for copies of one recording, `(shots,)`.
    """

    songs: tuple[SongEntry, ...]
    shots: tuple[np.ndarray, ...]
    song: np.ndarray
    stem: np.ndarray
    role: np.ndarray
    copy: np.ndarray

    def copies_in(self, song: int, stem: int) -> set[int]:
        """The stems of a song that play the same recording as one of them, itself among them."""
        mine = self.song == song
        played = self.copy[mine & (self.stem == stem)]
        return {stem, *self.stem[mine & np.isin(self.copy, played)].tolist()}


def read_song_set(folders: Sequence[Path]) -> SongSet:
    """Reads prepared datasets; like-named songs of two of them are two songs.

    Raises:
        TrainingError: if one is missing or named twice, or none holds a one-shot.
    """
    refuse_repeated(folders, "prepared songs")
    rows: dict[tuple[int, str], list[Sound]] = {}
    for number, folder in enumerate(folders):
        for sound in read_sounds(folder):
            rows.setdefault((number, sound.song), []).append(sound)
    songs = tuple(_entry(sounds) for sounds in rows.values())
    found = [
        (k, sound) for k, sounds in enumerate(rows.values()) for sound in sounds if sound.kind == ONE_SHOT
    ]
    if not found:
        raise TrainingError(f"prepared songs must hold one-shots, and {[str(f) for f in folders]} hold none")
    levels = tuple(sound.level_db for _, sound in found)
    return SongSet(
        songs,
        levels,
        np.array([k for k, _ in found]),
        np.array([sound.stem for _, sound in found]),
        np.array([FIT_ROLES.index(sound.role) for _, sound in found]),
        copies(levels),
    )


def songs_of(authors: Sequence[str], author: np.ndarray) -> np.ndarray:
    """Which songs are these authors', bools `(songs,)`; `author` is that of each song.

    Raises:
        TrainingError: for an author who has no song.
    """
    known = set(author.tolist())
    if unknown := sorted(set(authors) - known):
        raise TrainingError(f"authors that are named must be of the songs' {sorted(known)}, not {unknown}")
    return np.isin(author, list(authors))


def copies(levels: Sequence[np.ndarray]) -> np.ndarray:
    """Numbers `(n,)` that copies of one recording share: where either sounds they are less than 1 dB apart.

    Compared are 0.6 s from where it begins, relative to the loudest band, 60 dB deep.
    """
    return same_recordings(beginnings(levels))


def beginnings(levels: Sequence[np.ndarray]) -> np.ndarray:
    """What of sounds is compared to find copies: `(n, moments, groups of bands)`, in decibels."""
    return np.stack([_beginning(level) for level in levels])


def same_recordings(compared: np.ndarray) -> np.ndarray:
    """The numbers of `copies`, of `beginnings`."""
    number = np.full(len(compared), -1)
    for k in range(len(compared)):
        if number[k] < 0:
            sounding = np.maximum(compared[k:], compared[k]) > FLOOR_DB
            apart = (np.abs(compared[k:] - compared[k]) * sounding).sum(axis=(1, 2)) / sounding.sum(
                axis=(1, 2)
            )
            number[k:][(apart < COPY_DB) & (number[k:] < 0)] = k
    return number


def joined_by_copies(owner: np.ndarray, copy: np.ndarray) -> np.ndarray:
    """Numbers `(n,)` that are equal where owners share a recording, directly or by others.

    Args:
        owner: the song or the kit of each sound, from 0 on, `(n,)`.
        copy: equal for copies of one recording, from 0 on, `(n,)`.
    """
    owners = int(owner.max()) + 1
    size = owners + int(copy.max()) + 1
    edges = coo_matrix((np.ones(len(owner)), (owner, owners + copy)), shape=(size, size))
    _, joined = connected_components(edges, directed=False)
    number: np.ndarray = joined[owner]
    return number


def _beginning(level: np.ndarray) -> np.ndarray:
    relative = np.maximum(level.astype(np.float32) - level.max(), FLOOR_DB)
    first = int(np.argmax(relative.max(axis=1) > -30.0))
    part = relative[first : first + COMPARED_COLUMNS]
    missing = COMPARED_COLUMNS - len(part)
    filled = np.pad(part, ((0, missing), (0, 0)), constant_values=FLOOR_DB)
    pooled: np.ndarray = filled.reshape(COMPARED_COLUMNS // 3, 3, BANDS // 4, 4).mean(axis=(1, 3))
    return pooled


def _entry(sounds: list[Sound]) -> SongEntry:
    stems = sorted((sound for sound in sounds if sound.kind == STEM), key=lambda sound: sound.stem)
    one = stems[0]
    return SongEntry(
        one.song,
        one.author,
        one.source,
        one.real,
        tuple(stem.level_db for stem in stems),
    )
