"""Folders of stems as songs: a song a folder, MUSDB's and Slakh's layouts, and what a DAW exports."""

import logging
import math
import re
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from scipy.optimize import nnls

from timbred_training.errors import TrainingError
from timbred_training.fit import drum_sounds
from timbred_training.fit.onsets import most_alone
from timbred_training.fit.roles import DRUM_ROLES, role_of_name, role_of_program
from timbred_training.fit.songs import EXCERPT_SECONDS, SILENT, Array, OneShot, Song, Stem
from timbred_training.frontend import SAMPLE_RATE
from timbred_training.sources.folder import printable, sound_files
from timbred_training.sources.sound_file import open_sound

log = logging.getLogger(__name__)

WHOLE_SONG = {"mixture", "mix", "mixdown", "master", "premaster", "bounce", "full"}
KINDS_OF_WHOLE = {"song", "final", "rough", "stereo", "linear"}
VERSION = re.compile(r"(?!(?:303|606|707|808|909)$)v?\d+")  # but what is named so is a drum machine's part
SPLITS = {"train", "test", "validation", "omitted"}  # MUSDB's and Slakh's folders: no authors
ALIKE = 0.98  # correlation with some sum of other parts, from which on a part is that sum
WHOLE_KIT = {"drum", "drums", "kit", "drumkit", "drum kit", "beat", "beats"}
KIT_SOUNDS, PART_SOUNDS, SURE = 6, 8, 0.6
DRUM_PITCHES = 3  # a drum is struck at so many pitches at most
BEGIN = 0.2  # of the song
AUDIBLE, FALL_DB, FALL_DB_A_SECOND = 0.01, 3.0, 9.0


class StemSource:
    """Every folder below one that holds two sound files or more, each of them a part of one song.

    Its subfolders belong to it, and so does a folder `stems` to the one that it lies in; but those of the
    collection itself are songs of their own. What is the whole song is no part: a file whose name says no
    more, and one that sounds as others together. Files without sound are left out. All these are named.

    An author is what stands before " - " in a song's name, else the folder that the song lies in if that is
    not the collection itself, else the song.

    Raises:
        TrainingError: if there is no such folder.
    """

    real = True

    def __init__(self, folder: Path, name: str = "stems") -> None:
        self.name = name
        folder = folder.absolute()
        if unread := sum(1 for _ in folder.rglob("*.stem.mp4")):
            log.warning("%d files *.stem.mp4 are not read: each must be a folder of WAV files", unread)
        self._songs = {
            printable(Path(_song_name(song, folder))): (song, files)
            for song, files in _parts_of_songs(folder).items()
            if len(files) > 1
        }
        if not self._songs:
            raise TrainingError(
                f"a collection of songs must hold a folder of stems each, and {folder} has none"
            )

    def songs(self) -> list[str]:
        """The songs' folders below the collection."""
        return list(self._songs)

    def read(self, song: str) -> Song | None:
        """Reads half a minute of each stem; None where fewer than two sound."""
        folder, files = self._songs[song]
        seconds = {file: _seconds(file) for file in files}
        begin = _begin(max(seconds.values()))
        told = {place: _slakh(place) for place in {file.parent for file in files}}
        names = [folder.name, _shared_title(files)]
        stems = [
            _stem(file, begin, _own_words(file.stem, names), told[file.parent].get(file.stem))
            for file in files
            if seconds[file]
        ]
        parts = without_sums([stem for stem in stems if stem], song)
        return Song(song, _author(song), tuple(parts)) if len(parts) > 1 else None


def _parts_of_songs(folder: Path) -> dict[Path, list[Path]]:
    """The sound files below a folder by their songs' folders, but those that are the whole by their names."""
    found: dict[Path, list[Path]] = {}
    for file in sound_files(folder):
        found.setdefault(file.parent, []).append(file)
    inner: dict[Path, list[str]] = {}
    for place in found:
        inner.setdefault(place.parent, []).append(place.name)
    holding = {
        place
        for place, files in found.items()
        if place != folder
        and len(files) - len(_whole(files, [_above_stems(place).name, *inner.get(place, ())])) > 1
    }
    places: dict[Path, list[Path]] = {}
    for place in found:
        places.setdefault(_song_folder(place, holding), []).append(place)
    songs: dict[Path, list[Path]] = {}
    for song, mine in places.items():
        shared = _shared_title([file for place in mine for file in found[place]])
        whole = {
            file
            for place in mine
            for file in _whole(found[place], [song.name, shared, *inner.get(place, ())])
        }
        for file in sorted(whole):
            log.warning("%s is left out: its name says that it is the whole song", file)
        songs[song] = [file for place in mine for file in found[place] if file not in whole]
    return songs


