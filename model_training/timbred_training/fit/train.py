"""Trains the fit model's heads on banks: settings, data, model, loop."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from timbred_training.errors import TrainingError
from timbred_training.fit.bank import Bank
from timbred_training.fit.heads import ANY_ROLE, FitHeads, joined
from timbred_training.fit.losses import covariance, decoupled_nt_xent, norm_hinge, variance
from timbred_training.fit.measure import Measured, measure_bank
from timbred_training.fit.settings import FitSettings
from timbred_training.fit.song_set import songs_of
from timbred_training.run_folder import HEADS, METRICS, make_folder, refuse_run
from timbred_training.settings import plain_values

REPORT_STEPS = 100


@dataclass(frozen=True)
class Drawn:
    """One step's questions: rows of mixes and of one-shots, asked roles, and who is a negative."""

    mix: torch.Tensor
    positive: torch.Tensor
    role: torch.Tensor
    negative: torch.Tensor


class Questions:
    """Draws contexts and what they are asked for, from the songs that are trained on.

    Args:
        bank: All features.
        settings: The shares.
    """

    def __init__(self, bank: Bank, settings: FitSettings) -> None:
        self._bank, self._settings = bank, settings
        self.trained = ~songs_of(settings.hold_out, bank.author)
        # Nor is a recording of theirs heard in another's song.
        held = np.isin(bank.shot_copy, bank.shot_copy[~self.trained[bank.shot_song]])
        plays = (bank.mix_song[:, None] == bank.shot_song[held]) & bank.mix_has[:, bank.shot_stem[held]]
        self.shots = np.flatnonzero(~held)
        self.mixes = np.flatnonzero(self.trained[bank.mix_song] & ~plays.any(axis=1))
        if not len(self.shots) or not len(self.mixes):
            raise TrainingError(f"some authors must be left to train on beside {settings.hold_out}")
        self._of_song = {s: self.shots[bank.shot_song[self.shots] == s] for s in np.unique(bank.mix_song)}
        self.mixes = self.mixes[[len(self._of_song[s]) > 0 for s in bank.mix_song[self.mixes]]]
        self._real = self.mixes[bank.real[bank.mix_song[self.mixes]]]
        self._other = np.setdiff1d(self.mixes, self._real)
        self._in_song = np.zeros((len(bank.name), int(bank.shot_copy.max()) + 1), dtype=bool)
        self._in_song[bank.shot_song, bank.shot_copy] = True
        if len(np.unique(bank.shot_song[self.shots])) < 2:
            raise TrainingError("two songs at least must be trained on: one has no wrong answers")
        if settings.components > min(len(self.shots) + len(self.mixes), bank.mix_feature.shape[1]):
            have = f"{len(self.shots) + len(self.mixes)} contexts and one-shots to train on"
            have += f" and the {bank.mix_feature.shape[1]} features"
            raise TrainingError(f"components must be no more than the {have}, not {settings.components}")

    def draw(self, rng: np.random.Generator) -> Drawn:
        """One step's. Negatives are the role's one-shots that the context's song has no copy of."""
        b, s = self._bank, self._settings
        real = s.real_share if len(self._real) and len(self._other) else float(len(self._real) > 0)
        count = round(real * s.batch)
        mix = np.concatenate([rng.choice(self._real, count), rng.choice(self._other, s.batch - count)])
        positive = np.array([self._asked(rng, row) for row in mix])
        role = np.where(rng.random(s.batch) < s.any_share, ANY_ROLE, b.shot_role[positive])
        negative = (b.shot_role[None, self.shots] == role[:, None]) | (role == ANY_ROLE)[:, None]
        negative &= ~self._in_song[b.mix_song[mix]][:, b.shot_copy[self.shots]]
        place = np.searchsorted(self.shots, positive)
        return Drawn(*(torch.from_numpy(x) for x in (mix, place, role, negative)))

    def _asked(self, rng: np.random.Generator, mix: int) -> int:
        """A one-shot of the context's song; mostly one that no stem of the context plays."""
        b = self._bank
        own = self._of_song[b.mix_song[mix]]
        playing = b.shot_copy[own[b.mix_has[mix, b.shot_stem[own]]]]
        absent = own[~np.isin(b.shot_copy[own], playing)]
        leave_out = len(absent) and rng.random() < self._settings.absent_share
        return int(rng.choice(absent if leave_out else own))


