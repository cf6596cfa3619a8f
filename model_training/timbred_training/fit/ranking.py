"""Where a song's own samples rank among all of their role, and how sure that is."""

import math
from dataclasses import dataclass

import numpy as np

from timbred_training.fit.roles import DRUM_ROLES
from timbred_training.retrieval import RESAMPLES, Rate, drawn_together, rate

FIRST = (1, 5, 10)


@dataclass(frozen=True)
class Shots:
    """The samples that are ranked, one entry each: whose they are, their role and their recording."""

    song: np.ndarray
    stem: np.ndarray
    role: np.ndarray
    copy: np.ndarray

    def only(self, keep: np.ndarray) -> "Shots":
        """Some of the samples."""
        return Shots(*(value[keep] for value in vars(self).values()))


@dataclass(frozen=True)
class Asked:
    """The questions, one entry each: a context of `song` is asked for the sound of its part `stem`.

    Args:
        in_mix: Whether that part is in the context.
        lo_fi: Whether the context's bandwidth was cut at random.
    """

    song: np.ndarray
    stem: np.ndarray
    role: np.ndarray
    in_mix: np.ndarray
    lo_fi: np.ndarray

    def only(self, keep: np.ndarray) -> "Asked":
        """Some of the questions."""
        return Asked(*(value[keep] for value in vars(self).values()))

    @property
    def drums(self) -> np.ndarray:
        """Which ask for a drum."""
        return self.role < len(DRUM_ROLES)


@dataclass(frozen=True)
class Ranks:
    """What came of each question: the place of the best own sample, from 1, and how many were ranked.

    A question is `contested` where another sample was ranked beside the own ones; only these say anything.
    """

    rank: np.ndarray
    of: np.ndarray

    @property
    def contested(self) -> np.ndarray:
        """Which questions had a wrong answer."""
        return self.of > 1

    @property
    def normalised(self) -> np.ndarray:
        """0 for the first, 1 for the last; by chance 0.5."""
        return (self.rank - 1.0) / np.maximum(self.of - 1.0, 1.0)


@dataclass(frozen=True)
class Row:
    """A line of a table; `chance` is what R@10 would be at random, in percent."""

    name: str
    questions: int
    median: float
    median_low: float
    median_high: float
    found: tuple[Rate, ...]
    chance: float


def rank_own(scores: np.ndarray, asked: Asked, shots: Shots) -> Ranks:
    """Ranks each question's own samples among all samples of the role.

    Copies of a recording count once, by the best of them. The song's other samples of the role are left out:
    they may be in the context, and are neither right nor wrong.

    Args:
        scores: `(questions, shots)`.
    """
    rank, count = np.empty(len(scores)), np.empty(len(scores))
    for k, row in enumerate(scores):
        mine = shots.song == asked.song[k]
        right = np.unique(shots.copy[mine & (shots.stem == asked.stem[k]) & (shots.role == asked.role[k])])
        own = np.unique(shots.copy[mine])
        others = (shots.role == asked.role[k]) & ~np.isin(shots.copy, own)
        best = row[np.isin(shots.copy, right)].max()
        rivals = np.full(int(shots.copy.max()) + 1, -np.inf)
        np.maximum.at(rivals, shots.copy[others], row[others])
        rivals = rivals[rivals > -np.inf]
        rank[k] = 1 + (rivals > best).sum() + 0.5 * (rivals == best).sum()
        count[k] = 1 + len(rivals)
    return Ranks(rank, count)


def row_of(name: str, ranks: Ranks, songs: np.ndarray, keep: np.ndarray) -> Row:
    """One line about the contested questions that `keep` marks; intervals by drawing whole songs again.

    Of a single song they are over its questions.
    """
    keep = keep & ranks.contested
    if not keep.any():
        nothing = math.nan
        found = (Rate(nothing, nothing, nothing),) * len(FIRST)
        return Row(name, 0, nothing, nothing, nothing, found, nothing)
    normalised, rank, of, songs = ranks.normalised[keep], ranks.rank[keep], ranks.of[keep], songs[keep]
    low, high = _median_interval(normalised, songs)
    found = tuple(rate(rank <= k, songs) for k in FIRST)
    chance = 100.0 * float(np.minimum(1.0, FIRST[-1] / of).mean())
    return Row(name, len(rank), float(np.median(normalised)), low, high, found, chance)


def difference(first: np.ndarray, second: np.ndarray, songs: np.ndarray) -> tuple[float, float, float]:
    """By how much the first normalised ranks are lower on average, question by question.

    Returns that and its interval; NaN where there is no question.

    Whole songs are drawn again, with their questions' pairs of ranks together; of a single song it is its
    questions that are drawn.
    """
    if not len(first):
        return math.nan, math.nan, math.nan
    gaps, index = second - first, drawn_together(songs)
    sums, counts = np.bincount(index, gaps), np.bincount(index)
    drawn = np.random.default_rng(0).integers(0, len(counts), (RESAMPLES, len(counts)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(gaps.mean()), float(low), float(high)


def _median_interval(values: np.ndarray, songs: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """95 % of the medians of the values of songs drawn again with repeats, or of a single song's values."""
    rng, index = np.random.default_rng(seed), drawn_together(songs)
    groups = [values[index == number] for number in range(index.max() + 1)]
    medians = [
        np.median(np.concatenate([groups[k] for k in rng.integers(0, len(groups), len(groups))]))
        for _ in range(RESAMPLES)
    ]
    low, high = np.percentile(medians, [2.5, 97.5])
    return float(low), float(high)


def kit_auc(scores: np.ndarray, asked: Asked, shots: Shots) -> np.ndarray:
    """How surely a song's own kit is told from another song's, in the mix: `(songs,)`, each 0..1.

    A kit is a song's drums, two roles or more. Its score is the mean, over the song's questions about drums
    that it has, of its best sound of that role; a song's value is the share of other kits below its own.
    """
    keep = asked.in_mix & ~asked.lo_fi & asked.drums
    mine, scores = asked.only(keep), scores[keep]
    kits = [s for s in np.unique(shots.song) if len(_drum_roles(shots, s)) > 1]
    values = []
    for song in np.intersect1d(np.unique(mine.song), kits):
        about: list[int] = np.flatnonzero(mine.song == song).tolist()
        own_recordings = shots.copy[shots.song == song]
        won = []
        for other in kits:
            if other == song or np.isin(shots.copy[shots.song == other], own_recordings).any():
                continue
            shared = [q for q in about if mine.role[q] in _drum_roles(shots, other)]
            if shared:
                own, rival = (_kit_score(scores, mine, shots, shared, kit) for kit in (song, other))
                won.append(0.5 * (np.sign(own - rival) + 1.0))
        if won:
            values.append(np.mean(won))
    return np.array(values)


def _drum_roles(shots: Shots, song: int) -> np.ndarray:
    drums: np.ndarray = shots.role[(shots.song == song) & (shots.role < len(DRUM_ROLES))]
    return np.unique(drums)


def _kit_score(scores: np.ndarray, asked: Asked, shots: Shots, questions: list[int], song: int) -> float:
    kit = shots.song == song
    return float(np.mean([scores[q, kit & (shots.role == asked.role[q])].max() for q in questions]))
