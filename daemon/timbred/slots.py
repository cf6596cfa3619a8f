"""The slots of a list: one table that says which roles of sounds fill which slot."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Slot:
    """One row of the table.

    Args:
        name: What the user sees and OSC carries.
        roles: Roles of the catalogue's sounds that may fill it.
        kinds: Kinds of sounds that may fill it; None for all.
        heard_as: Roles under which an encoder may hear it, the most exact first; the first that the
            encoder has says what to look for, else the whole of the music does.
    """

    name: str
    roles: tuple[str, ...]
    kinds: tuple[str, ...] | None
    heard_as: tuple[str, ...]


# A bar of kicks is no kick.
_STRUCK = ("one_shot", "instrument")


def _drum(name: str, *roles: str) -> Slot:
    return Slot(name, roles or (name,), _STRUCK, (name, "drums", "percussion"))


def _tonal(name: str, *roles: str, heard_as: tuple[str, ...] = ()) -> Slot:
    return Slot(name, roles or (name,), None, (name, *heard_as))


SLOTS: tuple[Slot, ...] = (
    _drum("kick"),
    _drum("snare"),
    _drum("clap"),
    _drum("hat", "closed_hat", "open_hat"),
    _drum("tom"),
    _drum("cymbal"),
    _drum("percussion"),
    _tonal("bass"),
    _tonal("keys", "keys", "organ"),
    _tonal("guitar", heard_as=("pluck",)),
    _tonal("strings", heard_as=("pad",)),
    _tonal("brass"),
    _tonal("wind", heard_as=("brass",)),
    _tonal("lead"),
    _tonal("pad"),
    _tonal("pluck"),
    _tonal("mallet", heard_as=("percussion",)),
    _tonal("vocal", heard_as=("pad",)),
    _tonal("effect"),
)
SLOT = {slot.name: slot for slot in SLOTS}


def chosen(names: tuple[str, ...]) -> tuple[Slot, ...]:
    """The slots of these names in the table's order; all where there are none."""
    return tuple(slot for slot in SLOTS if not names or slot.name in names)
