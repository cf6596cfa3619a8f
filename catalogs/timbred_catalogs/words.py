"""Sounds whose name, pack and tags hold all words of a text; asked of the full-text index where there is one.

Words are looked for inside names, since `Kick` stands in `DustyKick01` too: the index is of three letters
each. LanceDB itself looks through rows that its index does not cover yet, so that nothing new is missed. A
word that means a role is also found in a sound of that role: `kick` in `BD_01`.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import pyarrow as pa
import pyarrow.compute

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.filters import Where, one_of
from timbred_catalogs.role_names import tokens
from timbred_catalogs.roles import GENRE_PHRASES, ROLE_OF_PHRASE

# Its functions are made at import, where no type checker sees them.
_compute: Any = pyarrow.compute
TEXT_COLUMNS: tuple[str, ...] = ("name", "pack", "tags")
GRAM_LETTERS = 3
# Of a text that fits more sounds the index gives so many, those first in which it is rarest.
MOST_SOUNDS = 10_000
# Below a word of the name, above a part of one.
ROLE_RELEVANCE = 0.75
# A word with more of `ss` could be written in too many ways to ask the index for all.
MOST_DOUBLE_S = 2
_S_OR_SHARP = {0: ("",), 1: ("s",), 2: ("ss", "ß")}
_BETWEEN_WORDS = re.compile(r"[\s_-]+")
# These mean all of a role; a conga is percussion too, but who looks for one wants no other percussion.
_WHOLE_ROLES = (
    "kick, kicks, bd, bassdrum, bass drum, kickdrum, snare, snares, snr, sd, clap, claps, cp, handclap, "
    "ch, chh, hihat, hi hat, hat, hats, hh, closedhat, closed hat, closed hihat, closed hi hat, closed hh, "
    "oh, ohh, openhat, open hat, open hats, open hihat, open hi hat, open hh, tom, toms, cymbal, cymbals, "
    "perc, percs, percussion, bass, basses, keys, organ, organs, guitar, guitars, string, strings, brass, "
    "wind, woodwind, lead, leads, pad, pads, pluck, plucks, mallet, mallets, vocal, vocals, vox, "
    "fx, sfx, effect, effects"
)
_ROLES: dict[tuple[str, ...], str] = {
    phrase: ROLE_OF_PHRASE[phrase] for phrase in (tuple(words.split()) for words in _WHOLE_ROLES.split(", "))
}
_PHRASES = _ROLES.keys() | GENRE_PHRASES
_LONGEST = max(map(len, _PHRASES))


@dataclass(frozen=True, slots=True)
class _Word:
    """One that is asked for: in lower case, without accents, and the role that it means here."""

    lower: str
    plain: str
    role: str | None


def sounds_with(catalogue: Catalogue, text: str, where: Where) -> dict[str, float]:
    """The relevance, 0..1, of every sound that has all words, by its id; the most relevant first.

    A whole word of the name says more than a part of one, and the name more than tags and pack. Case,
    accents, and `ß` for `ss` do not matter; hyphens and underscores part words.
    """
    words = _words_of(text)
    found: dict[str, tuple[float, int, str, str]] = {}
    with catalogue.tables.reading():
        for rows in _candidates(catalogue, words, where):
            for sound_id, name, tags, role in _rows(rows.filter(_has_all(rows, words))):
                found[sound_id] = (-_relevance(words, name, tags, role), len(name), name, sound_id)
    return {sound_id: -negative for negative, _, _, sound_id in sorted(found.values())}


def folded(text: str) -> str:
    """Lower case without accents, and without `ß`."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.lower()).replace("ß", "ss")
    return "".join(letter for letter in decomposed if unicodedata.category(letter) != "Mn")


def _words_of(text: str) -> list[_Word]:
    """Of hyphens alone they are the words."""
    lower = [word for word in _BETWEEN_WORDS.split(text.lower()) if word] or text.lower().split()
    plain = [folded(word) for word in lower]
    return [_Word(*word) for word in zip(lower, plain, _roles_of(plain), strict=True)]


def _roles_of(words: Sequence[str]) -> list[str | None]:
    """For each word the role that its phrase means, the longest there is: `open hat` is no `hat`."""
    roles: list[str | None] = []
    while len(roles) < len(words):
        left = tuple(words[len(roles) :])
        lengths = range(min(_LONGEST, len(left)), 1, -1)
        length = next((length for length in lengths if left[:length] in _PHRASES), 1)
        roles += [_ROLES.get(left[:length])] * length
    return roles


def _candidates(catalogue: Catalogue, words: Sequence[_Word], where: Where) -> Iterator[pa.Table]:
    """From the index, which gives rather too many than too few; else every sound that fits `where`."""
    indexed = has_text_index(catalogue)
    yield from _with_words(catalogue, words, where.sql(), indexed)
    for role in dict.fromkeys(word.role for word in words if word.role) if indexed else ():
        others = [word for word in words if word.role != role]
        yield from _with_words(catalogue, others, f"{where.sql()} AND {one_of('role', [role])}", indexed)


