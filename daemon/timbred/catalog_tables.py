"""Sounds and counts as tables for people and as values for programs."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from timbred_catalogs.duplicates import Copies, NearGroup
from timbred_catalogs.finding import Finding
from timbred_catalogs.rows import printable
from timbred_catalogs.sound import Sound, Unreadable

PACKS_SHOWN = 20
BAR_CELLS = 30
PIPED_WIDTH = 1000
_COLUMNS = ("id", "name", "role", "kind", "pack", "seconds", "tempo", "key", "tags")
# What a column may be cut to where there is little room; where that is not enough, others go in this order.
_SHORTENED = {"name": 20, "pack": 12, "tags": 12}
_LEFT_OUT = ("tags", "kind", "key", "tempo", "pack", "seconds", "cosine", "role")
_GAP_CELLS = 2
_NUMBERS = ("seconds", "tempo", "cosine", "sounds")


def sound_value(sound: Sound) -> dict[str, Any]:
    """JSON's; a path that is not UTF-8 comes printable, with its bytes in hex beside it."""
    value = {**asdict(sound), "added_at": sound.added_at.isoformat(), "path": printable(sound.path)}
    if value["path"] != sound.path:
        value["path_hex"] = os.fsencode(sound.path).hex()
    return value


def finding_value(finding: Finding) -> dict[str, Any]:
    why = {"similarity": finding.similarity, "relevance": finding.relevance, "agreement": finding.agreement}
    return {**why, **sound_value(finding.sound)}


def unreadable_value(file: Unreadable) -> dict[str, Any]:
    return {**asdict(file), "path": printable(file.path)}


def print_sounds(sounds: Iterable[Sound]) -> None:
    _print_rows(_COLUMNS, map(_cells, sounds))


def print_findings(findings: Iterable[Finding]) -> None:
    rows = (
        ("" if finding.similarity is None else f"{finding.similarity:.3f}", *_cells(finding.sound))
        for finding in findings
    )
    _print_rows(("cosine", *_COLUMNS), rows)


def copies_value(found: Copies) -> dict[str, Any]:
    paths = [printable(path) for path in found.paths]
    return {"group": "copies", "spare_bytes": found.spare_bytes, "paths": paths, **sound_value(found.sound)}


def near_value(group: NearGroup) -> dict[str, Any]:
    pairs = zip(group.similarities, group.sounds, strict=True)
    return {"group": "near", "sounds": [{"similarity": cosine, **sound_value(s)} for cosine, s in pairs]}


def print_copies(found: Iterable[Copies]) -> None:
    """Each sound's files below one another."""
    for one in found:
        print(f"{one.sound.id[:8]}  {one.sound.name}")
        for path in one.paths:
            print(f"    {printable(path)}")


def print_near(groups: Iterable[NearGroup]) -> None:
    """The one to keep first, each with its cosine to the shortest."""
    for group in groups:
        for cosine, sound in zip(group.similarities, group.sounds, strict=True):
            print(f"{cosine:.3f}  {sound.id[:8]}  {sound.duration_seconds:.2f} s  {_lies_at(sound)}")
        print()


def _lies_at(sound: Sound) -> str:
    """A preset has a name and no size of its own, a file has its name in its path."""
    if sound.preset is not None:
        return f"{printable(sound.place)}  {sound.name}"
    return f"{sound.size_bytes / 1000:,.0f} kB  {printable(sound.path)}"


def print_unreadable(files: Iterable[Unreadable]) -> None:
    """One line a file, not a table: paths are long, and people grep."""
    for file in files:
        print(f"{printable(file.path)}: {file.reason}")


def print_counts(title: str, counts: Mapping[str, int]) -> None:
    """The most frequent, with a bar each, and the rest in one line."""
    shown = list(counts.items())[:PACKS_SHOWN]
    rest = len(counts) - len(shown)
    rows = {name or "(not known)": count for name, count in shown}
    if rest:
        rows[f"({rest} more)"] = sum(counts.values()) - sum(rows.values())
    print_bars(title, rows)


def print_bars(title: str, counts: Mapping[str, int]) -> None:
    """Each count with a bar as long as its share of the largest."""
    largest = max(counts.values(), default=0) or 1
    console, table = _console(), _table(title, "sounds", "")
    taken = _cells_of(title, counts) + _cells_of("sounds", [f"{count:,}" for count in counts.values()])
    room = min(BAR_CELLS, console.width - taken - 2 * _GAP_CELLS)
    for name, count in counts.items():
        table.add_row(Text(name), f"{count:,}", _bar(count / largest, max(0, room)))
    console.print(table)


def _bar(share: float, longest: int) -> str:
    eighths = round(share * longest * 8)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def _print_rows(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """One line a sound; columns that say nothing here, or have no room, are left out."""
    console = _console()
    listed = [dict(zip(columns, row, strict=True)) for row in rows]
    wide = {name: _cells_of(name, [row[name] for row in listed]) for name in columns}
    shown = _with_room([name for name in columns if any(row[name] for row in listed)], wide, console.width)
    table = _table(*shown)
    for row in listed:
        table.add_row(*(Text(row[name], no_wrap=True, overflow="ellipsis") for name in shown))
    console.print(table if listed else "no sound fits")


def _with_room(columns: Sequence[str], wide: Mapping[str, int], room: int) -> list[str]:
    """Those that fit side by side; `wide` is the most that each would take."""
    shown = list(columns)
    for name in _LEFT_OUT:
        least = sum(min(wide[column], _SHORTENED.get(column, wide[column])) for column in shown)
        if least + _GAP_CELLS * (len(shown) - 1) <= room:
            break
        shown = [column for column in shown if column != name]
    return shown


def _cells_of(title: str, texts: Iterable[str]) -> int:
    return max(map(cell_len, (title, *texts)))


def _console() -> Console:
    """As wide as the terminal; what is piped into another program is not cut."""
    console = Console(highlight=False)
    return console if console.is_terminal or "COLUMNS" in os.environ else Console(width=PIPED_WIDTH)


def _table(*columns: str) -> Table:
    """Of a too narrow table the columns in `_SHORTENED` give way, the widest first."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in columns:
        justify: Literal["left", "right"] = "right" if name in _NUMBERS else "left"
        table.add_column(name, justify=justify, no_wrap=name not in _SHORTENED)
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