def without_sums(stems: list[Stem], song: str) -> list[Stem]:
    """A song's stems but for those that sound as others together, at any gains: its bounces and buses."""
    parts = list(stems)
    if not parts:
        return parts
    # The triangle's columns have the inner products of the audio, in as many rows as there are parts.
    audio = np.stack([part.audio for part in parts], axis=1)  # (frames, parts)
    columns = np.asarray(np.linalg.qr(audio, mode="r"), np.float64)
    while len(parts) > 1:
        alike = [_alike(columns, k) for k in range(len(parts))]
        if max(alike) < ALIKE:
            break
        bus = int(np.argmax(alike))
        columns = np.delete(columns, bus, axis=1)
        log.warning("%s of %s is left out: it sounds as other parts together", parts.pop(bus).name, song)
    return parts


def _alike(columns: np.ndarray, one: int) -> float:
    """The correlation of a column with the likest sum of the others, each at a gain of its own."""
    _, apart = nnls(np.delete(columns, one, axis=1), columns[:, one])
    share = float(apart) / float(np.linalg.norm(columns[:, one]))
    return math.sqrt(max(0.0, 1.0 - share**2))


def _above_stems(place: Path) -> Path:
    return place.parent if place.name.lower() == "stems" else place


def _song_folder(place: Path, holding: set[Path]) -> Path:
    """The outermost folder that holds parts of the song that this one is of."""
    while (outer := _above_stems(place)) != place or (outer := place.parent) in holding:
        place = outer
    return place


def _song_name(song: Path, folder: Path) -> str:
    return str(song.relative_to(folder)) if folder in song.parents else song.name


def _whole(files: list[Path], names: list[str]) -> set[Path]:
    """The files of a folder whose names say no more than that they are the whole of what has these names.

    A version may stand in a name; of several that are told apart by nothing else, none is the whole.
    """
    titles = [title for name in names for title in _titles(name)]
    whole: set[Path] = set()
    versions: list[Path] = []
    for file in files:
        words = _words(file.stem)
        rests = [rest for title in titles if (rest := _without(words, title)) != words]
        if [] in rests or any(_says_whole(_plain(rest)) for rest in (words, *rests)):
            whole.add(file)
        elif any(not _plain(rest) for rest in rests):
            versions.append(file)
    return whole.union(versions if len(versions) == 1 else ())


def _says_whole(words: list[str]) -> bool:
    said = set(words)
    return words == ["song"] or (bool(said & WHOLE_SONG) and said <= WHOLE_SONG | KINDS_OF_WHOLE)


def _own_words(name: str, songs: list[str]) -> list[str]:
    """The words of a file's name but for the song's, by its first name that stands there; else all."""
    words = _words(name)
    titles = [title for song in songs for title in _titles(song)]
    rests = [rest for title in titles if (rest := _without(words, title)) != words]
    return rests[0] if rests and rests[0] else words


def _shared_title(files: list[Path]) -> str:
    """What the names of three files or more begin with, which is the song's where roles stand behind it.

    Of a group's files, as Drums Kick and Drums Loop, it is a role itself.
    """
    names = [_words(file.stem) for file in files]
    first = zip(*(_plain(words) for words in names), strict=False)
    shared = [words[0] for words in takewhile(lambda words: len(set(words)) == 1, first)]
    tells = any(role_of_name(" ".join(_without(words, shared))) for words in names)
    return " ".join(shared) if len(files) > 2 and tells and not all(map(role_of_name, shared)) else ""


def _titles(name: str) -> list[list[str]]:
    """What files may call their song, by its folder's name: that, the same without versions, its halves."""
    author, _, title = name.partition(" - ")
    short = [word for word in _plain(_words(name)) if word not in ("stems", "multitracks")]
    return [words for words in (_words(name), short, _words(title), _words(author)) if _plain(words)]


def _plain(words: list[str]) -> list[str]:
    """The words but for numbers and versions."""
    return [word for word in words if not VERSION.fullmatch(word)]


def _without(words: list[str], run: list[str]) -> list[str]:
    """The words but for the first place where these follow each other."""
    for first in range(len(words) - len(run) + 1):
        if words[first : first + len(run)] == run:
            return words[:first] + words[first + len(run) :]
    return words


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"(?:[^\w'\u2019]|_)+", name.lower()) if word]


def _author(song: str) -> str:
    path = Path(song)
    if " - " in path.name:
        return path.name.partition(" - ")[0]
    parent = path.parent.name
    return parent if parent and parent.lower() not in SPLITS else path.name


def _slakh(place: Path) -> dict[str, tuple[bool, int]]:
    """Whether a stem of a Slakh track (Manilow et al. 2019) is drums, and its program; nothing elsewhere."""
    metadata = place.parent / "metadata.yaml"
    if place.name.lower() != "stems" or not metadata.is_file():
        return {}
    import yaml

    try:
        stems: dict[str, dict[str, Any]] = yaml.safe_load(metadata.read_bytes())["stems"]
        return {name: (bool(stem["is_drum"]), int(stem["program_num"])) for name, stem in stems.items()}
    except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        log.warning("%s is passed over: it is not Slakh's: %r", metadata, error)
        return {}


