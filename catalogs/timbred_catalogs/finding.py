"""Finds sounds by words, by another sound, and by what is known of them, in any combination.

Words and `where` decide what may come; the sound decides the order where one is given, the words where none
is. Tempo and key are estimates: they move a sound up or down by how sure they are, unless `strict`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from timbred_catalogs.catalogue import IDS_A_QUERY, Catalogue
from timbred_catalogs.filters import Where, one_of
from timbred_catalogs.musical_key import spellings
from timbred_catalogs.sound import Sound
from timbred_catalogs.words import sounds_with

# Its functions are made at import, where no type checker sees them.
_compute: Any = pyarrow.compute
# A tempo or key that surely fits is worth so much cosine, and one that surely does not costs as much.
AGREEMENT_WEIGHT = 0.2
# Candidates by sound for each place on the list where tempo or key will change the order.
CANDIDATES_A_PLACE = 10
ESTIMATES = ["tempo_bpm", "tempo_confidence", "key", "key_confidence"]
NO_WHERE = Where()


@dataclass(frozen=True, slots=True)
class Like:
    """A vector to be near to. Shape: vector (dim,) in the space of that model."""

    space: str
    vector: np.ndarray
    model_id: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to find; what is left empty asks for nothing.

    `tempo_bpm` is (slowest, fastest); `key` is written as people do, `F#m`. With `strict` a sound whose
    tempo or key is not known to fit is left out.
    """

    text: str = ""
    like: Like | None = None
    where: Where = NO_WHERE
    tempo_bpm: tuple[float, float] | None = None
    key: str | None = None
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A sound and why it stands where it does.

    `similarity` is the cosine to what was asked for by sound, `relevance` (0..1) what the words found in
    it, `agreement` (-1..1) how tempo and key fit: 0 where they are not known.
    """

    sound: Sound
    similarity: float | None
    relevance: float | None
    agreement: float

    @property
    def score(self) -> float:
        """What the order is by."""
        rank = self.similarity if self.similarity is not None else self.relevance or 0.0
        return _score(rank, self.agreement)


def find(catalogue: Catalogue, wanted: Wanted, limit: int = 50) -> list[Finding]:
    """Best first. Missing sounds come only where `where` asks for them.

    What fits tempo and key is looked for by itself too: the nearest sounds, and those that the index gives
    for a word that very many have, may all be of another tempo.
    Raises: CatalogError for a key that is none, and what `Catalogue.search` raises.
    """
    tempo_bpm = wanted.tempo_bpm or wanted.where.tempo_bpm
    keys = spellings(wanted.key) if wanted.key else wanted.where.keys
    strictly = replace(wanted.where, tempo_bpm=tempo_bpm, keys=keys)
    where = strictly if wanted.strict else wanted.where
    asked = [where] if strictly == where else [where, strictly]
    relevant: dict[str, float] = {}
    similar: dict[str, float] = {}
    if wanted.text.split():
        for narrowed in asked:
            relevant |= sounds_with(catalogue, wanted.text, narrowed)
        if wanted.like is not None:
            similar = _similarities(catalogue, wanted.like, list(relevant))
    elif wanted.like is not None:
        places = limit * CANDIDATES_A_PLACE if _asks(strictly) else limit
        for narrowed in asked:
            similar |= _nearest(catalogue, wanted.like, narrowed, places)
    else:
        return _listed(catalogue, where, strictly, limit)
    ranks = relevant if wanted.like is None else similar
    agreed = _agreed(catalogue, list(ranks), where, strictly)
    best = sorted(ranks, key=lambda one: -_score(ranks[one], agreed.get(one, 0.0)))[:limit]
    return _findings(catalogue, best, similar, relevant, agreed)


def _score(rank: float, agreement: float) -> float:
    return rank + AGREEMENT_WEIGHT * agreement


def _similarities(catalogue: Catalogue, like: Like, ids: Sequence[str]) -> dict[str, float]:
    """The cosines of those that have a vector."""
    cosines = catalogue.similarities(like.space, like.vector, ids, model_id=like.model_id)
    return {sound_id: float(c) for sound_id, c in zip(ids, cosines, strict=True) if np.isfinite(c)}


def _nearest(catalogue: Catalogue, like: Like, where: Where, places: int) -> dict[str, float]:
    hits = catalogue.nearest(like.space, like.vector, where, model_id=like.model_id, limit=places)
    return {hit.sound.id: hit.similarity for hit in hits}


def _listed(catalogue: Catalogue, where: Where, strictly: Where, limit: int) -> list[Finding]:
    """Those that fit best; where neither tempo nor key is asked for, the first that were added."""
    if not _asks(strictly):
        return [Finding(sound, None, None, 0.0) for sound in catalogue.sounds(where, limit=limit)]
    rows = _estimates(catalogue, where.sql())
    agreements = _agreements(rows, strictly)
    best = np.argsort(-agreements, kind="stable")[:limit]
    ids = rows["id"].take(best).to_pylist()
    return _findings(catalogue, ids, {}, {}, dict(zip(ids, agreements[best].tolist(), strict=True)))


def _findings(
    catalogue: Catalogue,
    ids: Sequence[str],
    similar: Mapping[str, float],
    relevant: Mapping[str, float],
    agreed: Mapping[str, float],
) -> list[Finding]:
    sounds = catalogue.by_id(ids)
    present = [sound_id for sound_id in ids if sound_id in sounds]
    return [
        Finding(sounds[one], similar.get(one), relevant.get(one), agreed.get(one, 0.0)) for one in present
    ]


def _agreed(catalogue: Catalogue, ids: Sequence[str], where: Where, strictly: Where) -> Mapping[str, float]:
    """How tempo and key of the sounds fit, which are all of `where`; empty where neither is asked for."""
    if not _asks(strictly):
        return {}
    rows = _estimates(catalogue, one_of("id", ids) if len(ids) <= IDS_A_QUERY else where.sql())
    return dict(zip(rows["id"].to_pylist(), _agreements(rows, strictly).tolist(), strict=True))


def _asks(strictly: Where) -> bool:
    return strictly.tempo_bpm is not None or strictly.keys is not None


def _estimates(catalogue: Catalogue, sql: str) -> pa.Table:
    with catalogue.tables.reading():
        return catalogue.tables.sounds.search().where(sql).select(["id", *ESTIMATES]).to_arrow()


def _agreements(rows: pa.Table, strictly: Where) -> np.ndarray:
    """(n,) the mean over what is asked for: the estimate's confidence, negative where it does not fit."""
    parts = []
    if strictly.tempo_bpm is not None:
        parts.append(_numbers(rows, "tempo_confidence") * _tempo_fits(rows, *strictly.tempo_bpm))
    if strictly.keys is not None:
        parts.append(_numbers(rows, "key_confidence") * _key_fits(rows, strictly.keys))
    agreements: np.ndarray = np.mean(parts, axis=0)
    return agreements


def _tempo_fits(rows: pa.Table, slowest: float, fastest: float) -> np.ndarray:
    """Half or twice the tempo is what estimates get wrong most: it counts for half."""
    bpm = _numbers(rows, "tempo_bpm")
    fits, half, twice = ((slowest <= other) & (other <= fastest) for other in (bpm, bpm * 2, bpm / 2))
    return np.select([np.isnan(bpm), fits, half | twice], [0.0, 1.0, 0.5], -1.0)


def _key_fits(rows: pa.Table, keys: Sequence[str]) -> np.ndarray:
    fits = _compute.is_in(rows["key"], value_set=pa.array(keys, pa.string())).to_numpy()
    return np.select([_compute.is_null(rows["key"]).to_numpy(), fits], [0.0, 1.0], -1.0)


def _numbers(rows: pa.Table, column: str) -> np.ndarray:
    """NaN where there is none."""
    numbers: np.ndarray = rows[column].to_numpy().astype(np.float64)
    return numbers
