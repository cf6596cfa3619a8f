"""Makes a sound's row out of what was measured and what its names say."""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from math import isclose
from pathlib import PurePath
from typing import Any

from timbred_catalogs.header_facts import HeaderFacts
from timbred_catalogs.instruments.kits import Voice, voice_of
from timbred_catalogs.instruments.reference_note import reference_note
from timbred_catalogs.instruments.soundfont import DRUM_BANK
from timbred_catalogs.measured import Measured
from timbred_catalogs.name_facts import (
    LETTER_CONFIDENCE,
    Estimate,
    key_of,
    kind_of,
    pack_of,
    pitch_of,
    says_loop,
    says_one_shot,
    tempo_of,
)
from timbred_catalogs.places import folder_of, is_container, is_instrument
from timbred_catalogs.role_names import (
    DRUM_MACHINES,
    PLACES_OF_DRUMS,
    SHORT_CONFIDENCE,
    RoleGuess,
    guess_role,
    tokens,
)
from timbred_catalogs.roles import DRUM_ROLES, ROLE_OF_PHRASE
from timbred_catalogs.rows import printable
from timbred_catalogs.scan import Found
from timbred_catalogs.sidecar import said_of
from timbred_catalogs.sound import Sound
from timbred_catalogs.tempo import SAME_TEMPO
from timbred_catalogs.tonality import ROOTS

# Folders above the file that may say its role: pack/Drums/Kicks/808.
FOLDERS_ASKED = 4
# A root with its mode is as much surer than a root alone.
MODE_HEARD = 0.01
# What is known by measuring alone; of the rest names may know better.
_MEASURED = (
    "duration_seconds",
    "peak_db",
    "loudness_lufs",
    "channels",
    "sample_rate",
    "attack_seconds",
    "brightness_hz",
)


def describe(found: Found, sound_id: str, measured: Measured) -> Sound:
    """A new sound, as yet without anything that the user said of it."""
    return Sound(
        id=sound_id,
        **{name: getattr(measured, name) for name in _MEASURED},
        tags=said_of(found.path, found.root).tags,
        favourite=False,
        missing=False,
        size_bytes=found.size_bytes,
        mtime_ns=found.mtime_ns,
        added_at=datetime.now(UTC),
        preset=found.preset,
        **(_of_instrument(found) if is_instrument(found.path) else _of_file(found, measured)),
    )


def note_of(found: Found) -> int:
    """The MIDI note that stands for an instrument."""
    return found.note if found.note is not None else reference_note(_instrument_role(found).role)


def renamed(sound: Sound, path: str, root: str) -> Sound:
    """The same content under another name; what the user said of it stays, and what was measured."""
    if sound.kind == "instrument":
        found = Found(path, root, 0, 0, sound.preset, sound.name if sound.preset else None)
        return replace(sound, missing=False, path=path, name=_title(found), pack=_instrument_pack(found))
    said = _from_names(path, root, sound.duration_seconds)
    before = _from_names(sound.path, _root_asked(sound.path), sound.duration_seconds)
    if (sound.kind, before["kind"], said["kind"]) == ("loop", "one_shot", "one_shot"):
        said["kind"] = "loop"  # as its header says
    for value in ("pitch_midi", "tempo_bpm", "key"):
        known, confidence = getattr(sound, value), getattr(sound, _confidence(value))
        if not _is_alike(known, before[value]) or not _is_alike(confidence, before[_confidence(value)]):
            _keep_surer(said, value, known, confidence)
    heard = sound.role_source == "sound" and sound.role_confidence > said["role_confidence"]
    if heard or sound.role_source == "user":
        said = {name: value for name, value in said.items() if not name.startswith("role")}
    return replace(sound, missing=False, **said)


def named_role(sound: Sound) -> RoleGuess:
    """What names alone say of a sound that is in the catalogue, its folders as far as they are asked."""
    root = _root_asked(sound.path)
    if sound.kind == "instrument":
        return _instrument_role(Found(sound.path, root, 0, 0, sound.preset, sound.name))
    name = PurePath(printable(sound.path)).stem
    return _drum_role(name, _folders(sound.path, root), voice_of(sound.path, root))


def _root_asked(path: str) -> str:
    """The outermost folder that may say something of a sound, where it is not told which folder was added."""
    return str(list(PurePath(path).parents)[:FOLDERS_ASKED][-1])


def _of_file(found: Found, measured: Measured) -> dict[str, Any]:
    said = _from_names(found.path, found.root, measured.duration_seconds)
    is_hit = voice_of(found.path, found.root) is not None or says_one_shot(
        said["name"], _folders(found.path, found.root)
    )
    _take_facts(said, measured.facts, is_hit)
    heard = {"pitch_midi": measured.pitch}
    if said["kind"] != "one_shot":  # one hit has neither
        heard |= {"tempo_bpm": _of_one_octave(measured.tempo, said["tempo_bpm"])}
        if measured.key is not None:
            _keep_surer(said, "key", *_of_one_root(measured.key, said["key"], said["key_confidence"]))
    for value, estimate in heard.items():
        if estimate is not None:
            _keep_surer(said, value, estimate.value, estimate.confidence)
    return said


