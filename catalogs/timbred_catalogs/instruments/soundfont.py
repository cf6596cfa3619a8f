"""SoundFonts (.sf2, .sf3): the list of presets, read from the file's own table, and one preset's note."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from timbred_catalogs.decode import NotNowError, UndecodableError, unread
from timbred_catalogs.instruments.reference_note import (
    HOLD_SECONDS,
    RATE,
    RELEASE_SECONDS,
    VELOCITY,
    Rendered,
)

HEADER = struct.Struct("<4sI")
# name, program, bank, and what this reader does not ask for
PRESET = struct.Struct("<20sHH14x")
LONGEST_TABLE = 1 << 21
# A contrabass has no middle C, a piccolo no low one.
OCTAVES_TRIED = (0, -1, 1, -2)
SILENT = 1e-4
DRUM_BANK = 128
# A drum kit has no note of its own: kick, closed hat, snare and open hat stand for it.
KIT_PATTERN = ((36, 0.0), (42, 0.5), (38, 1.0), (46, 1.5))


@dataclass(frozen=True, slots=True)
class Preset:
    """`locator` is `bank:program`."""

    locator: str
    name: str


def presets_of(path: str) -> list[Preset]:
    """In the order of banks and programs. Reads some kilobytes, whatever the file's size.

    Raises: UndecodableError for what is no SoundFont, or not a whole one.
    """
    try:
        with Path(path).open("rb") as file:
            table = _table(file, Path(path).stat().st_size)
    except OSError as error:
        raise unread(error) from error
    rows = [PRESET.unpack_from(table, start) for start in range(0, len(table) - PRESET.size, PRESET.size)]
    presets = {(bank, program): name for name, program, bank in reversed(rows)}
    return [
        Preset(f"{bank}:{program}", _text(name) or f"{bank}:{program}")
        for (bank, program), name in sorted(presets.items())
    ]


def _text(name: bytes) -> str:
    """The format says ASCII; editors write what their systems do."""
    text = name.partition(b"\0")[0]
    try:
        return text.decode("utf-8").strip()
    except UnicodeDecodeError:
        return text.decode("latin-1").strip()


def _table(file: BinaryIO, size_bytes: int) -> bytes:
    """The `phdr` chunk; its last row is none of the presets."""
    if size_bytes == 0:
        raise UndecodableError("empty file")
    head = file.read(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"sfbk":
        raise UndecodableError("not a SoundFont")
    whole = HEADER.unpack_from(head)[1] + HEADER.size
    if whole > size_bytes + 1:  # some writers leave the last padding byte away
        raise UndecodableError(f"cut short: {size_bytes:,} of {whole:,} bytes")
    for kind, length in _chunks(file, size_bytes):
        if kind == b"LIST" and file.read(4) == b"pdta":
            for inner, inner_length in _chunks(file, file.tell() + length - 4):
                if inner == b"phdr":
                    return file.read(min(inner_length, LONGEST_TABLE))
    raise UndecodableError("not a SoundFont: it has no list of presets")


def _chunks(file: BinaryIO, end: int) -> Iterator[tuple[bytes, int]]:
    """Each chunk's name and length, with the file at its content."""
    while file.tell() + HEADER.size <= end:
        header = file.read(HEADER.size)
        if len(header) < HEADER.size:
            return
        kind, length = HEADER.unpack(header)
        content = file.tell()
        yield kind, length
        file.seek(content + length + length % 2)


def render(path: str, locator: str, note: int) -> Rendered:
    """At `note`, or some octaves off where the preset has no key there.

    Raises: UndecodableError where the player does not take the file, or is not installed.
    """
    for octaves in OCTAVES_TRIED:
        rendered = _play(path, locator, note + 12 * octaves)
        if np.abs(rendered.audio).max() > SILENT:
            return rendered
    return _play(path, locator, note)


def _play(path: str, locator: str, note: int) -> Rendered:
    bank, program = map(int, locator.split(":"))
    synth, font = _loaded(path, Path(path).stat().st_mtime_ns)
    synth.sounds_off()
    try:
        synth.program_select(0, font, bank, program, bank == DRUM_BANK)
    except RuntimeError as error:
        raise UndecodableError(f"the player knows no bank {bank} with a program {program}") from error
    played = KIT_PATTERN if bank == DRUM_BANK else ((note, 0.0),)
    parts, moment = [], 0.0
    for key, start in played:
        parts.append(_generate(synth, start - moment))
        synth.noteon(0, key, VELOCITY)
        moment = start
    parts.append(_generate(synth, HOLD_SECONDS - moment))
    for key, _ in played:
        synth.noteoff(0, key)
    parts.append(_generate(synth, RELEASE_SECONDS))
    return Rendered(np.concatenate(parts, axis=1), note)


@lru_cache(maxsize=1)
def _loaded(path: str, mtime_ns: int) -> tuple[Any, int]:
    """The last font stays: its presets are asked for one after the other."""
    try:
        import tinysoundfont  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise NotNowError("SoundFonts need a package: 'pip install --no-deps tinysoundfont'") from error
    synth = tinysoundfont.Synth(samplerate=RATE, gain=-6)
    try:
        return synth, synth.sfload(path)
    except Exception as error:  # its own kinds, none of them named
        raise UndecodableError(f"not a SoundFont that can be played: {error}") from error


def _generate(synth: Any, seconds: float) -> np.ndarray:
    """(2, frames) float32."""
    stereo = np.frombuffer(synth.generate(round(seconds * RATE)), dtype=np.float32)
    return stereo.reshape(-1, 2).T.copy()
