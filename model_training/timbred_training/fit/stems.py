"""Folders of stems as songs: a song a folder, MUSDB's and Slakh's layouts, and what a DAW exports."""

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
from timbred_training.sources.folder import SUFFIXES

WHOLE_SONG = {"mixture", "mix", "master", "song", "full", "linear_mixture"}
WHOLE_KIT = {"drum", "drums", "kit", "drumkit", "drum kit", "beat", "beats"}
KIT_SOUNDS, SURE = 6, 0.6
BEGIN = 0.2  # of the song


class StemSource:
    """Every folder below one that holds two sound files or more, each of them a part of one song.

    An author is what stands before " - " in a song's name, else the folder that the song lies in if that is
    not the collection itself, else the song.

    Raises:
        TrainingError: if there is no such folder.
    """

    real = True

    def __init__(self, folder: Path, name: str = "stems") -> None:
        self.name = name
        found: dict[Path, list[Path]] = {}
        for file in sorted(folder.rglob("*")):
            if file.suffix.lower() in SUFFIXES and file.stem.lower() not in WHOLE_SONG:
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
        seconds = max(soundfile.info(str(file)).duration for file in files)
        told = _slakh(place)
        stems = [_stem(file, seconds, told.get(file.stem)) for file in files]
        sounding = tuple(stem for stem in stems if np.abs(stem.audio).max(initial=0.0) > 1e-4)
        return Song(song, _author(song), sounding) if len(sounding) > 1 else None


def _song_name(place: Path, folder: Path) -> str:
    song = place.parent if place.name.lower() == "stems" else place
    return str(song.relative_to(folder)) if song != folder else folder.name


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


def _stem(file: Path, song_seconds: float, told: dict[str, Any] | None) -> Stem:
    audio = _read(file, song_seconds)
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
