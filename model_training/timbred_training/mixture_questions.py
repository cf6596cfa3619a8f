"""Mixtures asked for each role, and how alike two neighbouring windows of one mixture are answered."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from timbred_training.database import Database, Hits, Row
from timbred_training.mixture_lines import ROLE_FAMILIES, Mixture, draw_mixture
from timbred_training.note_table import TableNote
from timbred_training.onnx_encoder import Answer, OnnxEncoder
from timbred_training.progress import shown
from timbred_training.retrieval import Rate, nearest, rate

TOP = 10

Pools = dict[str, dict[str, list[np.ndarray]]]


@dataclass(frozen=True)
class MixtureAnswers:
    """Rows for all roles together and for each; seconds per thousand mixtures; stability by role.

    A role is without stability where it has `TOP` references or fewer: they are the first in any window.
    """

    rows: list[Row]
    seconds: float
    stability: dict[str, Rate]


def ask_mixtures(
    encoder: OnnxEncoder,
    database: Database,
    queries: list[TableNote],
    audio: list[np.ndarray],
    count: int,
    seed: int,
) -> MixtureAnswers | None:
    """Draws mixtures of the queries' notes and asks each for its roles; None if a role has no instrument."""
    pools = pools_of(zip(queries, audio, strict=True), ROLE_FAMILIES)
    if not count or not all(pools.values()):
        return None
    rng = np.random.default_rng(seed)
    mixtures = [draw_mixture(pools, encoder.sample_rate, rng) for _ in range(count)]
    started = time.perf_counter()
    answers = [encoder(mixture.audio) for mixture in shown(mixtures, "mixtures")]
    hits = {role: _hits(encoder, database, mixtures, answers, role) for role in ROLE_FAMILIES}
    seconds = 1000 * (time.perf_counter() - started) / count
    ids = np.arange(count)
    rows = [_together(list(hits.values())).row("all", np.tile(ids, len(hits)))]
    rows += [part.row(role, ids) for role, part in hits.items()]
    return MixtureAnswers(rows, seconds, _stability(encoder, database, mixtures))


def pools_of(
    heard: Iterable[tuple[TableNote, np.ndarray]], role_families: Mapping[str, Sequence[str]]
) -> Pools:
    """The instruments of each role and what their notes sound like, mono `(frames,)` each."""
    pools: Pools = {role: {} for role in role_families}
    for note, sound in heard:
        for role, families in role_families.items():
            if note.family in families:
                pools[role].setdefault(note.instrument, []).append(sound)
    return pools


def vector_for(encoder: OnnxEncoder, answer: Answer, role: str) -> np.ndarray:
    """The vector that asks for the role; a model without role queries has but one for all."""
    if answer.by_role is None or role not in encoder.roles:
        return answer.vector
    vector: np.ndarray = answer.by_role[encoder.roles.index(role)]
    return vector


def _hits(
    encoder: OnnxEncoder, database: Database, mixtures: list[Mixture], answers: list[Answer], role: str
) -> Hits:
    entries = database.of(ROLE_FAMILIES[role])
    family_of = dict(zip(entries.instruments, entries.families, strict=True))
    wanted = np.array([mixture.instruments[role] for mixture in mixtures])
    asked = np.stack([vector_for(encoder, answer, role) for answer in answers])
    return entries.hits(asked, wanted, np.array([family_of[name] for name in wanted]))


def _together(parts: list[Hits]) -> Hits:
    return Hits(
        np.concatenate([part.top1 for part in parts]),
        np.concatenate([part.top5 for part in parts]),
        np.concatenate([part.family for part in parts]),
    )


def _stability(encoder: OnnxEncoder, database: Database, mixtures: list[Mixture]) -> dict[str, Rate]:
    """What share of their first ten two windows of a mixture, half a window apart, have in common.

    Roles of so few references are left out.
    """
    asked = {role: database.of(families).vectors for role, families in ROLE_FAMILIES.items()}
    asked = {role: entries for role, entries in asked.items() if len(entries) > TOP}
    if not asked:
        return {}
    frames = int(encoder.window_seconds * encoder.sample_rate)
    pairs = [
        (encoder(m.audio[:frames]), encoder(m.audio[frames // 2 : frames // 2 + frames]))
        for m in shown(mixtures, "windows")
    ]
    shares = {}
    for role, entries in asked.items():
        first, second = (np.stack([vector_for(encoder, pair[k], role) for pair in pairs]) for k in range(2))
        tops = zip(nearest(first, entries, TOP), nearest(second, entries, TOP), strict=True)
        common = np.array([len(np.intersect1d(a, b)) / len(a) for a, b in tops])
        shares[role] = rate(common, np.arange(len(common)))
    return shares
