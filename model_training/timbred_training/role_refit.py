"""Fits all that only role queries pass to many new mixtures: the last step after held vectors."""

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.nn import functional

from timbred_training.batches import draw_batch
from timbred_training.encoder import ROLE_QUERIES
from timbred_training.encoders import channels_last
from timbred_training.errors import TrainingError
from timbred_training.held_objective import HeldObjective
from timbred_training.progress import shown
from timbred_training.run_folder import read_run, refuse_run, write_run
from timbred_training.settings import Settings
from timbred_training.training_notes import TrainingNotes

FIRST_STEP = 10_000_000  # of the batches drawn here: none that training drew
RATE, WARMUP_STEPS, WEIGHT_DECAY, LARGEST_GRADIENT = 4e-4, 20, 0.02, 1.0
FITTED = (*ROLE_QUERIES, "role_project")


@dataclass(frozen=True)
class Questions:
    """What mixtures were asked, and the trunk's features of them, which stay as they are.

    Args:
        features: half precision `(m, channels, rows, t)`.
        weight: of the columns, `(m, t)`.
        mixture: rows of these, `(n,)`.
        role: rows of `ROLES`, `(n,)`.
        answer: instruments, `(n,)`.
    """

    features: torch.Tensor
    weight: torch.Tensor
    mixture: torch.Tensor
    role: torch.Tensor
    answer: torch.Tensor


def refit_roles(settings: Settings, run: Path, out: Path, *, batches: int, steps: int) -> Path:
    """Writes a run whose role queries are fitted to mixtures that `run` never saw, all else unchanged.

    A step of training spends most of its time below the role queries. Here the trunk hears each mixture once
    and its features are kept (13 MiB for a batch of 72 mixtures of 6 s), so that a step costs a fifth.

    Args:
        settings: of the objective held: which mixtures are drawn, and which run's vectors answer.
        run: a finished run.
        out: the new run's folder.
        batches: of mixtures, each as large as a step of the settings.
        steps: of the fit, with as many questions each as the settings ask in a step.

    Returns: the new checkpoint.

    Raises:
        TrainingError: if the settings are of another objective, if `run` holds no run, or `out` one already.
    """
    refuse_run(out)
    state = read_run(run)
    if settings.objective != "held":
        raise TrainingError(f"the settings must be of the objective held, not of {settings.objective}")
    torch.manual_seed(settings.seed)
    notes = TrainingNotes.of(settings)
    objective = HeldObjective(settings, notes)
    objective.encoder.load_state_dict(state["average"])
    objective.log_scale.data.copy_(state["objective"]["log_scale"])
    objective = channels_last(objective).eval()
    fit(objective, ask(objective, notes, batches), steps)
    state["average"] = objective.encoder.state_dict()
    return write_run(out, state)


@torch.no_grad()
def ask(objective: HeldObjective, notes: TrainingNotes, batches: int) -> Questions:
    """The questions of new batches and the trunk's features of their mixtures."""
    features, weights, mixtures, roles, answers = [], [], [], [], []
    for number in shown(range(batches), "mixtures"):
        batch = draw_batch(notes, objective.settings, FIRST_STEP + number)
        heard, weight = objective.encoder.trunk(batch.mixtures)
        mixtures.append(batch.asked_mixture + number * len(heard))
        features.append(heard.half())
        weights.append(weight)
        roles.append(batch.asked_role)
        answers.append(batch.instrument[batch.answer])
    return Questions(*map(torch.cat, (features, weights, mixtures, roles, answers)))


def fit(objective: HeldObjective, questions: Questions, steps: int) -> None:
    """Trains `FITTED` of the objective's encoder, each question against all rivals of its role.

    Batch norms keep their statistics: the objective is in evaluation.
    """
    encoder = objective.encoder
    fitted = [p for name, p in encoder.named_parameters() if name.split(".")[0] in FITTED]
    optimiser = torch.optim.AdamW(fitted, lr=RATE, betas=(0.9, 0.98), weight_decay=WEIGHT_DECAY)
    count, size = len(questions.role), objective.settings.questions
    rounds = math.ceil(steps * size / count)
    order = torch.cat([torch.randperm(count) for _ in range(rounds)])
    for step in shown(range(steps), "role queries"):
        part = order[step * size : (step + 1) * size]
        warm = min(1.0, (step + 1) / WARMUP_STEPS)
        optimiser.param_groups[0]["lr"] = RATE * warm * 0.5 * (1.0 + math.cos(math.pi * step / steps))
        role = questions.role[part]
        rows, mixture = torch.unique(questions.mixture[part], return_inverse=True)
        heard = questions.features[rows].float().contiguous(memory_format=torch.channels_last)
        asked, focus = encoder.role_features(heard, mixture, role)
        gathered = encoder.gather(asked, questions.weight[rows][mixture], focus)
        vectors = encoder.embed_role(functional.dropout(gathered, encoder.dropout.p))
        logits = objective.scale() * vectors @ objective.keys().T
        logits = logits.masked_fill(objective.role != role[:, None], float("-inf"))
        optimiser.zero_grad()
        torch.autograd.backward(functional.cross_entropy(logits, questions.answer[part]), inputs=fitted)
        torch.nn.utils.clip_grad_norm_(fitted, LARGEST_GRADIENT)
        optimiser.step()
