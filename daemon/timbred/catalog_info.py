"""What `timbred catalog info` says."""

from itertools import pairwise
from typing import Any

import numpy as np

from timbred.catalog_tables import print_bars, print_counts
from timbred_catalogs import schema
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.filters import Where
from timbred_catalogs.tables import disk_bytes
from timbred_catalogs.upkeep import compacted_at, index_states

DURATION_EDGES_SECONDS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)


def state_of(catalogue: Catalogue) -> dict[str, Any]:
    """Counts, size, schema version, models, indices and their upkeep, as JSON takes them."""
    folder = catalogue.tables.folder
    compacted = compacted_at(catalogue)
    return {
        "address": catalogue.tables.address,
        "schema_version": schema.SCHEMA_VERSION,
        "sounds": catalogue.count(),
        "missing": catalogue.count(Where(missing=True)),
        "unreadable": len(catalogue.unreadable()),
        "models": catalogue.spaces(),
        "without_vectors": {space: catalogue.count_without(space) for space in catalogue.spaces()},
        "bytes": disk_bytes(folder) if folder else None,
        "search": "exact" if catalogue.is_exact() else "through the vector index",
        "compacted_at": compacted.isoformat() if compacted else None,
        "indices": [
            {
                "name": index.name,
                "kind": index.kind,
                "rows": index.rows,
                "rows_outside": index.rows_outside,
                "parameters": index.parameters,
            }
            for index in index_states(catalogue)
        ],
        **{f"by_{column}": _named(catalogue, column) for column in ("role", "kind", "pack")},
        "by_seconds": durations_of(catalogue),
    }


def durations_of(catalogue: Catalogue) -> dict[str, int]:
    """How many sounds are of which length, the shortest first."""
    edges = [0.0, *DURATION_EDGES_SECONDS, np.inf]
    counts = np.histogram(catalogue.durations(), edges)[0].tolist()
    between = [f"{low:g}-{high:g}" for low, high in pairwise(DURATION_EDGES_SECONDS)]
    names = [f"below {edges[1]:g}", *between, f"{edges[-2]:g} and more"]
    return dict(zip(names, counts, strict=True))


def print_info(catalogue: Catalogue) -> None:
    state = state_of(catalogue)
    print(f"{state['address']}, schema version {state['schema_version']}{_size(state['bytes'])}")
    left_out = "; 'timbred catalog info --unreadable' lists them" if state["unreadable"] else ""
    counts = [f"{state[name]:,} {name}" for name in ("sounds", "missing", "unreadable")]
    print(", ".join(counts) + left_out)
    for space, model in state["models"].items():
        lacking = state["without_vectors"][space]
        rest = f"; {lacking:,} sounds have none: 'timbred catalog rebuild' makes them" if lacking else ""
        print(f"{space}: vectors of {model}{rest}")
    print(f"search: {state['search']}")
    print(f"last compaction: {state['compacted_at'] or 'none was needed yet'}")
    for index in state["indices"]:
        rows = f"{index['rows']:,} rows, {index['rows_outside']:,} outside"
        print(f"index {index['name']}: {index['kind']}, {rows}{_parameters(index['parameters'])}")
    for column in ("role", "kind", "pack"):
        print()
        print_counts(column, state[f"by_{column}"])
    print()
    print_bars("seconds", state["by_seconds"])


def _named(catalogue: Catalogue, column: Any) -> dict[str, int]:
    """JSON has no key that is null."""
    return {name or "": count for name, count in catalogue.counts(column).items()}


def _parameters(said: str) -> str:
    return f"; {said}" if said else ""


def _size(size_bytes: int | None) -> str:
    return "" if size_bytes is None else f", {size_bytes / 1e6:,.1f} MB"
