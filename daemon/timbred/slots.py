"""The slots of a list: one table that says which roles of sounds fill which slot."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Slot:
    """One row of the table.

    Args:
        name: What the user sees and OSC carries.
        roles: Roles of the catalogue's sounds that may fill it.
        heard_as: Roles under which an encoder may hear it, the most exact first; the first that the
            encoder has says what to look for, else the whole of the music does.
        shown: Whether a list has the slot where the user chose none.
    """

    name: str
    roles: tuple[str, ...]
    heard_as: tuple[str, ...]
    shown: bool = True


def _drum(name: str, *roles: str, shown: bool = True) -> Slot:
    return Slot(name, roles or (name,), (name, "drums", "percussion"), shown)


def _tonal(name: str, *roles: str, heard_as: tuple[str, ...] = (), shown: bool = True) -> Slot:
    return Slot(name, roles or (name,), (name, *heard_as), shown)


SLOTS: tuple[Slot, ...] = (
    _drum("kick"),
    _drum("snare"),
    _drum("clap"),
    _drum("hat", "closed_hat", "open_hat"),
    _drum("tom", shown=False),
    _drum("cymbal", shown=False),
    _drum("percussion"),
    _tonal("bass"),
    _tonal("keys", "keys", "organ"),
    _tonal("guitar", shown=False),
    _tonal("strings"),
    _tonal("brass", shown=False),
    _tonal("wind", shown=False),
    _tonal("lead"),
    _tonal("pad"),
    _tonal("pluck"),
    _tonal("mallet", heard_as=("percussion",)),
    _tonal("vocal", shown=False),
    _tonal("effect", shown=False),
)
SLOT = {slot.name: slot for slot in SLOTS}
SHOWN = tuple(slot.name for slot in SLOTS if slot.shown)


def chosen(names: tuple[str, ...]) -> tuple[Slot, ...]:
    """The slots of these names in the table's order; those shown by default where there are none."""
    wanted = names or SHOWN
    return tuple(slot for slot in SLOTS if slot.name in wanted)
