"""Conditions on sounds as SQL for LanceDB; every value is quoted here and nowhere else."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from timbred_catalogs.errors import CatalogError
from timbred_catalogs.rows import printable

# Latin, Greek, Cyrillic, kana; letters with accents beyond are found as they are written.
LAST_ACCENTED = 0x3100
MOST_LETTERS = 1000
# No tag holds a line's end.
_TAG_LINES = "array_to_string(tags, '\n')"
_ACCENT = re.compile(r"[\u0300-\u036f\u3099\u309a]")


@dataclass(frozen=True, slots=True)
class Where:
    """What a listing is narrowed to; empty means everything that is there.

    `roles`, `kinds` and `packs` are each any of the given, `tags` all of them; `text` is looked for in name,
    pack and tags; none of packs, tags and text minds case, accents, or `ß` for `ss`. `under` is a folder;
    `missing` asks for those that are, instead of those that are not. `tempo_bpm` (slowest, fastest) and
    `keys` leave out what is not known to fit: both are estimates, so ask `finding` for a preference where a
    sound may be right all the same.
    """

    roles: Sequence[str] | None = None
    kinds: Sequence[str] | None = None
    packs: Sequence[str] | None = None
    tags: Sequence[str] = ()
    text: str | None = None
    under: str | None = None
    favourites: bool = False
    missing: bool = False
    tempo_bpm: tuple[float, float] | None = None
    keys: Sequence[str] | None = None

    def sql(self) -> str:
        """The condition for LanceDB."""
        parts = [f"missing = {'true' if self.missing else 'false'}"]
        any_of = (("role", self.roles), ("kind", self.kinds), ("key", self.keys))
        parts += [one_of(column, values) for column, values in any_of if values is not None]
        if self.packs is not None:
            parts.append(_has_line("pack", self.packs))
        parts += [_has_line(_TAG_LINES, [tag]) if tag else "false" for tag in self.tags]
        if self.favourites:
            parts.append("favourite = true")
        if self.tempo_bpm:
            slowest, fastest = self.tempo_bpm
            parts.append(f"tempo_bpm BETWEEN {float(slowest)} AND {float(fastest)}")
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
    if len(text) > MOST_LETTERS:
        raise CatalogError(f"a text to look for must have up to {MOST_LETTERS} letters, not {len(text)}")
    columns = ("name", "pack", "array_to_string(tags, ' ')")
    return "(" + " OR ".join(_fits(column, _pattern(text)) for column in columns) + ")"


def _has_line(column: str, texts: Sequence[str]) -> str:
    """Whether one of the column's lines is one of the texts."""
    for text in texts:
        if len(text) > MOST_LETTERS:
            raise CatalogError(f"a pack or tag must have up to {MOST_LETTERS} letters, not {len(text)}")
    return _fits(column, f"(?m:^(?:{'|'.join(map(_pattern, texts))})$)") if texts else "false"


def _fits(column: str, pattern: str) -> str:
    return f"regexp_like(lower({column}), {quoted(pattern)})"


def _pattern(text: str) -> str:
    """A regular expression for lower case: the text with any accents or none."""
    letters = _ACCENT.sub("", unicodedata.normalize("NFC", printable(text).lower()))
    parts = re.split("(ss)", letters.replace("ß", "ss"))
    return "".join(f"(?:{_any_accents(part)}|ß)" if part == "ss" else _any_accents(part) for part in parts)


def _any_accents(letters: str) -> str:
    return "".join(map(_any_accent, letters))


def _any_accent(letter: str) -> str:
    """A regular expression: the letter with any accents or none, composed or not."""
    plain = _plain(letter)
    alike = _codes(f"{plain}{letter}{_accented().get(plain, '')}")
    return f"(?:[{alike}]|{_codes(unicodedata.normalize('NFD', letter))}){_ACCENT.pattern}*"


def _codes(letters: str) -> str:
    return "".join(f"\\x{{{ord(letter):x}}}" for letter in letters)


@cache
def _accented() -> Mapping[str, str]:
    """The letters with accents, by the letter that they are without."""
    found: dict[str, str] = defaultdict(str)
    for letter in map(chr, range(0x80, LAST_ACCENTED)):
        if _plain(letter) != letter:
            found[_plain(letter)] += letter
    return dict(found)


def _plain(letter: str) -> str:
    """Without accents; a letter that is more than one of others stays."""
    plain = _ACCENT.sub("", unicodedata.normalize("NFKD", letter))
    return plain if len(plain) == 1 else letter
