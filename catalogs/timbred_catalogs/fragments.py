"""Rows that other processes write beside a table's data, and the one commit that makes them part of it.

A fragment that was written and never committed belongs to no version: no reader sees it, and the clean-up
that comes with compaction takes it away once it is some days old.
"""

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from timbred_catalogs.errors import CatalogError


def write_fragments(address: str, rows: pa.Table) -> list[str]:
    """Writes `rows` beside the data of the Lance table at `address`, as any process may that reaches it.

    Returns: what `commit_fragments` wants to know of them.
    """
    table = _lance().dataset(address)
    fitting = rows.select(table.schema.names).cast(table.schema)
    written = _lance().fragment.write_fragments(
        fitting, table, data_storage_version=table.data_storage_version
    )
    return [json.dumps(fragment.to_json()) for fragment in written]


def commit_fragments(address: str, fragments: Sequence[str]) -> None:
    """Appends all of them to the table, or none; other writers' commits in between are no hindrance."""
    lance = _lance()
    appended = lance.LanceOperation.Append(list(map(lance.FragmentMetadata.from_json, fragments)))
    lance.LanceDataset.commit(address, appended, read_version=lance.dataset(address).version)


def _lance() -> Any:
    try:
        import lance
        import lance.fragment
    except ImportError as error:
        raise CatalogError("the ray engine needs Lance: pip install 'timbred[ray]'") from error
    return lance