def train_fit(bank: Bank, settings: FitSettings, run: Path) -> Measured | None:
    """Trains, writes `heads.pt` and `metrics.jsonl` into `run`, and measures the authors held out.

    Returns:
        What the held-out songs say, None where none is held out.

    Raises:
        TrainingError: if `run` holds a run, the bank has too little to train on, or the loss is no number any
            more.
    """
    refuse_run(run)
    torch.set_num_threads(settings.threads)
    questions = Questions(bank, settings)
    make_folder(run)
    (run / METRICS).write_text("")
    made = [_member(bank, settings, number, questions, run) for number in range(settings.members)]
    heads = joined(made)
    save_heads(run, heads, settings, str(bank.trunk))
    if not settings.hold_out:
        return None
    measured = measure_bank(bank, heads, settings.hold_out)
    _report(run, {"step": settings.members * settings.steps, **measured.as_numbers()})
    return measured


def _member(bank: Bank, s: FitSettings, number: int, questions: Questions, run: Path) -> FitHeads:
    """Trains heads from a seed of their own, and reports on the way."""
    seed = s.seed * s.members + number
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    heads = FitHeads(bank.mix_feature.shape[1], s.components, s.hidden, s.dropout)
    heads.fit_whitenings(bank.mix_feature[questions.mixes], bank.shot_feature[questions.shots, 0])
    mixes, shots = _components(heads, bank, questions)
    optimiser = torch.optim.AdamW(heads.parameters(), lr=s.learning_rate, weight_decay=s.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, s.steps)
    began = time.perf_counter()
    heads.train()
    for step in range(1, s.steps + 1):
        drawn = questions.draw(rng)
        variant = torch.from_numpy(rng.integers(0, shots.shape[1], len(shots)))
        keys = heads.sample(shots[torch.arange(len(shots)), variant])  # (shots, dim)
        asked = heads.context.ask(mixes[drawn.mix], drawn.role)  # (batch, dim)
        parts = loss_parts(asked, keys, drawn, s)
        if not all(torch.isfinite(part) for part in parts.values()):
            raise TrainingError(f"the loss must stay a number: at step {step} of {s.steps} it did not")
        optimiser.zero_grad()
        torch.stack(list(parts.values())).sum().backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        if step % REPORT_STEPS == 0 or step == s.steps:
            numbers = {name: round(part.item(), 4) for name, part in parts.items()}
            seconds = round(time.perf_counter() - began, 1)
            _report(run, {"step": number * s.steps + step, "seconds": seconds} | numbers)
    return heads


def loss_parts(
    asked: torch.Tensor, keys: torch.Tensor, drawn: Drawn, settings: FitSettings
) -> dict[str, torch.Tensor]:
    """The weighted parts of the loss by name.

    Args:
        asked: What the contexts ask for, `(batch, dim)`, not normalised.
        keys: All one-shots, `(shots, dim)`, not normalised.
    """
    units = functional.normalize(asked, dim=1), functional.normalize(keys, dim=1)
    t = settings.temperature
    parts = {"nt_xent": decoupled_nt_xent(*units, drawn.positive, drawn.negative, t)}
    regularisers = (("variance", variance, settings.gamma), ("covariance", covariance, settings.delta))
    for name, regulariser, weight in (*regularisers, ("norm", norm_hinge, settings.eta)):
        if weight:
            parts[name] = weight * (regulariser(asked) + regulariser(keys))
    return parts


def save_heads(run: Path, heads: FitHeads, settings: FitSettings, trunk: str) -> None:
    """Writes tensors and plain data; `trunk` as in `Bank`."""
    state = {
        "settings": plain_values(settings),
        "features": heads.get_buffer("context_whitening.mean").shape[0],
        "trunk": trunk,
        "heads": heads.state_dict(),
    }
    temporary = run / (HEADS + ".tmp")
    torch.save(state, temporary)
    temporary.replace(run / HEADS)


@torch.no_grad()
def _components(heads: FitHeads, bank: Bank, questions: Questions) -> tuple[torch.Tensor, torch.Tensor]:
    """Whitened once: contexts `(mixes, components)` and trained one-shots `(shots, variants, components)`."""
    mixes = heads.context_whitening(torch.from_numpy(bank.mix_feature.astype(np.float32)))
    shots = [
        heads.sample_whitening(torch.from_numpy(bank.shot_feature[questions.shots, v].astype(np.float32)))
        for v in range(bank.shot_feature.shape[1])
    ]
    return mixes, torch.stack(shots, dim=1)


def _report(run: Path, record: dict[str, float]) -> None:
    with (run / METRICS).open("a") as file:
        file.write(json.dumps(record) + "\n")
    print(" ".join(f"{name} {value}" for name, value in record.items()), flush=True)
