"""VST3 instruments, their programs and their preset files, played through pedalboard.

Whatever a plugin does, it does it in the reader process that calls this.
"""

import json
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from timbred_catalogs.decode import NotNowError, UndecodableError
from timbred_catalogs.instruments.reference_note import (
    HOLD_SECONDS,
    RATE,
    RELEASE_SECONDS,
    VELOCITY,
    Rendered,
)
from timbred_catalogs.instruments.vst3_programs import Program, choose, program_parameter, programs_of

# Where a preset file's header names the class that it belongs to.
CLASS_ID = slice(8, 40)
FOLDERS = ("~/.vst3", "/usr/lib/vst3", "/usr/local/lib/vst3")
BINARIES = "Contents/*-linux/*.so"
# Some plugins act on another program when they are next asked for audio.
SETTLE_SECONDS = 0.1
# DPF's instruments have one for each controller of each channel; pedalboard took 47 s to ask them all.
CONTROLLERS = re.compile(r"MIDI Ch\. \d+ ")


def binary_of(bundle: str) -> Path:
    """The file whose content stands for a bundle: its program. Raises: FileNotFoundError."""
    path = Path(bundle)
    if path.is_file():
        return path
    found = sorted(path.glob(BINARIES))
    if not found:
        raise FileNotFoundError(2, "No program for this system in it", bundle)
    return found[0]


def render(path: str, note: int, program: str | None = None) -> Rendered:
    """A `.vst3` as it opens or with one of its programs, a `.vstpreset` in the instrument that it belongs to.

    Raises: UndecodableError for an effect, an instrument that is not installed, and one that fails.
    """
    is_preset = path.lower().endswith(".vstpreset")
    plugin = _loaded(_instrument_of(path) if is_preset else path, _use(is_preset, program))
    try:
        if is_preset:
            plugin.load_preset(path)
        if program is not None:
            _choose(plugin, program)
        messages = [(bytes([0x90, note, VELOCITY]), 0.0), (bytes([0x80, note, 0]), HOLD_SECONDS)]
        audio = plugin(messages, duration=HOLD_SECONDS + RELEASE_SECONDS, sample_rate=RATE, reset=True)
    except (ValueError, RuntimeError, OSError) as error:
        raise UndecodableError(f"its instrument cannot play it: {error}") from error
    return Rendered(np.asarray(audio, np.float32), note)


def list_programs(path: str) -> list[Program]:
    """Those of a `.vst3` beside what it opens with; none where it has but one.

    Raises: UndecodableError as `render`.
    """
    return programs_of(program_parameter(_loaded(path, _use(False, None)).parameters))


def _choose(plugin: Any, program: str) -> None:
    parameter = program_parameter(plugin.parameters)
    if parameter is None or not choose(parameter, program):
        raise UndecodableError(f"it has no program {program}")
    plugin([], duration=SETTLE_SECONDS, sample_rate=RATE, reset=False)


def _use(is_preset: bool, program: str | None) -> str:
    return "preset" if is_preset else "as it opens" if program is None else "program"


@lru_cache(maxsize=1)
def _loaded(path: str, use: str) -> Any:
    """Loaded anew for another `use`: after a preset or a program none is any more what it opens with."""
    from pedalboard import VST3Plugin, _pedalboard

    _pedalboard.PARAMETER_NAME_REGEXES_TO_IGNORE.add(CONTROLLERS)
    try:
        plugin = VST3Plugin(path)
    except (ImportError, ValueError, RuntimeError, OSError) as error:
        raise UndecodableError(f"not a plugin that can be loaded: {str(error).splitlines()[0]}") from error
    if not plugin.is_instrument:
        raise UndecodableError("an effect, not an instrument")
    return plugin


def _instrument_of(preset: str) -> str:
    """By the class that the preset names, else by its folder, which is called as its plugin is."""
    with Path(preset).open("rb") as file:
        head = file.read(48)
    if head[:4] != b"VST3":
        raise UndecodableError("not a VST3 preset")
    name = Path(preset).parent.name
    bundles = list(_installed(Path(preset).parent))
    for fits in (lambda b: _class_ids(b) >= {head[CLASS_ID].decode("ascii", "replace").upper()}, None):
        for bundle in bundles:
            if fits(bundle) if fits is not None else bundle.stem.lower() == name.lower():
                return str(bundle)
    raise NotNowError(f"its instrument is not installed: no {name}.vst3 in {', '.join(FOLDERS)}")


def _installed(beside: Path) -> Iterator[Path]:
    """Bundles in the preset's own folder and the one above, then in the places where hosts look."""
    own = os.environ.get("VST3_PATH", "").split(os.pathsep)
    for folder in (beside, beside.parent, *map(Path, filter(None, own)), *map(Path, FOLDERS)):
        yield from sorted(folder.expanduser().glob("*.vst3"))
        yield from sorted(folder.expanduser().glob("*/*.vst3"))


def _class_ids(bundle: Path) -> set[str]:
    for place in ("Contents/Resources/moduleinfo.json", "Contents/moduleinfo.json"):
        try:
            listed = json.loads((bundle / place).read_text(encoding="utf-8"))
            return {str(entry["CID"]).upper() for entry in listed["Classes"]}
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return set()
