"""Turns songs into mel levels on disk, a song at a time; goes on where it was stopped."""

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from timbred_training.fit.song_store import ONE_SHOT, STEM, Sound, prepared_songs, write_sounds
from timbred_training.fit.songs import Array, Song, SongSource
from timbred_training.frontend import MelPower, mel_db
from timbred_training.progress import shown

log = logging.getLogger(__name__)

SONGS_A_WRITE = 8


def prepare_songs(source: SongSource, folder: Path) -> int:
    """Writes every song that the dataset at `folder` does not hold yet; returns how many."""
    known = prepared_songs(folder)
    missing = [name for name in source.songs() if song_id(source, name) not in known]
    mel, waiting, written = MelPower(), list[Sound](), 0
    for number, name in enumerate(shown(missing, source.name), 1):
        song = source.read(name)
        if song is None:
            log.warning("%s gives no use: too few of its parts sound", name)
        else:
            waiting += _sounds(song, source, mel)
            written += 1
        if waiting and (number % SONGS_A_WRITE == 0 or number == len(missing)):
            write_sounds(folder, waiting)
            waiting = []
    return written


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
