"""Sounds whose name, pack and tags hold all words of a text; asked of the full-text index where there is one.

Words are looked for inside names, since `Kick` stands in `DustyKick01` too: the index is of three letters
each. LanceDB itself looks through rows that its index does not cover yet, so that nothing new is missed.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.filters import Where
from timbred_catalogs.role_names import tokens

# Its functions are made at import, where no type checker sees them.
_compute: Any = pyarrow.compute
TEXT_COLUMNS: tuple[str, ...] = ("name", "pack", "tags")
GRAM_LETTERS = 3
# Of a text that fits more sounds the index gives so many, those first in which it is rarest.
MOST_SOUNDS = 10_000


def sounds_with(catalogue: Catalogue, text: str, where: Where) -> dict[str, float]:
    """The relevance, 0..1, of every sound that has all words, by its id; the most relevant first.

    A whole word of the name says more than a part of one, and the name more than tags and pack. Case and
    accents do not matter.
    """
    words = [folded(word) for word in text.split()]
    found: list[tuple[float, str, str]] = []
    with catalogue.tables.reading():
        for rows in _candidates(catalogue, text.lower().split(), where):
            for sound_id, name, pack, tags in _rows(rows.filter(_has_all(rows, words))):
                found.append((-_relevance(words, name, pack, tags), name, sound_id))
    found.sort(key=lambda row: (row[0], len(row[1]), row[1], row[2]))
    return {sound_id: -negative for negative, _, sound_id in found}


def folded(text: str) -> str:
    """Lower case without accents."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in decomposed if unicodedata.category(letter) != "Mn")


def _candidates(catalogue: Catalogue, words: Sequence[str], where: Where) -> Iterator[pa.Table]:
    """From the index, which gives rather too many than too few; else every sound that fits `where`."""
    table, columns = catalogue.tables.sounds, ["id", *TEXT_COLUMNS]
    long_words = [word for word in words if len(word) >= GRAM_LETTERS]
    if long_words and has_text_index(catalogue):
        query = table.search(_query(long_words), query_type="fts").where(where.sql(), prefilter=True)
        yield query.limit(MOST_SOUNDS).select([*columns, "_score"]).to_arrow()
        return
    for batch in table.search().where(where.sql()).select(columns).to_batches():
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


def _query(words: Sequence[str]) -> Any:
    """Every word in any of the columns."""
    from lancedb.query import BooleanQuery, FullTextOperator, MultiMatchQuery, Occur

    columns, alike = list(TEXT_COLUMNS), [1.0] * len(TEXT_COLUMNS)
    every = FullTextOperator.AND
    each = [MultiMatchQuery(word, columns=columns, boosts=alike, operator=every) for word in words]
    return each[0] if len(each) == 1 else BooleanQuery([(Occur.MUST, query) for query in each])


def _has_all(rows: pa.Table, words: Sequence[str]) -> pa.Array:
    tags = _compute.binary_join(rows["tags"], " ")
    texts = _compute.binary_join_element_wise(rows["name"], rows["pack"], tags, "\n")
    decomposed = _compute.utf8_normalize(_compute.utf8_lower(texts), "NFKD")
    plain = _compute.replace_substring_regex(decomposed, r"\p{Mn}", "")
    fits: Any = pa.array([True] * len(rows), pa.bool_())
    for word in words:
        fits = _compute.and_(fits, _compute.match_substring(plain, word))
    return fits


def _rows(rows: pa.Table) -> Iterator[tuple[str, str, str, list[str]]]:
    yield from zip(*(rows[column].to_pylist() for column in ("id", *TEXT_COLUMNS)), strict=True)


def _relevance(words: Sequence[str], name: str, pack: str, tags: Sequence[str]) -> float:
    in_name, in_tags = tokens(folded(name)) + tokens(name), [folded(tag) for tag in tags]
    return sum(_of_word(word, folded(name), in_name, in_tags) for word in words) / len(words)


def _of_word(word: str, name: str, in_name: Sequence[str], in_tags: Sequence[str]) -> float:
    if word in in_name:
        return 1.0
    if word in in_tags:
        return 0.9
    if any(part.startswith(word) for part in in_name):
        return 0.8
    return 0.6 if word in name else 0.5
