"""Fits all that only role queries pass to many new mixtures: the last step after held vectors."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch.nn import functional

from timbred_training.batches import draw_batch
from timbred_training.encoder import ROLE_QUERIES
from timbred_training.encoders import channels_last
from timbred_training.errors import TrainingError
from timbred_training.export_timbre import load_run
from timbred_training.held_objective import HeldObjective
from timbred_training.processor import prepare_processor
from timbred_training.progress import shown
from timbred_training.run_folder import read_run, refuse_run, write_run
from timbred_training.schedule import cosine, warm_up
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
        column_weight: `(m, t)`.
        mixture: rows of these, `(n,)`.
        role: rows of `ROLES`, `(n,)`.
        answer: instruments, and after all of these the variants, `(n,)`.
        variant: the vector of each variant's first note, `(v, dim)`.
        variant_of: the instrument of which each is made, `(v,)`.
    """

    features: torch.Tensor
    column_weight: torch.Tensor
    mixture: torch.Tensor
    role: torch.Tensor
    answer: torch.Tensor
    variant: torch.Tensor
    variant_of: torch.Tensor


def refit_roles(
    settings: Settings, run: Path, out: Path, *, batches: int, steps: int, variant_share: float = 0.0
) -> Path:
    """Writes a run whose role queries are fitted to mixtures that `run` never saw, all else unchanged.

    A step of training spends most of its time below the role queries. Here the trunk hears each mixture once
    and its features are kept (13 MiB for a batch of 72 mixtures of 6 s), so that a step costs a fifth. The
    drums of kits that play in the mixtures are not asked for.

    Args:
        settings: of the objective held: which mixtures are drawn, and from which seed.
        run: a finished run, whose own vectors of notes are the answers.
        out: the new run's folder.
        batches: of mixtures, each as large as a step of the settings.
        steps: of the fit, with as many questions each as the settings ask in a step.
        variant_share: of the instruments that play as variants of themselves, asked for as such.

    Returns: the new checkpoint.

    Raises:
        TrainingError: if the settings are of another objective or dim, if `run` holds no run of the timbre
            encoder, or `out` one already.
    """
    refuse_run(out)
    state = read_run(run)
    if settings.objective != "held":
        raise TrainingError(f"the settings must be of the objective held, not of {settings.objective}")
    prepare_processor(settings.threads)
    torch.manual_seed(settings.seed)
    settings = replace(settings, single_run=str(run), variant_share=variant_share)
    notes = TrainingNotes.of(settings)
    objective = HeldObjective(settings, notes)
    objective.encoder = channels_last(load_run(run).encoder)
    objective.log_scale.data.copy_(state["objective"]["log_scale"])
    fit_role_queries(objective, ask(objective, notes, batches), steps)
    state["average"] = objective.encoder.state_dict()
    return write_run(out, state)


@torch.no_grad()
def ask(objective: HeldObjective, notes: TrainingNotes, batches: int) -> Questions:
    """The questions of new batches and the trunk's features of their mixtures."""
    objective.eval()
    features, weights = torch.empty(0), torch.empty(0)
    mixtures, roles, answers = [], [], []
    variants, variant_of = [torch.zeros(0, objective.settings.dim)], [torch.zeros(0, dtype=torch.int64)]
    made = len(notes.names)
    for number in shown(range(batches), "mixtures"):
        batch = draw_batch(notes, objective.settings, FIRST_STEP + number)
        heard, weight = objective.encoder.trunk(batch.mixtures)
        count = len(heard)  # the same in every batch
        if not number:
            features = torch.empty((batches * count, *heard.shape[1:]), dtype=torch.float16)
            weights = torch.empty((batches * count, *weight.shape[1:]))
        features[number * count : (number + 1) * count] = heard
        weights[number * count : (number + 1) * count] = weight
        mixtures.append(batch.asked_mixture + number * count)
        roles.append(batch.asked_role)
        number_of = batch.instrument.clone()
        if len(batch.variant):
            variants.append(objective.encoder(batch.variant_notes))
            variant_of.append(batch.instrument[batch.variant])
            number_of[batch.variant] = torch.arange(made, made + len(batch.variant))
            made += len(batch.variant)
        answers.append(number_of[batch.answer])
    told = map(torch.cat, (mixtures, roles, answers, variants, variant_of))
    return Questions(features, weights, *told)


def fit_role_queries(objective: HeldObjective, questions: Questions, steps: int) -> None:
    """Trains `FITTED` of the objective's encoder, each question against all rivals of its role.

    An instrument and its variants are no rivals. Batch norms keep their statistics.

    Raises:
        TrainingError: if nothing was asked.
    """
    if not len(questions.role):
        raise TrainingError("mixtures must hold an instrument with a role, and these hold none")
    encoder = objective.eval().encoder
    fitted = [p for name, p in encoder.named_parameters() if name.split(".")[0] in FITTED]
    optimiser = torch.optim.AdamW(fitted, lr=RATE, betas=(0.9, 0.98), weight_decay=WEIGHT_DECAY)
    count, size = len(questions.role), objective.settings.questions
    rounds = math.ceil(steps * size / count)
    order = torch.cat([torch.randperm(count) for _ in range(rounds)])
    source = torch.cat([torch.arange(len(objective.role)), questions.variant_of])
    plays = objective.role[source]
    for step in shown(range(steps), "role queries"):
        part = order[step * size : (step + 1) * size]
        optimiser.param_groups[0]["lr"] = RATE * warm_up(step, WARMUP_STEPS) * cosine(step / steps)
        role = questions.role[part]
        rows, mixture = torch.unique(questions.mixture[part], return_inverse=True)
        heard = questions.features[rows].float().contiguous(memory_format=torch.channels_last)
        asked, focus = encoder.role_features(heard, mixture, role)
        gathered = encoder.gather(asked, questions.column_weight[rows][mixture], focus)
        vectors = encoder.embed_role(functional.dropout(gathered, encoder.dropout.p))
        answer = questions.answer[part]
        rivals = (plays == role[:, None]) & (source != source[answer][:, None])
        rivals[torch.arange(len(part)), answer] = True
        logits = objective.scale() * vectors @ torch.cat([objective.keys(), questions.variant]).T
        logits = logits.masked_fill(~rivals, float("-inf"))
        optimiser.zero_grad()
        torch.autograd.backward(functional.cross_entropy(logits, answer), inputs=fitted)
        torch.nn.utils.clip_grad_norm_(fitted, LARGEST_GRADIENT)
        optimiser.step()
