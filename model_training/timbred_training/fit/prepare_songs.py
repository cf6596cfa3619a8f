"""Turns songs into mel levels on disk, a song at a time; goes on where it was stopped."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from timbred_training.errors import TrainingError
from timbred_training.fit.song_store import ONE_SHOT, STEM, Sound, prepared_songs, write_sounds
from timbred_training.fit.songs import Array, Song, SongSource
from timbred_training.frontend import MelPower, mel_db
from timbred_training.progress import shown

log = logging.getLogger(__name__)

SONGS_A_WRITE = 8


def prepare_songs(source: SongSource, folder: Path) -> int:
    """Writes every song that the dataset at `folder` does not hold yet; returns how many.

    Raises:
        TrainingError: if no song can be used.
    """
    known = prepared_songs(folder)
    missing = [name for name in source.songs() if song_id(source, name) not in known]
    mel, waiting, written = MelPower(), list[Sound](), 0
    for song in read_songs(source, missing, source.name):
        waiting += _sounds(song, source, mel)
        written += 1
        if written % SONGS_A_WRITE == 0:
            write_sounds(folder, waiting)
            waiting = []
    if waiting:
        write_sounds(folder, waiting)
    if missing and not written and not known:
        raise TrainingError(f"some song of {source.name} must be of use, and none of {len(missing)} is")
    return written


def read_songs(source: SongSource, names: Sequence[str], title: str) -> Iterator[Song]:
    """The songs that give use, one by one under a bar; of the others a warning each, and at last how many."""
    used = 0
    for name in shown(names, title):
        try:
            song = source.read(name)
        except TrainingError as error:
            log.warning("%s is skipped: %s", name, error)
            continue
        if song is None:
            log.warning("%s gives no use: too few of its parts sound", name)
            continue
        used += 1
        yield song
    if used < len(names):
        log.warning("%d of %d songs were skipped", len(names) - used, len(names))


def song_id(source: SongSource, name: str) -> str:
    """What a song is called among those of all sources."""
    return f"{source.name}/{name}"


def _sounds(song: Song, source: SongSource, mel: MelPower) -> Iterator[Sound]:
    peak = max(float(np.abs(stem.audio).max()) for stem in song.stems)
    for number, stem in enumerate(song.stems):
        about = (song_id(source, song.name), song.author, source.name, source.real)
        level = song_level(mel, stem.audio / peak)
        yield Sound(*about, STEM, number, stem.name, "", level)
        for shot in stem.one_shots:
            level = song_level(mel, shot.audio)
            yield Sound(*about, ONE_SHOT, number, stem.name, shot.role, level)


@torch.no_grad()
def song_level(mel: MelPower, audio: Array) -> np.ndarray:
    """Levels float16 `(columns, BANDS)` of mono audio."""
    level: np.ndarray = mel_db(mel(torch.from_numpy(audio)[None]))[0].T.numpy().astype(np.float16)
    return level