def _take_facts(said: dict[str, Any], facts: HeaderFacts, is_hit: bool) -> None:
    """What the header says, after names. Vendors give drums a root, too, that means nothing."""
    if facts.tempo is not None and not is_hit:
        said["kind"] = "loop" if said["kind"] == "one_shot" else said["kind"]
        _keep_surer(said, "tempo_bpm", facts.tempo.value, facts.tempo.confidence)
    if facts.root is None or said["role"] in DRUM_ROLES:
        return
    if said["kind"] == "one_shot":
        _keep_surer(said, "pitch_midi", facts.root.value, facts.root.confidence)
    else:
        _keep_surer(said, "key", ROOTS[round(facts.root.value) % 12], facts.root.confidence)


def _of_one_root(heard: tuple[str, float], said: str | None, confidence: float) -> tuple[str, float]:
    """Where but a root is said, ears tell major from minor."""
    return (heard[0], max(heard[1], confidence + MODE_HEARD)) if heard[0].split()[0] == said else heard


def _of_one_octave(heard: Estimate | None, named: float | None) -> Estimate | None:
    """A name that says a tempo knows better than ears whether it is that, half of it or twice as fast."""
    if heard is None or named is None:
        return heard
    near = any(abs(heard.value * factor / named - 1) <= SAME_TEMPO for factor in (0.5, 1.0, 2.0))
    return Estimate(named, heard.confidence) if near else heard


def _keep_surer(said: dict[str, Any], value: str, other: float | str | None, confidence: float) -> None:
    """Names and ears each say how sure they are."""
    surer = confidence > said[_confidence(value)] and not _is_alike(confidence, said[_confidence(value)])
    if other is not None and surer:
        said[value], said[_confidence(value)] = other, confidence


def _is_alike(one: float | str | None, other: float | str | None) -> bool:
    """The table keeps single precision."""
    if isinstance(one, str) or isinstance(other, str) or one is None or other is None:
        return one == other
    return isclose(one, other, rel_tol=1e-5, abs_tol=1e-6)


def _confidence(value: str) -> str:
    return value.partition("_")[0] + "_confidence"


def _of_instrument(found: Found) -> dict[str, Any]:
    role = _instrument_role(found)
    return {
        "path": found.path,
        "name": _title(found),
        "pack": _instrument_pack(found),
        "kind": "instrument",
        "role": role.role,
        "role_confidence": role.confidence,
        "role_source": role.source,
        "pitch_midi": float(note_of(found)),
        "pitch_confidence": 1.0,
        "tempo_bpm": None,
        "tempo_confidence": 0.0,
        "key": None,
        "key_confidence": 0.0,
    }


def _instrument_role(found: Found) -> RoleGuess:
    """A SoundFont's folders say nothing of its presets, a plugin's of its programs; one instrument's do."""
    if found.preset is None:
        return guess_role(_title(found), _folders(found.path, found.root))
    if is_container(found.path) and int(found.preset.partition(":")[0]) == DRUM_BANK:
        return RoleGuess("percussion", 1.0, "library")
    return guess_role(_title(found))


def _title(found: Found) -> str:
    return printable(found.title or PurePath(found.path).stem)


def _instrument_pack(found: Found) -> str:
    pack = PurePath(found.path).stem if found.preset is not None else pack_of(found.path, found.root)
    return printable(pack)


def _from_names(path: str, root: str, duration_seconds: float) -> dict[str, Any]:
    name = PurePath(printable(path)).stem
    folders = _folders(path, root)
    said = said_of(path, root)
    voice = voice_of(path, root)
    role = RoleGuess(said.role, 1.0, "library") if said.role else _drum_role(name, folders, voice)
    tempo = tempo_of(name, folders, duration_seconds)
    key = key_of(name)
    if key is not None and key[1] <= LETTER_CONFIDENCE and role.role in DRUM_ROLES:
        key = None  # `Kick A` is the first of several
    if role.role is None and key is not None and _is_tuned_808(name):
        role = RoleGuess("bass", SHORT_CONFIDENCE, "name")
    named = pitch_of(name, role.role)
    pitch = Estimate(said.pitch_midi, 1.0) if said.pitch_midi is not None else named
    return {
        "path": path,
        "name": name,
        "pack": printable(voice.kit if voice else pack_of(path, root)),
        "kind": "one_shot" if voice else kind_of(name, folders, duration_seconds),
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


def _is_tuned_808(name: str) -> bool:
    """A machine's kick that is played as a bass: where nothing else in the name says what it is."""
    words = tokens(name)
    others = PLACES_OF_DRUMS - DRUM_MACHINES
    says_more = any((word,) in ROLE_OF_PHRASE or word in others for word in words) or says_loop(name, ())
    return "808" in words and not says_more


def _drum_role(name: str, folders: Sequence[str], voice: Voice | None) -> RoleGuess:
    """A kit's own name for the voice is asked first."""
    guess = guess_role(voice.name, ["kit"]) if voice else None
    return guess if guess is not None and guess.role else guess_role(name, folders)


def _folders(path: str, root: str) -> tuple[str, ...]:
    """From the root's own folder down to the file's, the outermost first."""
    return _folders_down(folder_of(path), root)


@lru_cache(maxsize=256)
def _folders_down(folder: str, root: str) -> tuple[str, ...]:
    below = PurePath(os.path.relpath(printable(folder), PurePath(printable(root)).parent))
    return tuple(part for part in below.parts if part != "..")[-FOLDERS_ASKED:]