def _with_words(catalogue: Catalogue, words: Sequence[_Word], sql: str, indexed: bool) -> Iterator[pa.Table]:
    table, columns = catalogue.tables.sounds, ["id", *TEXT_COLUMNS, "role"]
    spellings = [spelt for word in words if (spelt := _spellings(word.lower))]
    if spellings and indexed:
        query = table.search(_query(spellings), query_type="fts").where(sql, prefilter=True)
        yield query.limit(MOST_SOUNDS).select([*columns, "_score"]).to_arrow()
        return
    for batch in table.search().where(sql).select(columns).to_batches():
        yield pa.Table.from_batches([batch])


def has_text_index(catalogue: Catalogue) -> bool:
    """Whether all columns are covered."""
    indexed = {
        column
        for index in catalogue.tables.sounds.list_indices()
        if index.index_type == "FTS"
        for column in index.columns
    }
    return indexed.issuperset(TEXT_COLUMNS)


def _spellings(word: str) -> list[str]:
    """With `ß` in every way that it may be written; none where the index could not find one of them."""
    parts = re.split("(s+)", word.replace("ß", "ss"))
    runs = parts[1::2]
    if sum(len(run) > 1 for run in runs) > MOST_DOUBLE_S or max(map(len, runs), default=0) > max(_S_OR_SHARP):
        return []
    # Between two runs there is something: only at an end of the word there may be nothing.
    choices = [[parts[0]]]
    for before, run, behind in zip(parts[:-1:2], runs, parts[2::2], strict=True):
        choices += [_spellings_of_s(run, first=not before, last=not behind), [behind]]
    spellings = ["".join(chosen) for chosen in product(*choices)]
    return spellings if min(map(len, spellings)) >= GRAM_LETTERS else []


def _spellings_of_s(run: str, first: bool, last: bool) -> list[str]:
    """At either end of the word an `s` may be half of one: `gros` stands in `Groß`."""
    return [
        "ß" * before + middle + "ß" * behind
        for before in range(first + 1)
        for behind in range(last + 1)
        for middle in _S_OR_SHARP.get(len(run) - before - behind, ())
    ]


def _query(words: Sequence[Sequence[str]]) -> Any:
    """Every word, in any of its spellings, in any of the columns."""
    from lancedb.query import BooleanQuery, Occur

    each = [[_match(spelling) for spelling in spellings] for spellings in words]
    any_of = [
        queries[0] if len(queries) == 1 else BooleanQuery([(Occur.SHOULD, query) for query in queries])
        for queries in each
    ]
    return any_of[0] if len(any_of) == 1 else BooleanQuery([(Occur.MUST, query) for query in any_of])


def _match(word: str) -> Any:
    from lancedb.query import FullTextOperator, MultiMatchQuery

    columns, alike = list(TEXT_COLUMNS), [1.0] * len(TEXT_COLUMNS)
    return MultiMatchQuery(word, columns=columns, boosts=alike, operator=FullTextOperator.AND)


def _has_all(rows: pa.Table, words: Sequence[_Word]) -> pa.Array:
    tags = _compute.binary_join(rows["tags"], " ")
    texts = _compute.binary_join_element_wise(rows["name"], rows["pack"], tags, "\n")
    decomposed = _compute.utf8_normalize(_compute.utf8_lower(texts), "NFKD")
    plain = _compute.replace_substring(decomposed, "ß", "ss")
    plain = _compute.replace_substring_regex(plain, r"\p{Mn}", "")
    fits: Any = pa.array([True] * len(rows), pa.bool_())
    for word in words:
        stands = _compute.match_substring(plain, word.plain)
        if word.role:
            stands = _compute.or_(stands, _compute.fill_null(_compute.equal(rows["role"], word.role), False))
        fits = _compute.and_(fits, stands)
    return fits


def _rows(rows: pa.Table) -> Iterator[tuple[str, str, list[str], str | None]]:
    yield from zip(*(rows[column].to_pylist() for column in ("id", "name", "tags", "role")), strict=True)


def _relevance(words: Sequence[_Word], name: str, tags: Sequence[str], role: str | None) -> float:
    plain = folded(name)
    in_name, in_tags = tokens(plain) + tokens(name), [folded(tag) for tag in tags]
    of_each = (max(_of_word(word.plain, plain, in_name, in_tags), _of_role(word, role)) for word in words)
    return sum(of_each) / len(words)


def _of_role(word: _Word, role: str | None) -> float:
    return ROLE_RELEVANCE if word.role and word.role == role else 0.0


def _of_word(word: str, name: str, in_name: Sequence[str], in_tags: Sequence[str]) -> float:
    if word in in_name:
        return 1.0
    if word in in_tags:
        return 0.9
    if any(part.startswith(word) for part in in_name):
        return 0.8
    return 0.6 if word in name else 0.5
