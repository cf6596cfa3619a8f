"""The jobs of a reader process: all that is done with the content of a user's file."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np
import soundfile as sf

from timbred_catalogs.audition import auditioned
from timbred_catalogs.decode import NotNowError, decode, unread
from timbred_catalogs.hearing import Ear, windows_of_each
from timbred_catalogs.instruments import sfz_note, soundfont, vst3
from timbred_catalogs.instruments.reference_note import RATE, Rendered, decoded_of, without_tail
from timbred_catalogs.instruments.vst3_programs import Program
from timbred_catalogs.measured import Measured, measured
from timbred_catalogs.places import is_plugin


@dataclass(frozen=True, slots=True)
class Heard:
    """`windows[i]` is what ear i hears of the sound, each (frames,) float32 at its rate.

    `note` is the MIDI note that an instrument was played at, `digest` is of all that it played then.
    """

    measured: Measured
    windows: list[list[np.ndarray]]
    note: int | None = None
    digest: str | None = None


def hear_note(path: str, preset: str | None, note: int, ears: Sequence[Ear]) -> Heard:
    """`hear` for an instrument, whose one note stands for it."""
    rendered = play(path, preset, note)
    decoded = decoded_of(rendered)
    digest = hashlib.blake2b(rendered.audio.tobytes()).hexdigest()
    return Heard(measured(decoded), windows_of_each(decoded, ears), rendered.note, digest)


def write_note(path: str, preset: str | None, note: int, to: str) -> None:
    """An instrument's note as a WAV file at `to`."""
    audio = without_tail(play(path, preset, note))
    peak = float(np.abs(audio).max(initial=0.0))
    with Path(to).open("wb") as file:
        sf.write(file, audio.T / max(1.0, peak), RATE, format="WAV", subtype="PCM_16")


def write_audition(path: str, sample_rate: int, to: str) -> None:
    """The sound as it is auditioned, float32 frames of two channels without a header, into the file `to`."""
    audio = auditioned(path, sample_rate)
    try:
        Path(to).write_bytes(audio.tobytes())
    except OSError as error:
        raise NotNowError(f"{to} cannot be written: {error.strerror}") from error


def play(path: str, preset: str | None, note: int) -> Rendered:
    """Raises: UndecodableError with the reason."""
    suffix = PurePath(path).suffix.lower()
    try:
        if suffix == ".sfz":
            return sfz_note.render(path, note)
        if preset is None or is_plugin(path):
            return vst3.render(path, note, preset)
        return soundfont.render(path, preset, note)
    except OSError as error:
        raise unread(error) from error


def list_programs(path: str) -> list[Program]:
    """Of a `.vst3`. Raises: UndecodableError with the reason."""
    return vst3.list_programs(path)


def hear(path: str, ears: Sequence[Ear]) -> Heard:
    """Raises: UndecodableError with the reason."""
    decoded = decode(path)
    return Heard(measured(decoded), windows_of_each(decoded, ears))
