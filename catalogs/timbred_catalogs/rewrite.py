"""Makes a new sounds table out of the old one, batch by batch; the old one serves until the new is whole."""

from collections.abc import Callable, Iterator

import pyarrow as pa

from timbred_catalogs.lock import marking
from timbred_catalogs.tables import Tables

BATCH_ROWS = 1000


def rewrite(
    tables: Tables,
    transform: Callable[[pa.Table], pa.Table],
    meta: dict[str, str],
    on_rows: Callable[[int], None] = lambda rows: None,
) -> int:
    """`transform` turns a batch of old rows into new ones; then one commit of `meta` puts the table in place.

    A run that was killed leaves a table that nothing refers to; the next run writes over it. What changes in
    the old table meanwhile (a star, a tag) is not lost: the copy is made again.

    Returns: how many rows the new table has.
    """
    while True:
        source = tables.connection.open_table(tables.meta["table"])
        name = _next_name(source.name)
        rows = 0
        for batch in _batches(source):
            rows += batch.num_rows
            _append(tables, name, transform(batch), first=rows == batch.num_rows)
            on_rows(rows)
        with marking(tables.folder):
            unchanged = tables.connection.open_table(source.name).version == source.version
            if unchanged:
                tables.set_meta({**meta, "table": name})
        if unchanged:
            _drop_all_but(tables, name)
            tables.reopen()
            return rows


def _batches(source: object) -> Iterator[pa.Table]:
    """At least one, if an empty one, so that the new table has its columns."""
    query = source.search()  # type: ignore[attr-defined]
    empty = True
    for batch in query.to_batches(batch_size=BATCH_ROWS):
        empty = False
        yield pa.Table.from_batches([batch])
    if empty:
        yield query.to_arrow()


def _append(tables: Tables, name: str, rows: pa.Table, first: bool) -> None:
    if first:
        tables.connection.create_table(name, schema=rows.schema, mode="overwrite")
    tables.connection.open_table(name).add(rows, on_bad_vectors="null")


def _drop_all_but(tables: Tables, current: str) -> None:
    """The old table, and those of runs that were killed just before they came here."""
    for name in tables.names():
        if name.partition("_")[0] == "sounds" and name != current:
            tables.connection.drop_table(name)


def _next_name(name: str) -> str:
    """sounds, sounds_2, sounds_3, ..."""
    number = int(name.partition("_")[2] or 1)
    return f"sounds_{number + 1}"


def replace_column(rows: pa.Table, name: str, column: pa.Array) -> pa.Table:
    """`rows` with the column at the place of its old one, or at the end."""
    field = pa.field(name, column.type)
    if name in rows.column_names:
        return rows.set_column(rows.column_names.index(name), field, column)
    return rows.append_column(field, column)
