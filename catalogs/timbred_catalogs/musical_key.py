"""Keys as people write them, and the ways in which the same key stands in the catalogue."""

import re

from timbred_catalogs.errors import CatalogError

_KEY = re.compile(r"([A-Ga-g])([#♯b♭]?)[ _-]?(m|min|minor|maj|major)?", re.IGNORECASE)
_SEMITONE = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SHIFT = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
_ROOTS = [
    (letter + accidental, (semitone + _SHIFT[accidental]) % 12)
    for letter, semitone in _SEMITONE.items()
    for accidental in ("", "#", "b")
]


def spellings(key: str) -> tuple[str, ...]:
    """`Bbm` is `Bb minor`, `A# minor`, and a `Bb` or `A#` of which the mode is not known.

    A key without a mode is every mode of its root.
    Raises: CatalogError for what is no key.
    """
    found = _KEY.fullmatch(key.strip())
    if found is None:
        raise CatalogError(f"key must be written like Am, F#, Bb minor or C major, not {key!r}")
    letter, accidental, mode = found.groups()
    pitch_class = (_SEMITONE[letter.upper()] + _SHIFT[accidental.lower()]) % 12
    roots = [root for root, other in _ROOTS if other == pitch_class]
    return tuple(f"{root}{ending}" for root in roots for ending in _endings(mode))


def _endings(mode: str | None) -> tuple[str, ...]:
    if mode is None:
        return ("", " major", " minor")
    return ("", " major") if mode.lower().startswith("maj") else ("", " minor")
