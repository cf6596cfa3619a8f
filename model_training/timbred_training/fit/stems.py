"""Folders of stems as songs: a song a folder, MUSDB's and Slakh's layouts, and what a DAW exports."""

import logging
import re
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from timbred_training.errors import TrainingError
from timbred_training.fit import drum_sounds
from timbred_training.fit.onsets import most_alone
from timbred_training.fit.roles import DRUM_ROLES, role_of_name, role_of_program
from timbred_training.fit.songs import EXCERPT_SECONDS, Array, OneShot, Song, Stem
from timbred_training.frontend import SAMPLE_RATE
from timbred_training.sources.folder import sound_files

log = logging.getLogger(__name__)

WHOLE_SONG = {"mixture", "mix", "mixdown", "master", "premaster", "bounce", "full"}
ALIKE = 0.98  # correlation with the sum of all other parts, from which on a part is that sum
WHOLE_KIT = {"drum", "drums", "kit", "drumkit", "drum kit", "beat", "beats"}
KIT_SOUNDS, SURE = 6, 0.6
BEGIN = 0.2  # of the song


class StemSource:
    """Every folder below one that holds two sound files or more, each of them a part of one song.

    What is the whole song is no part: a file whose name ends in a word of `WHOLE_SONG` or is the song's, and
    one that sounds as all others together. Files that cannot be read or are empty are left out and named.

    An author is what stands before " - " in a song's name, else the folder that the song lies in if that is
    not the collection itself, else the song.

    Raises:
        TrainingError: if there is no such folder.
    """

    real = True

    def __init__(self, folder: Path, name: str = "stems") -> None:
        self.name = name
        folder = folder.absolute()
        found: dict[Path, list[Path]] = {}
        for file in sound_files(folder):
            if not _whole(file):
                found.setdefault(file.parent, []).append(file)
        parts = {place: files for place, files in found.items() if len(files) > 1}
        if not parts:
            raise TrainingError(
                f"a collection of songs must hold a folder of stems each, and {folder} has none"
            )
        self._songs = {_song_name(place, folder): (place, files) for place, files in parts.items()}

    def songs(self) -> list[str]:
        """The songs' folders below the collection."""
        return list(self._songs)

    def read(self, song: str) -> Song | None:
        """Reads half a minute of each stem; None where fewer than two sound."""
        place, files = self._songs[song]
        seconds = {file: _seconds(file) for file in files}
        longest, told = max(seconds.values()), _slakh(place)
        stems = [_stem(file, longest, told.get(file.stem)) for file in files if seconds[file]]
        sounding = [stem for stem in stems if stem and np.abs(stem.audio).max(initial=0.0) > 1e-4]
        parts = without_sums(sounding, song)
        return Song(song, _author(song), tuple(parts)) if len(parts) > 1 else None


def without_sums(stems: list[Stem], song: str) -> list[Stem]:
    """A song's stems but for those that are the sum of all others, at any gain: its bounces."""
    parts = list(stems)
    while len(parts) > 1:
        whole = np.sum([part.audio for part in parts], axis=0)
        alike = [_correlation(part.audio, whole - part.audio) for part in parts]
        if max(alike) < ALIKE:
            break
        bounce = parts.pop(int(np.argmax(alike)))
        log.warning("%s of %s is left out: it is the sum of all other parts", bounce.name, song)
    return parts


def _correlation(one: Array, other: Array) -> float:
    energy = float(one @ one) * float(other @ other)
    return float(one @ other) / energy**0.5 if energy > 0.0 else 0.0


def _song_folder(place: Path) -> Path:
    return place.parent if place.name.lower() == "stems" else place


def _song_name(place: Path, folder: Path) -> str:
    song = _song_folder(place)
    return str(song.relative_to(folder)) if folder in song.parents else song.name


def _whole(file: Path) -> bool:
    """Whether a file's name says that it is the whole song; a number or a version may stand behind."""
    words, song = _words(file.stem), _words(_song_folder(file.parent).name)
    if words in (song, ["song"]):
        return True
    while len(words) > 1 and re.fullmatch(r"v?\d+", words[-1]):
        words.pop()
    return words == song or bool(WHOLE_SONG.intersection(words[-1:]))


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", name.lower()) if word]


