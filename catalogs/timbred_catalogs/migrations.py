"""Schema changes, one row each, and the run that applies those that a catalogue lacks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from timbred_catalogs import schema
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.lock import only_writer
from timbred_catalogs.rewrite import rewrite
from timbred_catalogs.tables import Tables


@dataclass(frozen=True, slots=True)
class Migration:
    """From the schema version that it is registered under to the next; works on any batch of rows."""

    what: str
    transform: Callable[[pa.Table], pa.Table]


@dataclass(frozen=True, slots=True)
class Migrated:
    """What one migration did, and to how many sounds."""

    what: str
    to_version: int
    rows: int


def with_new_columns(rows: pa.Table) -> pa.Table:
    """The columns that the schema has and the rows lack, empty, before the vectors."""
    for place, field in enumerate(schema.SOUNDS):
        if field.name not in rows.column_names:
            rows = rows.add_column(place, field, pa.nulls(len(rows), field.type))
    return rows


# By the version that they start from.
MIGRATIONS: Mapping[int, Migration] = {
    1: Migration("add presets, attack and brightness", with_new_columns),
}


def migrate(
    address: str | Path,
    *,
    migrations: Mapping[int, Migration] = MIGRATIONS,
    to_version: int = schema.SCHEMA_VERSION,
    wait_seconds: float = 0.0,
    on_wait: Callable[[str], None] = lambda writer: None,
) -> list[Migrated]:
    """Brings a catalogue to this schema version step by step; a run that was killed is run again.

    Raises: CatalogError when there is no catalogue, or no way from its version to this one.
    """
    tables = Tables(address)
    if not tables.exist():
        raise CatalogError(f"there is no catalogue at {address}: 'timbred catalog add FOLDER' makes one")
    with only_writer(tables.folder, wait_seconds, on_wait):
        tables.reopen()
        done = []
        while (version := int(tables.meta["schema_version"])) != to_version:
            done.append(_step(tables, version, migrations))
        return done


def _step(tables: Tables, version: int, migrations: Mapping[int, Migration]) -> Migrated:
    migration = migrations.get(version)
    if migration is None:
        raise CatalogError(f"no migration leads from schema version {version}: install a newer timbred")
    rows = rewrite(tables, migration.transform, {"schema_version": str(version + 1)})
    return Migrated(migration.what, version + 1, rows)
