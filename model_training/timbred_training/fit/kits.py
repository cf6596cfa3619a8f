"""Drum kits on disk: folders of one-shots whose names, or whose Hydrogen description, tell the roles."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

import soundfile
import soxr

from timbred_training.errors import TrainingError
from timbred_training.fit.roles import DRUM_ROLES, role_of_name
from timbred_training.fit.songs import ONE_SHOT_SECONDS, Array, peak_normalised
from timbred_training.frontend import SAMPLE_RATE
from timbred_training.sources.folder import SUFFIXES

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

    Raises:
        TrainingError: if there is none.
    """
    found: dict[Path, dict[str, list[Path]]] = {}
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() not in SUFFIXES:
            continue
        role = role_of_name(described(file.parent).get(file.name, "")) or role_of_name(file.stem)
        if role in DRUM_ROLES:
            found.setdefault(file.parent, {}).setdefault(role, []).append(file)
    kits = [
        Kit(str(place.relative_to(folder.parent)), {role: tuple(files) for role, files in roles.items()})
        for place, roles in found.items()
        if len(roles) > 1
    ]
    if not kits:
        raise TrainingError(f"a folder of kits must hold folders of drum sounds, and {folder} holds none")
    return kits


def read_one_shot(file: Path, seconds: float = ONE_SHOT_SECONDS) -> Array:
    """The beginning of a sound file: mono float32 at `SAMPLE_RATE`, peak 1."""
    with soundfile.SoundFile(str(file)) as opened:
        rate = int(opened.samplerate)
        audio = opened.read(int(seconds * rate), dtype="float32", always_2d=True)
    return peak_normalised(soxr.resample(audio.mean(axis=1), rate, SAMPLE_RATE))


@lru_cache(maxsize=8)  # asked again for each file of a folder
def described(folder: Path) -> dict[str, str]:
    """The instrument's name of each file that a Hydrogen kit's description lists."""
    if not (folder / DESCRIPTION).is_file():
        return {}
    names: dict[str, str] = {}
    for instrument in ElementTree.parse(folder / DESCRIPTION).getroot().iter():
        if not instrument.tag.endswith("}instrument") and instrument.tag != "instrument":
            continue
        values = [(child.tag.rpartition("}")[2], (child.text or "").strip()) for child in instrument.iter()]
        name = next((text for tag, text in values if tag == "name"), "")
        names |= {Path(text).name: name for tag, text in values if tag == "filename"}
    return names
