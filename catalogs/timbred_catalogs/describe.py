"""Makes a sound's row out of what was measured and what its names say."""

import os
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

from timbred_catalogs.measured import Measured
from timbred_catalogs.name_facts import Estimate, key_of, kind_of, pack_of, pitch_of, tempo_of
from timbred_catalogs.role_names import RoleGuess, guess_role
from timbred_catalogs.rows import printable
from timbred_catalogs.scan import Found
from timbred_catalogs.sidecar import said_of
from timbred_catalogs.sound import Sound

# Folders above the file that may say its role: pack/Drums/Kicks/808.
FOLDERS_ASKED = 4


def describe(found: Found, sound_id: str, measured: Measured) -> Sound:
    """A new sound, as yet without anything that the user said of it."""
    return Sound(
        id=sound_id,
        **asdict(measured),
        tags=said_of(found.path, found.root).tags,
        favourite=False,
        missing=False,
        size_bytes=found.size_bytes,
        mtime_ns=found.mtime_ns,
        added_at=datetime.now(UTC),
        **_from_names(found.path, found.root, measured.duration_seconds),
    )


def renamed(sound: Sound, path: str, root: str) -> Sound:
    """The same content under another name; what the user said of it stays."""
    said = _from_names(path, root, sound.duration_seconds)
    if sound.role_source == "user":
        said = {name: value for name, value in said.items() if not name.startswith("role")}
    return replace(sound, missing=False, **said)


def _from_names(path: str, root: str, duration_seconds: float) -> dict[str, Any]:
    name = PurePath(printable(path)).stem
    folders = _folders(path, root)
    said = said_of(path, root)
    role = RoleGuess(said.role, 1.0, "library") if said.role else guess_role(name, folders)
    tempo = tempo_of(name, folders, duration_seconds)
    key = key_of(name)
    named = pitch_of(name, role.role)
    pitch = Estimate(said.pitch_midi, 1.0) if said.pitch_midi is not None else named
    return {
        "path": path,
        "name": name,
        "pack": printable(pack_of(path, root)),
        "kind": kind_of(name, folders, duration_seconds),
        "role": role.role,
        "role_confidence": role.confidence,
        "role_source": role.source,
        "pitch_midi": pitch.value if pitch else None,
        "pitch_confidence": pitch.confidence if pitch else 0.0,
        "tempo_bpm": tempo.value if tempo else None,
        "tempo_confidence": tempo.confidence if tempo else 0.0,
        "key": key[0] if key else None,
        "key_confidence": key[1] if key else 0.0,
    }


def _folders(path: str, root: str) -> list[str]:
    """From the root's own folder down to the file's, the outermost first."""
    below = PurePath(os.path.relpath(PurePath(printable(path)).parent, PurePath(printable(root)).parent))
    return [folder for folder in below.parts if folder != ".."][-FOLDERS_ASKED:]
