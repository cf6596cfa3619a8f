"""Roles by sound for the catalogue's commands: the installed head, or why there is none to use."""

import sys
from collections.abc import Sequence

from timbred.encoder import Encoder
from timbred.role_head import RoleHead, find_role_head
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.role_sounds import relabel


def role_head_for(encoders: Sequence[Encoder]) -> RoleHead | None:
    """The installed head, if one of the encoders is its model; else the reason goes to stderr.

    Raises:
        ModelError: Its file is damaged.
    """
    found = find_role_head(encoders)
    if found.head is None:
        print(found.problem, file=sys.stderr)
    return found.head


def hear_roles_anew(catalogue: Catalogue, encoders: Sequence[Encoder], wait_seconds: float) -> int:
    """Asks the head for the role of every sound whose role is not the user's own.

    Returns:
        How many sounds have another role or confidence now; 0 where no head can be used.

    Raises:
        CatalogError: Another run writes to the catalogue and does not end.
    """
    head = find_role_head(encoders).head
    return 0 if head is None else relabel(catalogue, head, wait_seconds=wait_seconds)
