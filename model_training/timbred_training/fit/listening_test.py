"""The listening test: blind pairs of a fitting and a random sample over music, and what answers say."""

import base64
import hashlib
import io
import json
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from timbred_training.errors import TrainingError
from timbred_training.fit.evaluate import Judge
from timbred_training.fit.onsets import onsets
from timbred_training.fit.prepare_songs import read_songs, song_level
from timbred_training.fit.questions import Question, ask, copied_parts
from timbred_training.fit.roles import DRUM_ROLES
from timbred_training.fit.song_set import copies
from timbred_training.fit.songs import Array, OneShot, Song, SongSource
from timbred_training.frontend import SAMPLE_RATE, MelPower

log = logging.getLogger(__name__)

PAGE = Path(__file__).with_name("listening_page.html")
KEY_NAME, PAGE_NAME = "key.json", "listening-test.html"
CHOICES = ("a", "b")


@dataclass(frozen=True)
class Pair:
    """One question: the music with either sample, and which of the two was said to fit."""

    role: str
    song: str
    audio: tuple[Array, Array]
    fitting: int


@dataclass(frozen=True)
class Result:
    """How many of the answers chose the fitting sample, and how likely as many are by guessing."""

    fitting: int
    answers: int
    p_value: float


def make_pairs(source: SongSource, judge: Judge, count: int, authors: Sequence[str], seed: int) -> list[Pair]:
    """Draws questions about drums, whose own part is left out, and lets the judge choose from other songs.

    Either sample is struck where the part that was left out sounds, as loud as that. Songs are read one at a
    time: once for the library, and again for each pair.

    Args:
        source: The songs, whose one-shots are also the library.
        judge: Whose choice is tested.
        count: How many pairs.
        authors: Whose songs ask; all where there are none.
        seed: Of the questions, the random samples and their order.

    Raises:
        TrainingError: if the songs do not ask so many questions.
    """
    rng = np.random.default_rng(seed)
    library, asked = _gathered(source, authors, rng)
    if len(asked) < count:
        raise _too_few(count, len(asked))
    mel = MelPower()
    groups = copies([song_level(mel, shot.audio) for _, shot in library])
    vectors = np.stack([judge.shot(shot.audio) for _, shot in library])
    pairs: list[Pair] = []
    for number in rng.permutation(len(asked)):
        name, place, role = asked[number]
        own = {group for (whose, _), group in zip(library, groups, strict=True) if whose == name}
        others = [k for k, (_, shot) in enumerate(library) if shot.role == role and groups[k] not in own]
        again = source.read(name) if len(others) > 1 else None
        if again is None:
            continue
        question = _questions(again, rng)[place]
        places = onsets(question.part)
        if not len(places):
            continue
        scores = vectors[others] @ judge.context(question.audio, question.role)
        best = others[int(scores.argmax())]
        rivals = [k for k in others if groups[k] != groups[best]]
        if not rivals:
            continue
        other = int(rng.choice(rivals))
        fitting = int(rng.integers(2))
        order = (best, other) if fitting == 0 else (other, best)
        a, b = (_with(question, library[k][1].audio, places) for k in order)
        pairs.append(Pair(question.role, name, _as_loud(a, b), fitting))
        if len(pairs) == count:
            return pairs
    raise _too_few(count, len(pairs))


def write_test(pairs: Sequence[Pair], judge: str, out: Path) -> Path:
    """Writes the page, and beside it the key that tells which sample is which; returns the page.

    Raises:
        TrainingError: if there is a test already, whose answers could not be read any more.
    """
    questions = [{"role": p.role} | dict(zip(CHOICES, map(_data_url, p.audio), strict=True)) for p in pairs]
    identity = hashlib.blake2b(json.dumps(questions).encode(), digest_size=8).hexdigest()
    text = PAGE.read_text(encoding="utf-8")
    test = json.dumps({"id": identity, "questions": questions})
    refuse_test(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / PAGE_NAME).write_text(text.replace("/*TEST*/", test), encoding="utf-8")
    key = {"test": identity, "model": judge, "songs": [pair.song for pair in pairs]}
    fitting = [CHOICES[pair.fitting] for pair in pairs]
    (out / KEY_NAME).write_text(json.dumps(key | {"fitting": fitting}, indent=1) + "\n")
    return out / PAGE_NAME


def refuse_test(out: Path) -> None:
    """Raises:
    TrainingError: if a folder holds a listening test.
    """
    if (out / KEY_NAME).exists():
        raise TrainingError(f"a listening test must be written where none is: {out} holds {KEY_NAME}")