def _author(song: str) -> str:
    path = Path(song)
    if " - " in path.name:
        return path.name.partition(" - ")[0]
    parent = path.parent.name
    return parent if parent and parent.lower() not in ("train", "test", "validation") else path.name


def _slakh(place: Path) -> dict[str, dict[str, Any]]:
    """What the metadata of a Slakh track (Manilow et al. 2019) tell of each stem; nothing elsewhere."""
    metadata = place.parent / "metadata.yaml"
    if not metadata.is_file():
        return {}
    import yaml

    told: dict[str, dict[str, Any]] = yaml.safe_load(metadata.read_text()).get("stems", {})
    return told


def _seconds(file: Path) -> float:
    """How long a file is; 0 for one that gives no audio, which is named."""
    try:
        seconds = float(soundfile.info(str(file)).duration)
    except soundfile.SoundFileError as error:
        log.warning("%s is left out: %s", file, error)
        return 0.0
    if not seconds:
        log.warning("%s is left out: it is empty", file)
    return seconds


def _stem(file: Path, song_seconds: float, told: dict[str, Any] | None) -> Stem | None:
    """The stem of a file; None for one that breaks off, which is named."""
    try:
        audio = _read(file, song_seconds)
    except soundfile.SoundFileError as error:
        log.warning("%s is left out: %s", file, error)
        return None
    if told is None:
        kit, named = file.stem.lower().strip(" _-0123456789") in WHOLE_KIT, role_of_name(file.stem)
    else:
        kit, named = bool(told["is_drum"]), role_of_program(int(told["program_num"]))
    return Stem(file.stem, audio, tuple(_kit_shots(audio) if kit else _shots(audio, named)))


def _read(file: Path, song_seconds: float) -> Array:
    """Half a minute from a fifth of the song on, `EXCERPT_SECONDS` long whatever the file's length."""
    begin = min(BEGIN * song_seconds, max(0.0, song_seconds - EXCERPT_SECONDS))
    with soundfile.SoundFile(str(file)) as opened:
        rate = int(opened.samplerate)
        opened.seek(min(int(begin * rate), opened.frames))
        audio = opened.read(int(EXCERPT_SECONDS * rate), dtype="float32", always_2d=True).mean(axis=1)
    wanted = int(EXCERPT_SECONDS * SAMPLE_RATE)
    resampled: Array = soxr.resample(audio, rate, SAMPLE_RATE)[:wanted].astype(np.float32)
    return np.pad(resampled, (0, wanted - len(resampled)))


def _kit_shots(audio: Array) -> list[OneShot]:
    """The sounds of a whole kit that stand most alone: the surest of each role."""
    best: dict[str, tuple[float, Array]] = {}
    for shot in most_alone(audio, KIT_SOUNDS):
        role, share = _heard(shot)
        if share >= SURE and share > best.get(role, (0.0, shot))[0]:
            best[role] = share, shot
    return [OneShot(role, shot) for role, (_, shot) in sorted(best.items())]


def _shots(audio: Array, named: str) -> list[OneShot]:
    """One sound; a part whose name says nothing has a role only where it is surely a drum."""
    shots = most_alone(audio)
    if not shots:
        return []
    if named and named != "percussion":
        return [OneShot(named, shots[0])]
    role, share = _heard(shots[0])
    if share >= SURE:
        return [OneShot(role, shots[0])]
    return [OneShot(named, shots[0])] if named else []


def _heard(shot: Array) -> tuple[str, float]:
    """The likeliest drum and how likely it is; a sound that does not die away is none."""
    late = shot[int(1.2 * SAMPLE_RATE) :]
    if len(late) and float(np.abs(late).max()) > 0.05:
        return DRUM_ROLES[0], 0.0
    shares = drum_sounds.shipped().probabilities(shot)
    role = max(shares, key=shares.__getitem__)
    return role, shares[role]