def _seconds(file: Path) -> float:
    """How long a file is; 0 for one that gives no audio, which is named."""
    try:
        with open_sound(file) as opened:
            seconds = float(opened.frames / opened.samplerate)
    except soundfile.LibsndfileError as error:
        log.warning("%s is left out: %s", file, error.error_string)
        return 0.0
    if not seconds:
        log.warning("%s is left out: it is empty", file)
    return seconds


def _begin(song_seconds: float) -> float:
    return min(BEGIN * song_seconds, max(0.0, song_seconds - EXCERPT_SECONDS))


def _stem(file: Path, begin: float, words: list[str], told: tuple[bool, int] | None) -> Stem | None:
    """The stem of a file; None for one that breaks off or does not sound, which is named."""
    try:
        audio = _read(file, begin)
    except (soundfile.SoundFileError, TrainingError) as error:
        log.warning("%s is left out: %s", file, getattr(error, "error_string", error))
        return None
    if told is None:
        is_kit, named = " ".join(_plain(words)) in WHOLE_KIT, role_of_name(" ".join(words))
    else:
        is_kit, named = told[0], role_of_program(told[1])
    shots = _kit_shots(audio, begin > 0.0) if is_kit else _shots(audio, begin > 0.0, named)
    return Stem(printable(Path(file.stem)), audio, tuple(shots))


def _read(file: Path, begin: float) -> Array:
    """Half a minute from `begin` seconds on, `EXCERPT_SECONDS` long whatever the file's length.

    Raises:
        TrainingError: if it does not sound there.
    """
    with open_sound(file) as opened:
        rate = int(opened.samplerate)
        opened.seek(min(int(begin * rate), opened.frames))
        channels = opened.read(int(EXCERPT_SECONDS * rate), dtype="float32", always_2d=True)
    if not np.isfinite(channels).all():
        raise TrainingError("a stem must hold finite numbers, and it holds others")
    audio = channels.mean(axis=1)
    if np.abs(audio).max(initial=0.0) <= SILENT:
        why = "its channels cancel out" if np.abs(channels).max(initial=0.0) > SILENT else "it is silent"
        raise TrainingError(
            f"a stem must sound within {EXCERPT_SECONDS:g} s from {begin:.1f} s on, and {why}"
        )
    wanted = int(EXCERPT_SECONDS * SAMPLE_RATE)
    resampled: Array = soxr.resample(audio, rate, SAMPLE_RATE)[:wanted].astype(np.float32)
    return np.pad(resampled, (0, wanted - len(resampled)))


def _kit_shots(audio: Array, begun: bool) -> list[OneShot]:
    """The sounds of a whole kit that stand most alone: the surest of each role."""
    best: dict[str, tuple[float, Array]] = {}
    for shot in most_alone(audio, KIT_SOUNDS, begun=begun):
        role, share = _heard(shot)
        if share >= SURE and share > best.get(role, (0.0, shot))[0]:
            best[role] = share, shot
    return [OneShot(role, shot) for role, (_, shot) in sorted(best.items())]


def _shots(audio: Array, begun: bool, named: str) -> list[OneShot]:
    """One sound; a part whose name says nothing has a role only where it is surely a drum."""
    shots = most_alone(audio, PART_SOUNDS, begun=begun)
    if not shots:
        return []
    if named and named != "percussion":
        return [OneShot(named, shots[0])]
    role, share = _heard(shots[0])
    if share >= SURE and drum_sounds.count_pitches(shots) <= DRUM_PITCHES:
        return [OneShot(role, shots[0])]
    return [OneShot(named, shots[0])] if named else []


def _heard(shot: Array) -> tuple[str, float]:
    """The likeliest drum and how likely it is; a sound that does not die away is none."""
    if not _dies_away(shot):
        return DRUM_ROLES[0], 0.0
    shares = drum_sounds.shipped().probabilities(shot)
    role = max(shares, key=shares.__getitem__)
    return role, shares[role]


def _dies_away(shot: Array) -> bool:
    """Whether nearly nothing is left after 1.2 s, and what is heard has fallen in its last fifth.

    Most sounds of kits have fallen so far wherever they are cut off, and few held notes have.
    """
    size = np.abs(shot)
    if size[int(1.2 * SAMPLE_RATE) :].max(initial=0.0) > 0.05:
        return False
    peak = size.max(initial=0.0)
    heard = np.trim_zeros(np.where(size > AUDIBLE * peak, size, 0.0), "b")
    fall_db = FALL_DB + FALL_DB_A_SECOND * len(heard) / SAMPLE_RATE
    return bool(heard[len(heard) * 4 // 5 :].max(initial=0.0) <= peak * 10.0 ** (-fall_db / 20.0))
