"""Sounds that lie on the disk more than once: files of one content, and sounds that are nearly the same."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.kept import kept_vectors
from timbred_catalogs.near_groups import leaders
from timbred_catalogs.places import split_place
from timbred_catalogs.rows import vectors_of
from timbred_catalogs.searched import IN_MEMORY_UP_TO
from timbred_catalogs.sound import Sound, Space

# Measured with the timbre model: copies with another gain lie at 1.000, as MP3 above 0.997, as Vorbis mostly
# above 0.99; the nearest different one-shots of a pack at 0.94.
LEAST_COSINE = 0.97
BATCH_ROWS = 4096


@dataclass(frozen=True, slots=True)
class Copies:
    """A sound and all its files, first the one in the catalogue; a SoundFont stands there by one preset.

    Of several paths to one file, through links, only one is named.
    """

    sound: Sound
    paths: tuple[str, ...]

    @property
    def spare_bytes(self) -> int:
        """What all but one of them take."""
        return self.sound.size_bytes * (len(self.paths) - 1)


@dataclass(frozen=True, slots=True)
class NearGroup:
    """Different files that sound the same, and presets that lie in different files.

    Favourites first, then presets, which take no room of their own, then the largest file. `similarities` are
    the cosines to the shortest of them.
    """

    sounds: tuple[Sound, ...]
    similarities: tuple[float, ...]


def copies(catalogue: Catalogue) -> list[Copies]:
    """Sounds with several files that are there, those that waste most first."""
    paths: dict[str, list[str]] = {}
    with catalogue.tables.reading():
        for batch in catalogue.tables.files.search().select(["sound_id", "path"]).to_batches():
            for sound_id, path in zip(batch["sound_id"].to_pylist(), batch["path"].to_pylist(), strict=True):
                paths.setdefault(sound_id, []).append(os.fsdecode(path))
    several = {sound_id: there for sound_id, given in paths.items() if len(there := _files(given)) > 1}
    by_paths = {frozenset(chain(*there)): sound_id for sound_id, there in several.items()}
    sounds = catalogue.by_id(list(by_paths.values()))
    found = [Copies(sound, _named_first(sound, several[sound.id])) for sound in sounds.values()]
    return sorted(found, key=lambda one: (-one.spare_bytes, one.sound.name))


def near_duplicates(
    catalogue: Catalogue,
    space: str,
    *,
    least_cosine: float = LEAST_COSINE,
    in_memory_up_to: int = IN_MEMORY_UP_TO,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[NearGroup]:
    """Groups of sounds of nearly one length whose vectors are within a cosine of the group's shortest.

    Of the presets of one file the nearest to the shortest stands for all: they are meant to be alike.
    Exact at any size: vectors of a larger catalogue lie in a file without a name. The largest group first.
    Raises: CatalogError for a space without vectors, or a cosine that means nothing.
    """
    if not 0.5 <= least_cosine <= 1.0:
        raise CatalogError(f"cosine must be 0.5..1, not {least_cosine:g}")
    found = catalogue.tables.spaces().get(space)
    if found is None:
        raise CatalogError(
            f"the catalogue has no {space} vectors: run 'timbred catalog rebuild --space {space}'"
        )
    with catalogue.tables.reading():
        ids, durations, vectors = _sorted_by_duration(catalogue, found, in_memory_up_to)
        led = leaders(vectors, durations, least_cosine, on_progress)
        return _groups(catalogue, ids, vectors, led)


def _sorted_by_duration(
    catalogue: Catalogue, space: Space, in_memory_up_to: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ids (n,), durations (n,) and vectors (n, dim) of the sounds that are there and have a vector."""
    query = catalogue.tables.sounds.search().where(f"missing = false AND {space.column} IS NOT NULL")
    known = query.select(["id", "duration_seconds"]).to_arrow()
    durations = known["duration_seconds"].to_numpy()
    order = np.argsort(durations, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    folder = None if len(order) <= in_memory_up_to else catalogue.tables.writable_folder()
    vectors, start = kept_vectors(len(order), space.dim, folder), 0
    for batch in query.select([space.column]).to_batches(batch_size=BATCH_ROWS):
        vectors[place[start : start + batch.num_rows]] = vectors_of(batch.column(space.column))
        start += batch.num_rows
    return known["id"].to_numpy(zero_copy_only=False)[order], durations[order], vectors


def _groups(catalogue: Catalogue, ids: np.ndarray, vectors: np.ndarray, led: np.ndarray) -> list[NearGroup]:
    order = np.argsort(led, kind="stable")
    bounds = np.flatnonzero(np.diff(led[order])) + 1
    members = [rows for rows in np.split(order, bounds) if len(rows) > 1]
    known = catalogue.by_id([sound_id for rows in members for sound_id in ids[rows].tolist()])
    groups = []
    for rows in members:
        shortest = led[rows[0]]
        cosines = vectors[rows] @ vectors[shortest]
        cosines[rows == shortest] = 1.0
        groups.append(_group([known[sound_id] for sound_id in ids[rows]], cosines.tolist()))
    several = [group for group in groups if len(group.sounds) > 1]
    return sorted(several, key=lambda group: (-len(group.sounds), group.sounds[0].name))


def _group(sounds: Sequence[Sound], cosines: Sequence[float]) -> NearGroup:
    """Of several in one file the nearest alone."""
    nearest = {sounds[n].path: n for n in sorted(range(len(sounds)), key=lambda n: cosines[n])}
    best = sorted(nearest.values(), key=lambda n: _by_worth(sounds[n]))
    return NearGroup(tuple(sounds[n] for n in best), tuple(cosines[n] for n in best))


def _by_worth(sound: Sound) -> tuple[bool, bool, int, str]:
    """Those that one would keep first."""
    return not sound.favourite, sound.preset is None, -sound.size_bytes, sound.place


def _files(places: list[str]) -> list[list[str]]:
    """All paths of each file that is there: a copy on a disk that is elsewhere now wastes nothing here."""
    if len(places) < 2:
        return [places]
    files: dict[tuple[int, int] | str, list[str]] = {}
    for path in {split_place(place)[0]: None for place in places}:
        if os.path.lexists(path):
            files.setdefault(_file_of(path), []).append(path)
    return list(files.values())


def _file_of(path: str) -> tuple[int, int] | str:
    """The same for every path to one file."""
    try:
        status = Path(path).stat()
    except OSError:
        return path
    return status.st_dev, status.st_ino


def _named_first(sound: Sound, files: list[list[str]]) -> tuple[str, ...]:
    def order(path: str) -> tuple[bool, str]:
        return path != sound.path, path

    return tuple(sorted((min(paths, key=order) for paths in files), key=order))
