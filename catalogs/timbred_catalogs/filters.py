"""Conditions on sounds as SQL for LanceDB; every value is quoted here and nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass

from timbred_catalogs.rows import printable


@dataclass(frozen=True, slots=True)
class Where:
    """What a listing is narrowed to; empty means everything that is there.

    `roles`, `kinds` and `packs` are each any of the given, `tags` all of them; `text` is looked for in name,
    pack and tags, without regard to case; `under` is a folder; `missing` asks for those that are, instead of
    those that are not.
    """

    roles: Sequence[str] | None = None
    kinds: Sequence[str] | None = None
    packs: Sequence[str] | None = None
    tags: Sequence[str] = ()
    text: str | None = None
    under: str | None = None
    favourites: bool = False
    missing: bool = False

    def sql(self) -> str:
        """The condition for LanceDB."""
        parts = [f"missing = {'true' if self.missing else 'false'}"]
        for column, values in (("role", self.roles), ("kind", self.kinds), ("pack", self.packs)):
            if values is not None:
                parts.append(one_of(column, values))
        parts += [f"array_has(tags, {quoted(tag)})" for tag in self.tags]
        if self.favourites:
            parts.append("favourite = true")
        if self.text:
            parts.append(_contains(self.text))
        if self.under:
            parts.append(f"starts_with(path, {quoted(self.under.rstrip('/') + '/')})")
        return " AND ".join(parts)


def quoted(value: str) -> str:
    """An SQL string; what is not UTF-8 is looked for as it is stored."""
    return "'" + printable(value).replace("'", "''") + "'"


def one_of(column: str, values: Sequence[str]) -> str:
    """No value at all is no row at all."""
    return f"{column} IN ({', '.join(map(quoted, values))})" if values else "false"


def paths_in(paths: Sequence[bytes]) -> str:
    """For tables whose paths are bytes."""
    return f"path IN ({', '.join(_binary(path) for path in paths)})"


def _binary(value: bytes) -> str:
    return f"X'{value.hex()}'"


def _contains(text: str) -> str:
    needle = quoted(text.lower())
    names = " OR ".join(f"contains(lower({column}), {needle})" for column in ("name", "pack"))
    return f"({names} OR contains(lower(array_to_string(tags, ' ')), {needle}))"
