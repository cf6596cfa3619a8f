"""Tracker modules as songs: each carries the samples that its author chose for it."""

from pathlib import Path

import numpy as np

from timbred_training.errors import TrainingError
from timbred_training.fit import drum_sounds
from timbred_training.fit.openmpt import Module, Usage, open_module
from timbred_training.fit.roles import DRUM_ROLES, role_of_name
from timbred_training.fit.songs import (
    EXCERPT_SECONDS,
    ONE_SHOT_SECONDS,
    TONAL_SECONDS,
    Array,
    OneShot,
    Song,
    Stem,
    peak_normalised,
)
from timbred_training.frontend import SAMPLE_RATE
from timbred_training.sources.folder import printable

SUFFIXES = {".mod", ".xm", ".it", ".s3m", ".mtm", ".669", ".okt", ".med", ".mptm"}
MOST_STEMS = 16
BEGIN = 0.2  # of the song: past its introduction
DRUM_NOTES = 3  # a drum is struck at so many pitches at most
SURE = 0.45
QUIET = 0.02  # of the peak: where a struck sound has died away
LOWEST_HZ, BASS_HZ = 30, 140
SLOW_SECONDS = 0.06


class ModuleSource:
    """Every module below a folder; whose work it is, is told by the folder that it lies in.

    Raises:
        TrainingError: if there is none.
    """

    real = True

    def __init__(self, folder: Path, name: str = "modules") -> None:
        self.name = name
        files = [file for file in sorted(folder.rglob("*")) if not file.name.startswith(".")]
        found = [file for file in files if file.suffix.lower() in SUFFIXES or _is_amigas(file)]
        if not found:
            raise TrainingError(
                f"a folder of modules must hold {sorted(SUFFIXES)} files, and {folder} has none"
            )
        self._files = {printable(file.relative_to(folder)): file for file in found}
        self._alone = folder.absolute().name

    def songs(self) -> list[str]:
        """The files' paths below the folder."""
        return list(self._files)

    def read(self, song: str) -> Song | None:
        """Renders every instrument by itself; None where fewer than three sound."""
        path = self._files[song]
        with open_module(path) as module:
            usage, begin = module.usage(), BEGIN * module.duration_seconds
        usage = sorted(usage, key=lambda used: -used.notes.total())
        stems = [_stem(path, used, begin) for used in usage[:MOST_STEMS]]
        if rest := {used.instrument for used in usage[MOST_STEMS:]}:
            stems.append(Stem("rest", _part(path, rest, begin), ()))
        sounding = tuple(stem for stem in stems if np.abs(stem.audio).max() > 1e-4)
        parent = Path(song).parent.name or self._alone
        return Song(song, parent, sounding) if len(sounding) > 2 else None


def _is_amigas(file: Path) -> bool:
    """Whether it is named as on the Amiga: mod.title."""
    return file.name.lower().startswith("mod.")


def _stem(path: Path, used: Usage, begin_seconds: float) -> Stem:
    audio = _part(path, {used.instrument}, begin_seconds)
    note = used.notes.most_common(1)[0][0]
    with open_module(path) as module:
        struck = peak_normalised(_struck(module, used.instrument, note))
    role = _role(used, struck)
    shot = struck[: int(ONE_SHOT_SECONDS * SAMPLE_RATE)] if role in DRUM_ROLES else struck
    one_shots = (OneShot(role, shot),) if role and np.abs(shot).max() > 0.0 else ()
    return Stem(used.name or f"instrument {used.instrument}", audio, one_shots)


def _part(path: Path, instruments: set[int], begin_seconds: float) -> Array:
    with open_module(path) as module:
        module.mute_all_but(instruments)
        module.seek(begin_seconds)
        return module.read(EXCERPT_SECONDS)


def _struck(module: Module, instrument: int, note: int) -> Array:
    """The note as the song plays it most, held for two thirds of the time."""
    module.mute_channels()
    channel = module.play(instrument, note)
    held = module.read(TONAL_SECONDS * 2 / 3)
    module.stop(channel)
    return np.concatenate([held, module.read(TONAL_SECONDS / 3)])


def _role(used: Usage, struck: Array) -> str:
    """By the name where it speaks; else a sound that dies away and has few pitches is a drum."""
    named = role_of_name(used.name)
    if named and not (named == "percussion" and _is_struck(used, struck)):
        return named
    if _is_struck(used, struck):
        shares = drum_sounds.shipped().probabilities(struck[: int(ONE_SHOT_SECONDS * SAMPLE_RATE)])
        best = max(shares, key=shares.__getitem__)
        return best if shares[best] >= SURE else "percussion"
    return _tonal_role(used, struck)


def _is_struck(used: Usage, struck: Array) -> bool:
    late = struck[int(1.2 * SAMPLE_RATE) : int(1.9 * SAMPLE_RATE)]
    common = used.notes.most_common(1)[0][1] / used.notes.total()
    return len(used.notes) <= DRUM_NOTES and common >= 0.5 and float(np.abs(late).max()) < QUIET


def _tonal_role(used: Usage, struck: Array) -> str:
    """A sound mostly below 140 Hz is a bass, a slow attack a pad, what dies away keys, else it is a lead."""
    power = np.square(np.abs(np.fft.rfft(struck[: SAMPLE_RATE // 2] * np.hanning(SAMPLE_RATE // 2))))
    audible = power[LOWEST_HZ // 2 :].sum()  # bins are 2 Hz apart
    if audible <= 0.0:
        return ""
    if power[LOWEST_HZ // 2 : BASS_HZ // 2].sum() > 0.5 * audible:
        return "bass"
    hop = SAMPLE_RATE // 50
    course = np.abs(struck[: len(struck) // hop * hop]).reshape(-1, hop).max(axis=1)
    if course.argmax() * 0.02 > SLOW_SECONDS and course[:3].max() < 0.5 * course.max():
        return "pad"
    return "keys" if course[70] < 0.25 * course.max() else "lead"