def read_answers(files: Sequence[Path], key: Path) -> Result:
    """Counts the answers of one or more listeners against the key; what is given twice counts once.

    Nothing tells a copy of a file from another listener who answered all the same: of that a warning.

    Raises:
        TrainingError: if a file is not an answer to this test, or the key none of one.
    """
    told = _read_key(key)
    right = answered = 0
    heard: dict[str, Path] = {}
    for file in dict.fromkeys(file.resolve() for file in files):
        given = _read_json(file)
        content = json.dumps(given, sort_keys=True)
        if content in heard:
            log.warning("%s counts as a copy of %s: both hold the same answers", file, heard[content])
            continue
        heard[content] = file
        if given.get("test") != told["test"]:
            raise TrainingError(f"answers must be to test {told['test']}, not {given.get('test')} as {file}")
        for number, choice in _answers(given, len(told["fitting"]), file):
            answered += 1
            right += choice == told["fitting"][number]
    return Result(right, answered, binomial_p(right, answered))


def binomial_p(right: int, answers: int) -> float:
    """How likely at least so many of the answers are right by guessing: the one-sided binomial test."""
    as_many = sum(math.comb(answers, k) for k in range(right, answers + 1))
    return float(as_many / 2**answers)


def _answers(given: dict[str, Any], questions: int, file: Path) -> list[tuple[int, str]]:
    """The questions' numbers and what was chosen."""
    answers = given.get("answers")
    if not isinstance(answers, dict):
        raise TrainingError(f"{file} must hold answers by the questions' numbers, not {answers!r}")
    for number, choice in answers.items():
        if number not in map(str, range(questions)) or choice not in CHOICES:
            rule = f"an answer must be a or b to one of {questions} questions"
            raise TrainingError(f"{rule}, not {choice!r} to {number!r} as in {file}")
    return [(int(number), choice) for number, choice in answers.items()]


def _gathered(
    source: SongSource, authors: Sequence[str], rng: np.random.Generator
) -> tuple[list[tuple[str, OneShot]], list[tuple[str, int, str]]]:
    """All drums, each with its song's name; and of each question its song, number there and role."""
    library, asked = [], []
    for song in read_songs(source, source.songs(), "songs"):
        shots = [shot for stem in song.stems for shot in stem.one_shots if shot.role in DRUM_ROLES]
        library += [(song.name, shot) for shot in shots]
        if not authors or song.author in authors:
            asked += [(song.name, k, question.role) for k, question in enumerate(_questions(song, rng))]
    return library, asked


def _too_few(wanted: int, found: int) -> TrainingError:
    return TrainingError(f"the songs must ask {wanted} questions about drums, and ask {found}")


def _questions(song: Song, rng: np.random.Generator) -> list[Question]:
    asked = ask(song, copied_parts(song), rng, lo_fi=False)
    return [q for q in asked if not q.in_mix and q.role in DRUM_ROLES]


def _with(question: Question, sample: Array, places: np.ndarray) -> Array:
    """The context and the sample at every place, as loud as the part."""
    part = np.zeros(len(question.audio) + len(sample), np.float32)
    for place in places:
        part[place : place + len(sample)] += sample
    wanted, found = np.abs(question.part).max(), np.abs(part).max()
    mixed: Array = question.audio + part[: len(question.audio)] * (wanted / max(float(found), 1e-6))
    return mixed


def _as_loud(a: Array, b: Array) -> tuple[Array, Array]:
    """Both at one gain, since of the same music the louder pleases; the higher peak is 0.9."""
    gain = np.float32(0.9 / max(float(np.abs(a).max()), float(np.abs(b).max()), 1e-6))
    return gain * a, gain * b


def _data_url(audio: Array) -> str:
    buffer = io.BytesIO()
    soundfile.write(buffer, audio, SAMPLE_RATE, format="OGG", subtype="VORBIS")
    return "data:audio/ogg;base64," + base64.b64encode(buffer.getvalue()).decode()


def _read_key(file: Path) -> dict[str, Any]:
    told = _read_json(file)
    fitting = told.get("fitting")
    known = isinstance(fitting, list) and all(choice in CHOICES for choice in fitting)
    if not known or not isinstance(told.get("test"), str):
        raise TrainingError(f"{file} must be the key of a listening test, with its test and what fits")
    return told


def _read_json(file: Path) -> dict[str, Any]:
    try:
        read = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise TrainingError(f"{file} must be a JSON file of the listening test: {error}") from error
    if not isinstance(read, dict):
        raise TrainingError(f"{file} must be a JSON file of the listening test, not a {type(read).__name__}")
    return read
