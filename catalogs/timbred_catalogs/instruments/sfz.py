"""SFZ instruments: from the text to the regions that sound at one note."""

import math
import re
from dataclasses import dataclass
from pathlib import Path

from timbred_catalogs.decode import NotNowError, UndecodableError
from timbred_catalogs.instruments.reference_note import VELOCITY

MOST_INCLUDED = 8
LONGEST_TEXT = 4_000_000
# No opcode's number is larger, the frames of an offset included.
LARGEST_NUMBER = 2.0**32
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_TOKEN = re.compile(r"<(\w+)>|(\w+)=([^\n]*?)(?=\s+\w+=|\s*<\w+>|\s*$)", re.MULTILINE)
_INCLUDE = re.compile(r'#include\s+"([^"]+)"')
_DEFINE = re.compile(r"#define\s+(\$\w+)\s+(\S+)")
_NOTE = re.compile(r"([a-g])(#|b)?(-?\d)", re.IGNORECASE)
_SEMITONE = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_LEVELS = ("global", "master", "group")


@dataclass(frozen=True, slots=True)
class Region:
    """One sample with its opcodes, its inherited ones among them."""

    sample: Path
    opcodes: dict[str, str]

    def number(self, name: str, default: float) -> float:
        """Raises: UndecodableError where the file says no number, or one that nothing can be."""
        said = self.opcodes.get(name, default)
        try:
            number = float(said)
        except ValueError:
            number = math.nan
        if not abs(number) <= LARGEST_NUMBER:
            raise UndecodableError(f"{name} must be a number, not {str(said)[:40]!r}")
        return number

    def key(self, name: str, default: int) -> int:
        """A MIDI note, written as a number or as a name."""
        said = self.opcodes.get(name, self.opcodes.get("key"))
        if said is None:
            return default
        named = _NOTE.fullmatch(said.strip())
        if named is None:
            return int(Region(self.sample, {name: said}).number(name, default))
        shift = {"#": 1, "b": -1}.get(named[2] or "", 0)
        return 12 * (int(named[3]) + 1) + _SEMITONE[named[1].lower()] + shift

    def keys(self) -> range:
        """The MIDI notes that it lies under."""
        return range(max(0, self.key("lokey", 0)), min(127, self.key("hikey", 127)) + 1)

    def starts(self) -> bool:
        """Whether pressing one of its keys at the reference velocity starts it, the first time."""
        return (
            self.number("lovel", 0) <= VELOCITY <= self.number("hivel", 127)
            and self.opcodes.get("trigger", "attack") in ("attack", "first")
            and self.number("seq_position", 1) == 1
            and self.number("lorand", 0) == 0
            and self.opcodes.get("sw_last") == self.opcodes.get("sw_default", self.opcodes.get("sw_last"))
        )


def regions_of(path: str) -> list[Region]:
    """Every region that plays a file, in the text's order.

    Raises: UndecodableError where the text is none, or names no sample.
    """
    root = Path(path)
    text = _defined(_COMMENT.sub("", _included(root, root.parent, 0)))
    regions: list[Region] = []
    inherited: dict[str, dict[str, str]] = {level: {} for level in _LEVELS}
    control: dict[str, str] = {}
    current: dict[str, str] = {}
    region: dict[str, str] | None = None
    for header, name, value in _TOKEN.findall(text + "\n<end>"):
        if not header:
            current[name.lower()] = value.strip()
            continue
        if region is not None:
            regions += _finished(region, control, root.parent)
        region = None
        header = header.lower()
        if header == "region":
            current = region = {k: v for level in _LEVELS for k, v in inherited[level].items()}
        elif header in _LEVELS:
            current = {}
            for level in _LEVELS[_LEVELS.index(header) :]:
                inherited[level] = current if level == header else {}
        else:
            current = control if header == "control" else {}
    if not regions:
        raise UndecodableError("names no sample")
    return regions


def _finished(opcodes: dict[str, str], control: dict[str, str], folder: Path) -> list[Region]:
    sample = opcodes.get("sample", "")
    if not sample or sample.startswith("*"):  # a generator of the player's own
        return []
    place = (control.get("default_path", "") + sample).replace("\\", "/")
    return [Region(folder / place, dict(opcodes))]


def _included(path: Path, root: Path, depth: int) -> str:
    if depth > MOST_INCLUDED:
        raise UndecodableError(f"must include at most {MOST_INCLUDED} files in each other")
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise NotNowError(f"{path.name} must be a regular file")
        with path.open("rb") as file:
            text = file.read(LONGEST_TEXT).decode("utf-8", "replace")
    except OSError as error:
        raise NotNowError(f"{path.name} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UndecodableError(f"#include must name a file, not {path.name[:40]!r}") from error
    return _INCLUDE.sub(lambda found: _included(root / found[1].replace("\\", "/"), root, depth + 1), text)


def _defined(text: str) -> str:
    values = dict(_DEFINE.findall(text))
    text = _DEFINE.sub("", text)
    for name in sorted(values, key=len, reverse=True):
        text = text.replace(name, values[name])
    return text
