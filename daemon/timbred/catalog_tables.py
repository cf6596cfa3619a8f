"""Sounds and counts as tables for people and as values for programs."""

import os
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from timbred_catalogs.rows import printable
from timbred_catalogs.sound import Hit, Sound, Unreadable

PACKS_SHOWN = 20


def sound_value(sound: Sound) -> dict[str, Any]:
    """JSON's; a path that is not UTF-8 comes printable, with its bytes in hex beside it."""
    value = {**asdict(sound), "added_at": sound.added_at.isoformat(), "path": printable(sound.path)}
    if value["path"] != sound.path:
        value["path_hex"] = os.fsencode(sound.path).hex()
    return value


def hit_value(hit: Hit) -> dict[str, Any]:
    return {"similarity": hit.similarity, **sound_value(hit.sound)}


def unreadable_value(file: Unreadable) -> dict[str, Any]:
    return {**asdict(file), "path": printable(file.path)}


def print_sounds(sounds: Iterable[Sound]) -> None:
    table = _table("id", "name", "role", "kind", "pack", "seconds", "tempo", "key", "tags")
    for sound in sounds:
        table.add_row(*map(Text, _cells(sound)))
    Console().print(table)


def print_hits(hits: Iterable[Hit]) -> None:
    table = _table("cosine", "id", "name", "role", "kind", "pack", "seconds", "tempo", "key", "tags")
    for hit in hits:
        table.add_row(f"{hit.similarity:.3f}", *map(Text, _cells(hit.sound)))
    Console().print(table)


def print_unreadable(files: Iterable[Unreadable]) -> None:
    """One line a file, not a table: paths are long, and people grep."""
    for file in files:
        print(f"{printable(file.path)}: {file.reason}")


def print_counts(title: str, counts: dict[str | None, int]) -> None:
    shown = list(counts.items())[:PACKS_SHOWN]
    rest = len(counts) - len(shown)
    table = _table(title, "sounds")
    for name, count in shown:
        table.add_row(Text(name or "(not known)"), f"{count:,}")
    if rest:
        table.add_row(f"({rest} more)", f"{sum(counts.values()) - sum(count for _, count in shown):,}")
    Console().print(table)


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in columns:
        right = name in ("seconds", "tempo", "cosine", "sounds")
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    return table


def _cells(sound: Sound) -> tuple[str, ...]:
    """A guess is marked with a question mark, a tempo or key with a tilde: neither is certain."""
    unsure = "?" if sound.role and sound.role_confidence < 0.65 else ""
    return (
        sound.id[:8],
        ("★ " if sound.favourite else "") + sound.name,
        (sound.role or "") + unsure,
        sound.kind,
        sound.pack,
        f"{sound.duration_seconds:.2f}",
        f"~{sound.tempo_bpm:.0f}" if sound.tempo_bpm else "",
        f"~{sound.key}" if sound.key else "",
        ", ".join(sound.tags),
    )
