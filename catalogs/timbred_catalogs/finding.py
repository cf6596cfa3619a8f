"""Finds sounds by words, by another sound, and by what is known of them, in any combination.

Words and `where` decide what may come; the sound decides the order where one is given, the words where none
is. Tempo and key are estimates: they move a sound up or down by how sure they are, unless `strict`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.filters import Where
from timbred_catalogs.musical_key import spellings
from timbred_catalogs.sound import Sound
from timbred_catalogs.words import sounds_with

# A tempo or key that surely fits is worth so much cosine, and one that surely does not costs as much.
AGREEMENT_WEIGHT = 0.2
# Candidates for each place on the list where tempo or key will change the order.
CANDIDATES_A_PLACE = 10
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
        return rank + AGREEMENT_WEIGHT * self.agreement


def find(catalogue: Catalogue, wanted: Wanted, limit: int = 50) -> list[Finding]:
    """Best first. Missing sounds come only where `where` asks for them.

    Raises: CatalogError for a key that is none, and what `Catalogue.search` raises.
    """
    keys = spellings(wanted.key) if wanted.key else None
    strictly = replace(wanted.where, tempo_bpm=wanted.tempo_bpm, keys=keys)
    where = strictly if wanted.strict else wanted.where
    prefers = strictly != where
    places = limit * CANDIDATES_A_PLACE if prefers else limit
    if wanted.text.split():
        found = _by_words(catalogue, wanted, where, places)
    elif wanted.like is not None:
        found = _by_sound(catalogue, wanted.like, where, places)
    else:
        found = _listed(catalogue, strictly, where, limit)
    agreed = [replace(one, agreement=agreement(one.sound, wanted.tempo_bpm, keys)) for one in found]
    return sorted(agreed, key=lambda one: -one.score)[:limit]


def agreement(sound: Sound, tempo_bpm: tuple[float, float] | None, keys: Sequence[str] | None) -> float:
    """-1..1, the mean over what is asked for: the estimate's confidence, negative where it does not fit.

    Half or twice the tempo is what estimates get wrong most: it counts for half.
    """
    parts = []
    if tempo_bpm is not None:
        parts.append(sound.tempo_confidence * _tempo_fit(sound.tempo_bpm, *tempo_bpm))
    if keys is not None:
        fits = 0.0 if sound.key is None else 1.0 if sound.key in keys else -1.0
        parts.append(sound.key_confidence * fits)
    return sum(parts) / len(parts) if parts else 0.0


def _tempo_fit(bpm: float | None, slowest: float, fastest: float) -> float:
    if bpm is None:
        return 0.0
    if slowest <= bpm <= fastest:
        return 1.0
    return 0.5 if any(slowest <= other <= fastest for other in (bpm / 2, bpm * 2)) else -1.0


def _by_words(catalogue: Catalogue, wanted: Wanted, where: Where, places: int) -> list[Finding]:
    relevances = sounds_with(catalogue, wanted.text, where)
    if wanted.like is None:
        return _findings(catalogue, list(relevances)[:places], {}, relevances)
    ids = list(relevances)
    like = wanted.like
    cosines = catalogue.similarities(like.space, like.vector, ids, model_id=like.model_id)
    similar = {sound_id: float(c) for sound_id, c in zip(ids, cosines, strict=True) if np.isfinite(c)}
    best = sorted(similar, key=lambda sound_id: -similar[sound_id])[:places]
    return _findings(catalogue, best, similar, relevances)


def _findings(
    catalogue: Catalogue, ids: list[str], similar: Mapping[str, float], relevant: Mapping[str, float]
) -> list[Finding]:
    sounds = catalogue.by_id(ids)
    present = [sound_id for sound_id in ids if sound_id in sounds]
    return [Finding(sounds[one], similar.get(one), relevant.get(one), 0.0) for one in present]


def _by_sound(catalogue: Catalogue, like: Like, where: Where, places: int) -> list[Finding]:
    hits = catalogue.nearest(like.space, like.vector, where, model_id=like.model_id, limit=places)
    return [Finding(hit.sound, hit.similarity, None, 0.0) for hit in hits]


def _listed(catalogue: Catalogue, strictly: Where, where: Where, limit: int) -> list[Finding]:
    """Those that surely fit, then others, so that a preference never leaves a short list."""
    sounds = {sound.id: sound for sound in catalogue.sounds(strictly, limit=limit)}
    if len(sounds) < limit and strictly != where:
        sounds |= {sound.id: sound for sound in catalogue.sounds(where, limit=2 * limit)}
    return [Finding(sound, None, None, 0.0) for sound in sounds.values()]
