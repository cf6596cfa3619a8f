"""What the heads reach on a bank's songs that they never saw, beside chance and the untrained features."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch.nn import functional

from timbred_training.encoder import RoleEncoder
from timbred_training.fit.bank import Bank
from timbred_training.fit.heads import FitHeads
from timbred_training.fit.ranking import Asked, Ranks, Row, Shots, kit_auc, rank_own, row_of
from timbred_training.fit.song_set import songs_of

CHANCE_DRAWS = 10  # of random scores: one alone moves a median by 0.02
KINDS = {"real songs": True, "random kits": False}
MODES = (("complete", False, False), ("in the mix", True, False), ("complete, lo-fi context", False, True))


@dataclass(frozen=True)
class Measured:
    """The ranks of all questions about the held-out songs, and how well their kits are told apart.

    Chance asks them in several `draws`, one after the other.
    """

    asked: Asked
    ranks: Ranks
    real: np.ndarray
    kits: dict[str, np.ndarray]
    draws: int = 1

    @property
    def normalised(self) -> np.ndarray:
        """Each question's normalised rank, the mean of all draws."""
        mean: np.ndarray = self.ranks.normalised.reshape(self.draws, -1).mean(axis=0)
        return mean

    def rows(self, drums: bool = True) -> list[Row]:
        """Real songs and random kits apart, each complete, in the mix and with a bandwidth cut.

        Questions without a wrong answer are left out, and rows of no other.
        """
        rows = []
        for kind, real in KINDS.items():
            for mode, in_mix, lo_fi in MODES:
                keep = (self.real == real) & (self.asked.in_mix == in_mix) & (self.asked.lo_fi == lo_fi)
                keep &= self.asked.drums == drums
                row = row_of(f"{kind}, {mode}", self.ranks, self.asked.song, keep)
                if row.questions:
                    rows.append(replace(row, questions=row.questions // self.draws))
        return rows

    def as_numbers(self) -> dict[str, float]:
        """The drums' rows as plain numbers for a log."""
        numbers = {row.name: round(row.median, 4) for row in self.rows()}
        return numbers | {f"{kind}, kit AUC": round(float(k.mean()), 4) for kind, k in self.kits.items()}


def asked_of(bank: Bank) -> tuple[Asked, Shots]:
    """A bank's questions and samples."""
    shots = Shots(bank.shot_song, bank.shot_stem, bank.shot_role, bank.shot_copy)
    asked = (bank.query_song, bank.query_stem, bank.query_role, bank.query_in_mix, bank.query_lo_fi)
    return Asked(*asked), shots


def measure_bank(bank: Bank, heads: FitHeads, authors: Sequence[str]) -> Measured:
    """Ranks the own samples of these authors' songs among all samples of the bank."""
    asked, shots = asked_of(bank)
    keep = songs_of(authors, bank.author)[bank.query_song]
    return measured_by(scores_of(bank, heads)[keep], asked.only(keep), shots, bank.real)


def measured_by(scores: np.ndarray, asked: Asked, shots: Shots, real: np.ndarray) -> Measured:
    """Ranks and kits of scores `(questions, shots)`, real songs and random kits each among their own kind.

    Args:
        real: Of each song.
    """
    rank, of, kits = np.zeros(len(scores)), np.ones(len(scores)), {}
    for kind, wanted in KINDS.items():
        questions, samples = real[asked.song] == wanted, real[shots.song] == wanted
        if not questions.any():
            continue
        mine = scores[questions][:, samples], asked.only(questions), shots.only(samples)
        ranks = rank_own(*mine)
        rank[questions], of[questions] = ranks.rank, ranks.of
        if len(values := kit_auc(*mine)):
            kits[kind] = values
    return Measured(asked, Ranks(rank, of), real[asked.song], kits)


def measured_by_chance(asked: Asked, shots: Shots, real: np.ndarray, rng: np.random.Generator) -> Measured:
    """The same of random scores, drawn so often that what is left of the draw does not matter."""
    size = len(asked.song), len(shots.song)
    drawn = [measured_by(rng.random(size), asked, shots, real) for _ in range(CHANCE_DRAWS)]
    ranks = Ranks(*(np.concatenate([getattr(one.ranks, name) for one in drawn]) for name in ("rank", "of")))
    again = asked.only(np.tile(np.arange(size[0]), CHANCE_DRAWS))
    kits = {kind: np.mean([one.kits[kind] for one in drawn], axis=0) for kind in drawn[0].kits}
    return Measured(again, ranks, real[again.song], kits, CHANCE_DRAWS)


@torch.no_grad()
def scores_of(bank: Bank, heads: FitHeads) -> np.ndarray:
    """Cosines of every question's context, asked for the role, with every one-shot: `(questions, shots)`."""
    asked, _ = asked_of(bank)
    heads.eval()
    contexts = heads.context_whitening(torch.from_numpy(bank.query_feature.astype(np.float32)))
    samples = heads.sample_whitening(torch.from_numpy(bank.shot_feature[:, 0].astype(np.float32)))
    vectors = functional.normalize(heads.context.ask(contexts, torch.from_numpy(asked.role)), dim=1)
    keys = functional.normalize(heads.sample(samples), dim=1)
    return cosines(vectors, keys)


@torch.no_grad()
def timbre_scores_of(bank: Bank, encoder: RoleEncoder) -> np.ndarray:
    """The same by the timbre encoder's own vectors of the whole context: what needs no training."""
    vectors, keys = (
        encoder.embed(torch.from_numpy(features.astype(np.float32)))
        for features in (bank.query_feature, bank.shot_feature[:, 0])
    )
    return cosines(vectors, keys)


def cosines(vectors: torch.Tensor, keys: torch.Tensor) -> np.ndarray:
    """Of unit vectors `(n, dim)` and `(m, dim)`: `(n, m)`."""
    scores: np.ndarray = (vectors @ keys.T).numpy()
    return scores
