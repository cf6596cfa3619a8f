"""Writes the starter library: the sounds, `library.json` beside them, and their licence."""

import hashlib
import io
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from timbred_catalogs.errors import CatalogError
from timbred_catalogs.starter.packs import Sound, library_sounds
from timbred_catalogs.starter.signals import RATE_HZ

DEFAULT_SEED = 1
LICENCE = "CC0-1.0"
LICENCE_TEXT = """The sounds in this folder were synthesised by timbred, from nothing but arithmetic.

To the extent possible under law, the timbred authors have waived all copyright and related or neighbouring
rights to them (CC0 1.0 Universal, https://creativecommons.org/publicdomain/zero/1.0/). Use them for anything,
alone or in music, without asking and without credit.
"""


@dataclass(frozen=True)
class StarterReport:
    """What `write_starter_library` did: files written, files found as they should be, and the folder."""

    folder: Path
    written: int
    unchanged: int


def write_starter_library(folder: Path, *, seed: int = DEFAULT_SEED) -> StarterReport:
    """Synthesise the library into `folder`; what lies there already, byte for byte, is not touched.

    The same seed gives the same bytes. A run that was cut off is finished by the next one.

    Raises:
        CatalogError: if the folder cannot be written to.
    """
    held = _held(folder, seed)

    def bring(sound: Sound) -> tuple[dict[str, Any], bool]:
        path, digest = folder / sound.path, held.get(sound.path)
        if digest is not None and path.is_file() and _digest(path.read_bytes()) == digest:
            return _entry(sound, digest), False
        data = wave_bytes(sound.render(seed))
        return _entry(sound, _digest(data)), write_if_other(path, data)

    try:
        with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:  # NumPy lets go of the lock
            done = list(pool.map(bring, library_sounds()))
        entries = [entry for entry, _ in done]
        listing = {"licence": LICENCE, "seed": seed, "recipe": _recipe(), "sounds": entries}
        write_if_other(folder / "library.json", (json.dumps(listing, indent=1) + "\n").encode())
        write_if_other(folder / "LICENSE.txt", LICENCE_TEXT.encode())
    except OSError as error:
        raise CatalogError(
            f"the starter library's folder must be writable, and {folder} is not: {error}"
        ) from error
    written = sum(new for _, new in done)
    return StarterReport(folder, written, len(done) - written)


def _held(folder: Path, seed: int) -> dict[str, str]:
    """Digests by path of an earlier, finished run with the same seed and recipe."""
    try:
        listing = json.loads((folder / "library.json").read_text())
        if (listing["seed"], listing["recipe"]) != (seed, _recipe()):
            return {}
        return {entry["path"]: entry["sha256"] for entry in listing["sounds"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _recipe() -> str:
    """Digest of the synthesizer itself, so that an older library is brought up to date."""
    here = Path(__file__).parent
    sources = sorted([*here.glob("*.py"), *here.glob("*.toml")])
    return _digest(b"".join(path.read_bytes() for path in sources))[:16]


def _entry(sound: Sound, digest: str) -> dict[str, Any]:
    about: dict[str, Any] = {"path": sound.path, "name": sound.name, "pack": sound.pack, "role": sound.role}
    if sound.note is not None:
        about["midi_note"] = sound.note
    return about | {"tags": list(sound.tags), "licence": LICENCE, "sha256": digest}


def wave_bytes(audio: NDArray[np.floating[Any]]) -> bytes:
    """A 24-bit WAV file of audio (channels, frames) at 44.1 kHz."""
    buffer = io.BytesIO()
    soundfile.write(buffer, audio.T, RATE_HZ, format="WAV", subtype="PCM_24")
    return buffer.getvalue()


def write_if_other(path: Path, data: bytes) -> bool:
    """Write by way of a `.tmp` file, unless the file holds just that; says whether it wrote."""
    if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(data)
    temporary.replace(path)
    return True


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
