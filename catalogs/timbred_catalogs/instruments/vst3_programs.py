"""A VST3's own programs: one of its parameters, whose values have names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

# What JUCE ("Program"), DPF ("Current Program"), iPlug2 ("Preset") and the rest call the parameter.
TITLES = ("program", "current_program", "preset", "current_preset", "programs", "presets")
# A bank of MIDI. Some plugins say more than they have.
MOST_PROGRAMS = 128


class Parameter(Protocol):
    """A parameter as pedalboard tells it."""

    @property
    def ranges(self) -> Mapping[tuple[float, float], object]:
        """From where to where in 0..1 it has which value: a text, unless all of its values are numbers."""
        ...

    raw_value: float
    """0..1."""


@dataclass(frozen=True, slots=True)
class Program:
    """`locator` is what the place of its sound ends in: the name, as far as a file's name may hold it."""

    locator: str
    name: str


def program_parameter(parameters: Mapping[str, Parameter]) -> Parameter | None:
    """The one that chooses the program, if there is one that has names to choose from."""
    for title in TITLES:
        parameter = parameters.get(title)
        if parameter is not None and len(list(_named(parameter))) > 1:
            return parameter
    return None


def programs_of(parameter: Parameter | None) -> list[Program]:
    """In the plugin's order, at most `MOST_PROGRAMS`; what has no name is none, and each name stands once."""
    if parameter is None:
        return []
    return [program for program, _ in _named(parameter)][:MOST_PROGRAMS]


def choose(parameter: Parameter, locator: str) -> bool:
    """Returns: whether there is such a program; of those with one name it is the first."""
    for program, value in _named(parameter):
        if program.locator == locator:
            parameter.raw_value = value
            return True
    return False


def _named(parameter: Parameter) -> Iterator[tuple[Program, float]]:
    """Each program with a value inside its range: at its ends plugins round each in their own way."""
    known: set[str] = set()
    for (low, high), value in parameter.ranges.items():
        name = _clean(value) if isinstance(value, str) else ""
        locator = name.replace("/", "-")
        if locator and locator not in known:
            known.add(locator)
            yield Program(locator, name), (low + high) / 2


def _clean(name: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())
