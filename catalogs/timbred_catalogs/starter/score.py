"""The demo's song as written in song.toml: its voices, its sections, and when each note sounds."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from timbred_catalogs.starter.packs import Sound, drum, library_sounds, note_number, row_of, tone

SIXTEENTHS_PER_BAR = 16
SOFT = 0.45
OWN_PACK: dict[str, Any] = {"name": "Song", "prefix": "Own", "tags": [], "finish": {}}


@dataclass(frozen=True)
class Note:
    """One note of a voice: where it begins in sixteenths from the first bar, and what is played."""

    start_sixteenth: int
    level: float
    sound: Sound


@dataclass(frozen=True)
class Voice:
    """One instrument of the song; `library_paths` is empty where the library does not hold it."""

    name: str
    role: str
    title: str
    gain_db: float
    pan: float
    library_paths: tuple[str, ...]
    table: dict[str, Any]


@dataclass(frozen=True)
class Section:
    """A stretch of bars, the first counted as 1, and the voices that play in it."""

    name: str
    from_bar: int
    to_bar: int
    voices: tuple[str, ...]


@dataclass(frozen=True)
class Score:
    """The whole song."""

    tempo: float
    bars: int
    sections: tuple[Section, ...]
    voices: dict[str, Voice]

    def seconds(self, sixteenth: float) -> float:
        """From the first bar to a sixteenth."""
        return sixteenth * 15 / self.tempo

    def notes(self, voice: Voice) -> list[Note]:
        """Every note of a voice in the sections in which it plays."""
        found = []
        for section in self.sections:
            if voice.name in section.voices:
                first = (section.from_bar - 1) * SIXTEENTHS_PER_BAR
                last = section.to_bar * SIXTEENTHS_PER_BAR
                found += _repeated(voice, first, last, self.tempo)
        return found


@cache
def demo_score() -> Score:
    """The song that ships with timbred."""
    table = tomllib.loads(files("timbred_catalogs.starter").joinpath("song.toml").read_text())
    rows = table["section"]
    ends = [row["from_bar"] - 1 for row in rows[1:]] + [table["bars"]]
    sections = tuple(
        Section(row["name"], row["from_bar"], end, tuple(row["voices"]))
        for row, end in zip(rows, ends, strict=True)
    )
    voices = {name: _voice(name, row) for name, row in table["voice"].items()}
    return Score(table["tempo"], table["bars"], sections, voices)


def _voice(name: str, table: dict[str, Any]) -> Voice:
    held: tuple[Sound, ...] = ()
    if "library" in table:
        held = tuple(sound for sound in library_sounds() if sound.path.startswith(table["library"]))
        role, title = held[0].role, table["library"].rpartition("/")[2]
    else:
        role, title = table["own"]["role"], table["own"]["name"]
    paths = tuple(sound.path for sound in held)
    return Voice(name, role, title, table["gain_db"], table.get("pan", 0.0), paths, table)


def _repeated(voice: Voice, first: int, last: int, tempo: float) -> list[Note]:
    phrase = _hits(voice) if "pattern" in voice.table else _line(voice, tempo)
    length = voice.table.get("bars", 1) * SIXTEENTHS_PER_BAR
    return [
        Note(repeat + note.start_sixteenth, note.level, note.sound)
        for repeat in range(first, last, length)
        for note in phrase
        if repeat + note.start_sixteenth < last
    ]


def _hits(voice: Voice) -> list[Note]:
    if voice.library_paths:
        sound = next(each for each in library_sounds() if each.path == voice.library_paths[0])
    else:
        sound = drum(OWN_PACK, voice.table["own"], voice.title)
    levels = {"x": 1.0, "o": SOFT}
    return [Note(at, levels[mark], sound) for at, mark in enumerate(voice.table["pattern"]) if mark != "."]


def _line(voice: Voice, tempo: float) -> list[Note]:
    pack, row = row_of(voice.library_paths[0]) if voice.library_paths else (OWN_PACK, voice.table["own"])
    found = []
    for at, pitch, length in (text.split(":") for text in voice.table["notes"]):
        held = row | {"hold": int(length) * 15 / tempo}
        found.append(Note(int(at), 1.0, tone(pack, held, note_number(pitch))))
    return found
