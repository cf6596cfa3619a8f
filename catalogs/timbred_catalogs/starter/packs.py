"""The list of the library's sounds, read from packs.toml, and the rendering of one of them."""

import tomllib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from timbred_catalogs.starter import drums, tones
from timbred_catalogs.starter.finishing import Finish

_NOTE_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_ABOUT = {"role", "name", "label", "voice", "notes", "hold", "tags", "finish"}
_FOLDERS = {
    "kick": "Kicks", "snare": "Snares", "clap": "Claps", "closed_hat": "Closed Hats", "open_hat": "Open Hats",
    "tom": "Toms", "cymbal": "Cymbals", "percussion": "Percussion",
}  # fmt: skip
_LABELS = {
    "kick": "Kick", "snare": "Snare", "clap": "Clap", "closed_hat": "Closed Hat", "open_hat": "Open Hat",
    "tom": "Tom", "cymbal": "Cymbal", "percussion": "Perc",
}  # fmt: skip


@dataclass(frozen=True)
class Sound:
    """One sound, not rendered yet: `note` is None for a drum, `hold_seconds` how long a key is down."""

    path: str
    name: str
    pack: str
    role: str
    tags: tuple[str, ...]
    voice: str
    settings: Mapping[str, Any] = field(repr=False)
    finish: Finish
    note: int | None
    hold_seconds: float

    def render(self, seed: int) -> NDArray[np.float32]:
        """(channels, frames) at 44.1 kHz, peak -1 dB; depends on the seed and on nothing else rendered."""
        generator = np.random.default_rng([seed, zlib.crc32(self.path.encode())])
        if self.note is None:
            raw = drums.VOICES[self.voice](generator, **self.settings)
        else:
            raw = tones.VOICES[self.voice](generator, self.note, self.hold_seconds, **self.settings)
        return self.finish.apply(raw, generator)


def note_number(name: str) -> int:
    """MIDI number of a name such as A3; A4 is 69."""
    return _NOTE_NAMES.index(name[:-1]) + 12 * (int(name[-1]) + 1)


def note_name(number: int) -> str:
    """`note_number` backwards: 69 is A4."""
    return f"{_NOTE_NAMES[number % 12]}{number // 12 - 1}"


@cache
def _packs() -> list[dict[str, Any]]:
    return list(tomllib.loads(files("timbred_catalogs.starter").joinpath("packs.toml").read_text())["pack"])


@cache
def library_sounds() -> tuple[Sound, ...]:
    """Every sound of the library in the order in which it is written."""
    return tuple(sound for pack in _packs() for sound in _pack_sounds(pack))


def row_of(path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The pack and the row of packs.toml that an instrument's file is one note of."""
    pack_name, name, _ = path.split("/")
    pack = next(pack for pack in _packs() if pack["name"] == pack_name)
    return pack, next(row for row in pack["sounds"] if row.get("name") == name)


def _pack_sounds(pack: dict[str, Any]) -> list[Sound]:
    found: list[Sound] = []
    numbers: dict[str, int] = {}
    for row in pack["sounds"]:
        if "notes" in row:
            found += [tone(pack, row, note_number(name)) for name in row["notes"]]
            continue
        label = row.get("label", _LABELS[row["role"]])
        numbers[label] = numbers.get(label, 0) + 1
        found.append(drum(pack, row, f"{pack['prefix']} {label} {numbers[label]:02}"))
    return found


def drum(pack: dict[str, Any], row: dict[str, Any], name: str) -> Sound:
    """A row of packs.toml that is one hit."""
    return _sound(pack, row, name, f"{pack['name']}/{_FOLDERS[row['role']]}/{name}.wav", None)


def tone(pack: dict[str, Any], row: dict[str, Any], note: int) -> Sound:
    """One note of a row of packs.toml."""
    name = f"{pack['prefix']} {row['name']} {note_name(note)}"
    return _sound(pack, row, name, f"{pack['name']}/{row['name']}/{name}.wav", note)


def _sound(pack: dict[str, Any], row: dict[str, Any], name: str, path: str, note: int | None) -> Sound:
    return Sound(
        path=path,
        name=name,
        pack=pack["name"],
        role=row["role"],
        tags=(*pack["tags"], *row.get("tags", ())),
        voice=row["voice"],
        settings={key: value for key, value in row.items() if key not in _ABOUT},
        finish=Finish(**(pack["finish"] | row.get("finish", {}))),
        note=note,
        hold_seconds=row.get("hold", 1.0),
    )
