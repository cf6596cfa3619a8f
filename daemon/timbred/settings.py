"""What the user sets in one plugin instance: frozen, so that threads read it while one replaces it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from timbred.slots import SLOT

MODES = ("match", "fit")
BARS = (1.0, 2.0, 4.0, 8.0)
MIN_SECONDS, MAX_SECONDS = 1.0, 16.0
MAX_COUNT = 32
MAX_VERDICTS = 4096
MAX_WORDS_CHARACTERS = 256


@dataclass(frozen=True)
class ContextLength:
    """How much of the music a list speaks of.

    Args:
        unit: `bars` or `seconds`.
        length: 1, 2, 4 or 8 bars, or 1..16 seconds.

    Raises:
        ValueError: Another unit or length.
    """

    unit: str = "bars"
    length: float = 4.0

    def __post_init__(self) -> None:
        if self.unit not in ("bars", "seconds"):
            raise ValueError(f"context unit must be bars or seconds, not {self.unit!r}")
        if self.unit == "bars" and self.length not in BARS:
            raise ValueError(f"context length must be 1, 2, 4 or 8 bars, not {self.length:g}")
        if self.unit == "seconds" and not MIN_SECONDS <= self.length <= MAX_SECONDS:
            raise ValueError(f"context length must be 1..16 seconds, not {self.length:g}")


@dataclass(frozen=True)
class Settings:
    """Everything that a plugin instance tells the daemon about what it wants.

    Args:
        mode: `match` or `fit`.
        context: How much to hear.
        slots: Names of slots to fill; none for all.
        words: Each must be in a suggestion's name, pack, role or tags.
        frozen: Whether the list stays as it is.
        counts: Suggestions per slot where the user asked for another number than the default.
        verdicts: `pin` or `reject` by sound id.

    Raises:
        ValueError: A value outside these rules.
    """

    mode: str = "match"
    context: ContextLength = ContextLength()
    slots: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    frozen: bool = False
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    verdicts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"mode must be match or fit, not {self.mode!r}")
        for name in (*self.slots, *self.counts):
            if name not in SLOT:
                raise ValueError(f"slots must be of {', '.join(SLOT)}, not {name!r}")
        for count in self.counts.values():
            if not 1 <= count <= MAX_COUNT:
                raise ValueError(f"count must be 1..{MAX_COUNT}, not {count}")
        if (characters := sum(map(len, self.words))) > MAX_WORDS_CHARACTERS:
            raise ValueError(
                f"words must have at most {MAX_WORDS_CHARACTERS} characters in all, not {characters}"
            )

    def pinned(self) -> tuple[str, ...]:
        """Ids of the sounds that the user holds."""
        return tuple(sound for sound, verdict in self.verdicts.items() if verdict == "pin")

    def rejected(self) -> frozenset[str]:
        """Ids of the sounds that the user never wants again here."""
        return frozenset(sound for sound, verdict in self.verdicts.items() if verdict == "reject")


def with_count(counts: Mapping[str, int], slot: str, count: int) -> Mapping[str, int]:
    """The counts with another for the slot; 0 takes the slot's own away."""
    own = {**counts, slot: count}
    if count == 0 and slot in SLOT:
        del own[slot]
    return MappingProxyType(own)


def with_verdict(verdicts: Mapping[str, str], sound: str, verdict: str) -> Mapping[str, str]:
    """The verdicts with one more; the oldest go where there are more than `MAX_VERDICTS`.

    Raises:
        ValueError: Another verdict than pin, reject and clear.
    """
    if verdict not in ("pin", "reject", "clear"):
        raise ValueError(f"verdict must be pin, reject or clear, not {verdict!r}")
    others = {known: said for known, said in verdicts.items() if known != sound}
    if verdict != "clear":
        others[sound] = verdict
    return MappingProxyType(dict(list(others.items())[-MAX_VERDICTS:]))
