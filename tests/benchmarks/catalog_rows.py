"""A catalogue of any size, written in Arrow batches: rows as `catalog_search.make_sound` makes them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from catalog_search import make_sound
from catalog_vectors import Vectors

from timbred_catalogs import schema
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.roles import ROLES
from timbred_catalogs.rows import sounds_table, vectors_array

ROWS_A_COMMIT = 50_000
SPACE = "timbre"


def fill(address: Path, kind: Vectors, count: int) -> np.ndarray:
    """Returns: all vectors (count, dim), in the order of the ids."""
    rng = np.random.default_rng(5)
    parts = [kind.make(rng, min(ROWS_A_COMMIT, count - start)) for start in range(0, count, ROWS_A_COMMIT)]
    catalogue = Catalogue.open(address, mode="create")
    space = catalogue.declare_space(SPACE, "scale", parts[0].shape[1])
    for number, part in enumerate(parts):
        table = rows(number * ROWS_A_COMMIT, len(part))
        field = pa.field(space.column, schema.vector_type(space.dim))
        catalogue.tables.sounds.add(table.append_column(field, vectors_array(part)))
    return np.concatenate(parts)


def rows(first: int, count: int) -> pa.Table:
    """The sounds `first` and on, column by column: a dataclass each would take minutes for a million."""
    table = sounds_table([make_sound(0)]).take(pa.array(np.zeros(count, np.int64)))
    numbers = range(first, first + count)
    for name, values in {
        "id": [sound_id(number) for number in numbers],
        "path": [f"/home/user/Samples/Pack {n % 300}/{role_of(n)}/sound {n}.wav" for n in numbers],
        "name": [f"sound {number}" for number in numbers],
        "pack": [f"Pack {number % 300}" for number in numbers],
        "kind": ["loop" if number % 7 == 0 else "one_shot" for number in numbers],
        "role": [role_of(number) for number in numbers],
    }.items():
        place = schema.SOUNDS.get_field_index(name)
        table = table.set_column(place, schema.SOUNDS.field(name), pa.array(values))
    return table


def sound_id(number: int) -> str:
    return f"{number:032x}"


def role_of(number: int) -> str:
    return ROLES[number % len(ROLES)]
