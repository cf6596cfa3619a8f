"""SFZ instruments: from the text to the regions that sound at one note."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from timbred_catalogs.decode import UndecodableError
from timbred_catalogs.instruments.reference_note import VELOCITY
from timbred_catalogs.instruments.sfz_text import expanded

# No opcode's number is larger, the frames of an offset included.
LARGEST_NUMBER = 2.0**32
_TOKEN = re.compile(r"<(\w+)>|(\w+)=([^\n]*?)(?=\s+\w+=|\s*<\w+>|\s*$)", re.MULTILINE)
_NOTE = re.compile(r"([a-g])(#|b)?(-?\d)", re.IGNORECASE)
_SEMITONE = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_LEVELS = ("global", "master", "group")
_ALIASES = {"loopmode": "loop_mode", "loopstart": "loop_start", "loopend": "loop_end"}
# What `key` says; the later of it and one of these counts.
_OF_KEY = ("lokey", "hikey", "pitch_keycenter")
# What `<control>` may say of every region; its other opcodes are the player's own.
_OF_CONTROL = re.compile(r"(note|octave)_offset|set_(hd)?cc\d+")
_CONTROLLER = re.compile(r"(lo|hi)cc(\d{1,3})")
# Those that no player has at 0 before they are moved; above them are a note's own, its velocity for one.
_CONTROLLERS = {7: 100, 10: 64, 11: 127}
HIGHEST_CONTROLLER = HIGHEST_VALUE = 127


@dataclass(frozen=True, slots=True)
class Region:
    """One sample with its opcodes, its inherited ones and those of the controls among them."""

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
        said = self.opcodes.get(name)
        if said is None:
            return default
        named = _NOTE.fullmatch(said.strip())
        if named is None:
            key = int(self.number(name, default))
        else:
            shift = {"#": 1, "b": -1}.get(named[2] or "", 0)
            key = 12 * (int(named[3]) + 1) + _SEMITONE[named[1].lower()] + shift
        if key < 0:  # none
            return key
        return key + int(12 * self.number("octave_offset", 0) + self.number("note_offset", 0))

    def keys(self) -> range:
        """The MIDI notes that it lies under."""
        return range(max(0, self.key("lokey", 0)), min(127, self.key("hikey", 127)) + 1)

    def starts(self, switch: str | None) -> bool:
        """Whether pressing one of its keys at the reference velocity starts it, the first time.

        Where controllers stand is not looked at. `switch` is the key switch that is on where the region
        itself does not say.
        """
        return (
            self.number("lovel", 0) <= VELOCITY <= self.number("hivel", 127)
            and self.opcodes.get("trigger", "attack") in ("attack", "first")
            and self.number("seq_position", 1) == 1
            and self.number("lorand", 0) == 0
            and self.number("end", 0) != -1  # switches it off
            and "sw_down" not in self.opcodes
            and self._is_switched_on(switch)
        )

    def awaits_no_controller(self) -> bool:
        """Whether its conditions on controllers hold before anybody moves one."""
        return all(map(self._is_met, self.opcodes))

    def _is_switched_on(self, switch: str | None) -> bool:
        on = Region(self.sample, {"sw_default": switch or "0"} | self.opcodes)
        return "sw_last" not in self.opcodes or on.key("sw_last", 0) == on.key("sw_default", 0)

    def _is_met(self, opcode: str) -> bool:
        condition = _CONTROLLER.fullmatch(opcode)
        if condition is None or int(condition[2]) > HIGHEST_CONTROLLER:
            return True
        number = int(condition[2])
        now = self.number(f"set_cc{number}", _CONTROLLERS.get(number, 0))
        if (fine := f"set_hdcc{number}") in self.opcodes:  # from 0 to 1
            now = HIGHEST_VALUE * self.number(fine, 0)
        limit = self.number(opcode, now)
        return limit <= now if condition[1] == "lo" else now <= limit


def switched_on(regions: Sequence[Region]) -> str | None:
    """The key switch that is on at first: the default one, else the one that comes first."""
    said = [region.opcodes.get(name) for name in ("sw_default", "sw_last") for region in regions]
    return next(filter(None, said), None)


def regions_of(path: str) -> list[Region]:
    """Every region that plays a file, in the text's order.

    Raises: UndecodableError where the text is none, or names no sample.
    """
    root = Path(path)
    text = expanded(root)
    regions: list[Region] = []
    inherited: dict[str, dict[str, str]] = {level: {} for level in _LEVELS}
    control: dict[str, str] = {}
    current: dict[str, str] = {}
    region: dict[str, str] | None = None
    for header, name, value in _TOKEN.findall(text + "\n<end>"):
        if not header:
            opcode = str(name).lower()
            said = _OF_KEY if opcode == "key" else (_ALIASES.get(opcode, opcode),)
            current |= dict.fromkeys(said, str(value).strip())
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
    of_all = {name: said for name, said in control.items() if _OF_CONTROL.fullmatch(name)}
    return [Region(folder / place, of_all | opcodes)]
