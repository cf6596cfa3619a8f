"""The settings: `defaults.toml`, which documents them, under what the user's own file changes."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias

from platformdirs import user_config_dir

from timbred.errors import ConfigError

FILE_NAME = "timbred.toml"
LOG_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True)
class Daemon:
    """The process; see defaults.toml."""

    catalog: str
    port: int
    nice: int
    max_sessions: int
    log_level: str


@dataclass(frozen=True)
class Listening:
    """How the music becomes windows; see defaults.toml."""

    hop_seconds: float
    first_window_seconds: float
    seconds_without_beats: float
    gate_open_dbfs: float
    gate_close_dbfs: float
    gate_hold_seconds: float


@dataclass(frozen=True)
class Suggesting:
    """How hits become a list; see defaults.toml."""

    per_slot: int
    least_similarity: float
    hold_similarity: float
    pack_share: float


@dataclass(frozen=True)
class Cataloguing:
    """What the daemon does for the catalogue by itself; see defaults.toml."""

    watch: tuple[str, ...]
    pause_while_playing: bool


@dataclass(frozen=True)
class Config:
    """All settings."""

    daemon: Daemon
    catalog: Cataloguing
    listening: Listening
    suggesting: Suggesting


_SECTIONS = {"daemon": Daemon, "catalog": Cataloguing, "listening": Listening, "suggesting": Suggesting}
_RANGES: Mapping[str, tuple[float, float]] = {
    "port": (0, 65535),
    "nice": (0, 19),
    "max_sessions": (1, 1024),
    "hop_seconds": (0.1, 10),
    "first_window_seconds": (0.1, 10),
    "seconds_without_beats": (1, 16),
    "gate_open_dbfs": (-120, 0),
    "gate_close_dbfs": (-120, 0),
    "gate_hold_seconds": (0, 60),
    "per_slot": (1, 32),
    "least_similarity": (-1, 1),
    "hold_similarity": (0, 1),
    "pack_share": (0, 1),
}
_Table: TypeAlias = Mapping[str, Any]


def config_path() -> Path:
    """The user's file: `$TIMBRED_CONFIG`, else `timbred.toml` in the platform's place; it may not exist."""
    return Path(os.environ.get("TIMBRED_CONFIG") or Path(user_config_dir("timbred")) / FILE_NAME)


def defaults_text() -> str:
    """The commented defaults."""
    return files("timbred").joinpath("defaults.toml").read_text(encoding="utf-8")


def load_config(path: Path | None = None) -> Config:
    """The defaults, changed by the user's file where there is one.

    Raises:
        ConfigError: The file is no TOML, or breaks rules; all that it breaks in one message.
    """
    path = path or config_path()
    own = _read(path)
    defaults = tomllib.loads(defaults_text())
    faults = _unknown(own, defaults)
    merged = {name: {**defaults[name], **_section(own, name)} for name in _SECTIONS}
    faults += [fault for name in _SECTIONS for fault in _wrong(name, merged[name], defaults[name])]
    if not faults and merged["listening"]["gate_close_dbfs"] > merged["listening"]["gate_open_dbfs"]:
        faults.append("listening.gate_close_dbfs must not be above gate_open_dbfs")
    if faults:
        raise ConfigError(f"{path}: " + "; ".join(faults))
    made = {name: kind(**_typed(kind, merged[name])) for name, kind in _SECTIONS.items()}
    return Config(**made)


def _read(path: Path) -> _Table:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} can't be read: {error}") from error


def _section(own: _Table, name: str) -> _Table:
    section = own.get(name, {})
    return section if isinstance(section, dict) else {}


def _unknown(own: _Table, defaults: _Table) -> list[str]:
    faults = [f"there is no section [{name}]" for name in own if name not in defaults]
    faults += [f"{name} must be a section" for name in defaults if not isinstance(own.get(name, {}), dict)]
    for name in defaults:
        faults += [
            f"there is no setting {name}.{key}" for key in _section(own, name) if key not in defaults[name]
        ]
    return faults


def _wrong(name: str, values: _Table, defaults: _Table) -> list[str]:
    return [fault for key in defaults if (fault := _fault(f"{name}.{key}", key, values[key], defaults[key]))]


def _fault(full: str, key: str, value: object, default: object) -> str | None:
    if isinstance(default, str):
        if not isinstance(value, str):
            return f"{full} must be a string, not {value!r}"
        if key == "log_level" and value not in LOG_LEVELS:
            return f"{full} must be one of {', '.join(LOG_LEVELS)}, not {value!r}"
        return _nobodys(full, [value]) if key == "catalog" else None
    if isinstance(default, list):
        if not (isinstance(value, list) and all(_is_place(folder) for folder in value)):
            return f"{full} must be folders from / or ~ on, not {value!r}"
        return _nobodys(full, value)
    if isinstance(default, bool):
        return None if isinstance(value, bool) else f"{full} must be true or false, not {value!r}"
    whole = isinstance(default, int)
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        return f"{full} must be a {'whole ' if whole else ''}number, not {value!r}"
    low, high = _RANGES[key]
    return None if low <= value <= high else f"{full} must be {low:g}..{high:g}, not {value!r}"


def _is_place(folder: object) -> bool:
    return isinstance(folder, str) and (folder.startswith("~") or Path(folder).is_absolute())


def _nobodys(full: str, folders: list[str]) -> str | None:
    """What is wrong with folders that begin with `~` and the name of a user that there is not."""
    strange = [folder for folder in folders if os.path.expanduser(folder).startswith("~")]  # noqa: PTH111
    return f"{full} must be of a user there is, not {strange[0]!r}" if strange else None


def _typed(kind: type, values: _Table) -> dict[str, Any]:
    return {f.name: _as(values[f.name], f.type) for f in fields(kind)}


def _as(value: Any, kind: object) -> Any:
    """What TOML gives as the dataclass has it."""
    if isinstance(value, list):
        return tuple(value)
    return float(value) if kind is float else value
