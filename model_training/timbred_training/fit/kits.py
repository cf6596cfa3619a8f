"""Drum kits on disk: folders of one-shots whose names, or whose Hydrogen description, tell the roles."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import soundfile
import soxr

from timbred_training.errors import TrainingError
from timbred_training.fit.roles import DRUM_ROLES, role_of_name
from timbred_training.fit.songs import ONE_SHOT_SECONDS, SILENT, Array, peak_normalised
from timbred_training.frontend import SAMPLE_RATE
from timbred_training.sources.folder import printable, sound_files
from timbred_training.sources.sound_file import open_sound

log = logging.getLogger(__name__)
DESCRIPTION = "drumkit.xml"


@dataclass(frozen=True)
class Kit:
    """One kit: its files by role, those of a role in the order of their names."""

    name: str
    files: dict[str, tuple[Path, ...]]

    def sounds(self, role: str, most: int) -> list[Array]:
        """Up to `most` sounds of a role, spread evenly over its files."""
        files = self.files.get(role, ())
        return [read_one_shot(file) for file in files[:: max(1, len(files) // most)][:most]]


def find_kits(folder: Path) -> list[Kit]:
    """The kits of a folder: each subfolder, at any depth, whose files speak of two drum roles or more.

    A file without sound is left out, with a warning.

    Raises:
        TrainingError: if there is none.
    """
    found: dict[Path, dict[str, list[Path]]] = {}
    for file in sound_files(folder):
        role = role_of_name(described(file.parent).get(file.name, "")) or role_of_name(file.stem)
        if role in DRUM_ROLES and _sounds(file):
            found.setdefault(file.parent, {}).setdefault(role, []).append(file)
    kits = [
        Kit(
            printable(place.relative_to(folder.parent)), {role: tuple(files) for role, files in roles.items()}
        )
        for place, roles in found.items()
        if len(roles) > 1
    ]
    if not kits:
        raise TrainingError(f"a folder of kits must hold folders of drum sounds, and {folder} holds none")
    return kits


def read_one_shot(file: Path, seconds: float = ONE_SHOT_SECONDS) -> Array:
    """The beginning of a sound file: mono float32 at `SAMPLE_RATE`, peak 1.

    Raises:
        TrainingError: if it can't be decoded, or holds no frames.
    """
    try:
        with open_sound(file) as opened:
            rate = int(opened.samplerate)
            audio = opened.read(int(seconds * rate), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise TrainingError(
            f"a one-shot must be one that libsndfile reads, not {file}: {error.error_string}"
        ) from error
    if not len(audio):
        raise TrainingError(f"a one-shot must hold frames, and {file} has none")
    return peak_normalised(soxr.resample(audio.mean(axis=1), rate, SAMPLE_RATE))


def _sounds(file: Path) -> bool:
    try:
        sounds = float(np.abs(read_one_shot(file)).max()) > SILENT
    except TrainingError as error:
        log.warning("a sound is left out: %s", error)
        return False
    if not sounds:
        log.warning("a sound is left out: %s is silent", file)
    return sounds


def described(folder: Path) -> dict[str, str]:
    """The instrument's name of each file that a Hydrogen kit's description lists."""
    names: dict[str, str] = {}
    for instrument in _tagged(_description(folder), "instrument"):
        values = [(child.tag.rpartition("}")[2], (child.text or "").strip()) for child in instrument.iter()]
        name = next((text for tag, text in values if tag == "name"), "")
        names |= {Path(text).name: name for tag, text in values if tag == "filename"}
    return names


def authors(folder: Path) -> set[str]:
    """Who made a kit by its Hydrogen description, in lower case, without addresses."""
    told = ",".join(element.text or "" for element in _tagged(_description(folder), "author"))
    names = re.split(r"[,/]| and ", re.sub(r"<[^>]*>|\[[^\]]*\]|\([^)]*\)", "", told))
    return {name.strip().lower() for name in names if name.strip()}


@lru_cache(maxsize=8)  # asked again for each file of a folder
def _description(folder: Path) -> ElementTree.Element:
    """The root of a kit's description; an empty one where there is none."""
    try:
        return ElementTree.parse(folder / DESCRIPTION).getroot()
    except FileNotFoundError:
        pass
    except ElementTree.ParseError as error:
        log.warning("%s is passed over: %s", folder / DESCRIPTION, error)
    return ElementTree.Element(DESCRIPTION)


def _tagged(description: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    return (element for element in description.iter() if element.tag.rpartition("}")[2] == name)
