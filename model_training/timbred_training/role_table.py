"""The roles that a head tells apart, and what the sources of sounds call them."""

DRUMS = ("kick", "snare", "clap", "closed_hat", "open_hat", "tom", "cymbal", "percussion")
INSTRUMENTS = (
    "bass",
    "keys",
    "organ",
    "guitar",
    "strings",
    "brass",
    "wind",
    "lead",
    "pad",
    "pluck",
    "mallet",
    "vocal",
)
TONAL = (*INSTRUMENTS, "effect")
ROLES = (*DRUMS, *TONAL)
# Families of the note tables whose patches' names say which drum they are.
DRUM_FAMILIES = ("drum", "percussion")
# Families of the note tables that are not called as a role is. A "polysynth" may be a lead, a pad or keys: it
# is left out.
_FAMILY_ROLES = {"atmosphere": "pad", "bell": "mallet", "effects": "effect"}
# General MIDI's programs; what is one role to some and another to others is left out: accordion, timpani,
# orchestra hit, the choirs among leads and pads, banjo, and the "effects" that are slow pads.
_PROGRAMS = (
    ("keys", range(8)),
    ("mallet", range(8, 15)),
    ("organ", range(16, 21)),
    ("guitar", range(24, 32)),
    ("bass", range(32, 40)),
    ("strings", range(40, 45)),
    ("pluck", (45, 46, 104, 106, 107)),
    ("strings", range(48, 52)),
    ("vocal", range(52, 55)),
    ("brass", range(56, 64)),
    ("wind", range(64, 80)),
    ("lead", (80, 81, 82, 83, 84, 86)),
    ("pad", (88, 89, 90, 92, 93, 94, 95)),
    ("effect", range(120, 128)),
)


def role_of_family(family: str) -> str:
    """The role of a note table's family; empty for none."""
    role = _FAMILY_ROLES.get(family, family)
    return role if role in TONAL else ""


def role_of_program(program: int) -> str:
    """The role of a General MIDI program 0..127; empty for none."""
    return next((role for role, programs in _PROGRAMS if program in programs), "")
