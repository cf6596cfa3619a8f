"""Which role an instrument's family plays, for the queries that ask a mixture for its bass, its lead, ..."""

from timbred_training.encoder import ROLES

FAMILY_ROLES = {
    "bass": "bass",
    "lead": "lead",
    "polysynth": "lead",
    "percussion": "percussion",
    "mallet": "percussion",
    "bell": "percussion",
    "drum": "percussion",
    "keys": "keys",
    "organ": "keys",
    "pad": "pad",
    "atmosphere": "pad",
    "strings": "pad",
    "vocal": "pad",
    "pluck": "pluck",
    "guitar": "pluck",
    "brass": "brass",
    "wind": "brass",
}
NO_ROLE = -1


def role_index(family: str) -> int:
    """The row of `ROLES` that the family plays, or `NO_ROLE` for effects and what is not known."""
    role = FAMILY_ROLES.get(family)
    return NO_ROLE if role is None else ROLES.index(role)
