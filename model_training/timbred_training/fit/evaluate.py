"""Measures exported encoders on songs: contexts and one-shots in audio, through ONNX Runtime alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import soxr
from rich.console import Console

from timbred_training.errors import TrainingError
from timbred_training.fit.measure import Measured, measured_by, measured_by_chance
from timbred_training.fit.prepare_songs import read_songs, song_level
from timbred_training.fit.questions import ask, copied_parts
from timbred_training.fit.ranking import Asked, Shots
from timbred_training.fit.roles import DRUM_ROLES, FIT_ROLES
from timbred_training.fit.song_set import copies, songs_of
from timbred_training.fit.songs import Array, Song, SongSource
from timbred_training.fit.table import print_gains, print_measured
from timbred_training.frontend import SAMPLE_RATE, MelPower
from timbred_training.onnx_encoder import OnnxEncoder


class Judge(Protocol):
    """Something that says how well a one-shot goes with a context: the cosine of two vectors."""

    name: str

    def context(self, audio: Array, role: str) -> np.ndarray:
        """The vector of mono audio at `SAMPLE_RATE` that is asked for a role."""
        ...

    def shot(self, audio: Array) -> np.ndarray:
        """The vector of a one-shot."""
        ...


class FitJudge:
    """The fit model: a context encoder that knows roles, and a sample encoder.

    Raises:
        TrainingError: if the two files are not of one model, each of its space, or a role is not known.
    """

    def __init__(self, folder: Path) -> None:
        self._context, self._sample = (
            OnnxEncoder(folder / f"{space}.onnx", space=space) for space in ("fit.context", "fit.sample")
        )
        self.name = self._context.model_id
        if self._sample.model_id != self.name:
            raise TrainingError(
                f"both files must be of one model, not {self.name} and {self._sample.model_id}"
            )
        if unknown := [role for role in FIT_ROLES if role not in self._context.roles]:
            raise TrainingError(f"a context encoder must know all roles, and {self.name} lacks {unknown[0]}")

    def context(self, audio: Array, role: str) -> np.ndarray:
        """What the context asks for in this role."""
        answer = self._context(_at(audio, self._context.sample_rate))
        assert answer.by_role is not None, "a context encoder has roles"
        vector: np.ndarray = answer.by_role[self._context.roles.index(role)]
        return vector

    def shot(self, audio: Array) -> np.ndarray:
        """The one-shot's vector."""
        return self._sample(_at(audio, self._sample.sample_rate)).vector


class SimilarityJudge:
    """One encoder for both sides: what sounds like the context, or like the role that it hears in it."""

    def __init__(self, path: Path) -> None:
        self._encoder = OnnxEncoder(path)
        self.name = self._encoder.model_id

    def context(self, audio: Array, role: str) -> np.ndarray:
        """What it hears of the role, or the whole where it knows no such role."""
        answer = self._encoder(_at(audio, self._encoder.sample_rate))
        known = "percussion" if role in DRUM_ROLES else role
        if answer.by_role is None or known not in self._encoder.roles:
            return answer.vector
        vector: np.ndarray = answer.by_role[self._encoder.roles.index(known)]
        return vector

    def shot(self, audio: Array) -> np.ndarray:
        """The one-shot's vector."""
        return self._encoder(_at(audio, self._encoder.sample_rate)).vector


@dataclass
class _Heard:
    """What is kept of the songs: about questions and one-shots, and each judge's vectors of them."""

    questions: list[tuple[int, int, int, bool, bool]]
    shots: list[tuple[int, int, int]]
    levels: list[np.ndarray]
    contexts: list[list[np.ndarray]]
    keys: list[list[np.ndarray]]


def evaluate(
    source: SongSource, judges: Sequence[Judge], authors: Sequence[str], *, seed: int = 0
) -> dict[str, Measured]:
    """What each judge reaches on a collection's songs, all of whose one-shots are ranked.

    A song that can't be read is skipped, with a warning.

    Args:
        source: The songs.
        judges: Who ranks.
        authors: Whose songs ask; all where there are none. The samples of all songs are ranked.
        seed: Of the bandwidths.

    Raises:
        TrainingError: for an author who has no song, or if no song asks anything.
    """
    heard = _Heard([], [], [], [[] for _ in judges], [[] for _ in judges])
    names, rng = list(source.songs()), np.random.default_rng(seed)
    heard_of = []
    for number, song in enumerate(read_songs(source, names, "songs")):
        heard_of.append(song.author)
        _hear(song, number, judges, not authors or song.author in authors, rng, heard)
    songs_of(authors, np.array(heard_of))
    if not heard.questions:
        raise TrainingError(f"some song of {list(authors) or 'anybody'} must play one-shots, and none does")
    asked = Asked(*(np.array(column) for column in zip(*heard.questions, strict=True)))
    songs, stems, roles = (np.array(column) for column in zip(*heard.shots, strict=True))
    shots, real = Shots(songs, stems, roles, copies(heard.levels)), np.full(len(names), source.real)
    found = {"random": measured_by_chance(asked, shots, real, rng)}
    for judge, contexts, keys in zip(judges, heard.contexts, heard.keys, strict=True):
        found[judge.name] = measured_by(np.stack(contexts) @ np.stack(keys).T, asked, shots, real)
    return found


def print_report(found: dict[str, Measured], fit: str, console: Console) -> None:
    """Prints every judge's tables, and what the one called `fit` gains over each other."""
    alone = int((~found[fit].ranks.contested).sum())
    if alone:
        console.print(f"{alone} questions are left out: no other sound of the role is ranked")
    for name, measured in found.items():
        print_measured(name, measured, console)
    others = {name: measured for name, measured in found.items() if name != fit}
    print_gains(found[fit], others, console)


def _hear(
    song: Song,
    number: int,
    judges: Sequence[Judge],
    asks: bool,
    rng: np.random.Generator,
    heard: _Heard,
) -> None:
    mel = MelPower()
    for k, stem in enumerate(song.stems):
        for shot in stem.one_shots:
            heard.shots.append((number, k, FIT_ROLES.index(shot.role)))
            heard.levels.append(song_level(mel, shot.audio))
            for judge, keys in zip(judges, heard.keys, strict=True):
                keys.append(judge.shot(shot.audio))
    if not asks:
        return
    for question in ask(song, copied_parts(song), rng):
        role = FIT_ROLES.index(question.role)
        heard.questions.append((number, question.stem, role, question.in_mix, question.lo_fi))
        for judge, contexts in zip(judges, heard.contexts, strict=True):
            contexts.append(judge.context(question.audio, question.role))


def _at(audio: Array, sample_rate: int) -> Array:
    if sample_rate == SAMPLE_RATE:
        return audio
    resampled: Array = soxr.resample(audio, SAMPLE_RATE, sample_rate)
    return resampled
