"""What `timbred catalog info` says."""

from typing import Any

from timbred.catalog_tables import print_counts
from timbred_catalogs import schema
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.filters import Where
from timbred_catalogs.tables import disk_bytes
from timbred_catalogs.upkeep import index_states


def state_of(catalogue: Catalogue) -> dict[str, Any]:
    """Counts, size, schema version, models and indices, as JSON takes them."""
    folder = catalogue.tables.folder
    return {
        "address": catalogue.tables.address,
        "schema_version": schema.SCHEMA_VERSION,
        "sounds": catalogue.count(),
        "missing": catalogue.count(Where(missing=True)),
        "unreadable": len(catalogue.unreadable()),
        "models": catalogue.spaces(),
        "bytes": disk_bytes(folder) if folder else None,
        "search": "exact, in memory" if catalogue.is_exact() else "through the vector index",
        "indices": [
            {"name": index.name, "kind": index.kind, "rows": index.rows, "rows_outside": index.rows_outside}
            for index in index_states(catalogue)
        ],
        **{f"by_{column}": _named(catalogue, column) for column in ("role", "kind", "pack")},
    }


def print_info(catalogue: Catalogue) -> None:
    state = state_of(catalogue)
    print(f"{state['address']}, schema version {state['schema_version']}{_size(state['bytes'])}")
    left_out = "; 'timbred catalog info --unreadable' lists them" if state["unreadable"] else ""
    counts = [f"{state[name]:,} {name}" for name in ("sounds", "missing", "unreadable")]
    print(", ".join(counts) + left_out)
    for space, model in state["models"].items():
        print(f"{space}: vectors of {model}")
    print(f"search: {state['search']}")
    for index in state["indices"]:
        rows = f"{index['rows']:,} rows, {index['rows_outside']:,} outside"
        print(f"index {index['name']}: {index['kind']}, {rows}")
    for column in ("role", "kind", "pack"):
        print()
        print_counts(column, state[f"by_{column}"])


def _named(catalogue: Catalogue, column: Any) -> dict[str, int]:
    """JSON has no key that is null."""
    return {name or "": count for name, count in catalogue.counts(column).items()}


def _size(size_bytes: int | None) -> str:
    return "" if size_bytes is None else f", {size_bytes / 1e6:,.1f} MB"
