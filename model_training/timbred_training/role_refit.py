"""Fits all that only role queries pass to many new mixtures: the last step after held vectors."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from timbred_training.encoder import ROLE_QUERIES
from timbred_training.encoders import channels_last
from timbred_training.errors import TrainingError
from timbred_training.export_timbre import load_run
from timbred_training.fit.song_set import read_song_set
from timbred_training.held_objective import HeldObjective
from timbred_training.processor import prepare_processor
from timbred_training.progress import shown
from timbred_training.role_questions import Questions, ask
from timbred_training.run_folder import read_run, refuse_run, write_weights
from timbred_training.schedule import cosine, warm_up
from timbred_training.settings import Settings
from timbred_training.song_questions import song_questions
from timbred_training.training_notes import TrainingNotes

RATE, WARMUP_STEPS, WEIGHT_DECAY, LARGEST_GRADIENT = 4e-4, 20, 0.02, 1.0
FITTED = (*ROLE_QUERIES, "role_project")


def refit_roles(
    settings: Settings,
    run: Path,
    out: Path,
    *,
    batches: int,
    steps: int,
    variant_share: float = 0.0,
    songs: Sequence[Path] = (),
    hold_out: Sequence[str] = (),
) -> Path:
    """Writes a run whose role queries are fitted to mixtures that `run` never saw, all else unchanged.

    A step of training spends most of its time below the role queries. Here the trunk hears each mixture once
    and its features are kept (13 MiB for a batch of 72 mixtures of 6 s), so that a step costs a fifth.

    Args:
        settings: of the objective held: which mixtures are drawn, and from which seed.
        run: a finished run, whose own vectors of notes are the answers.
        out: the new run's folder.
        batches: of mixtures, each as large as a step of the settings.
        steps: of the fit, with as many questions each as the settings ask in a step.
        variant_share: of the instruments that play as variants of themselves, asked for as such.
        songs: prepared songs, parts of which are asked for their own drums.
        hold_out: authors whose songs and sounds are not used.

    Returns: the new checkpoint.

    Raises:
        TrainingError: if the settings are of another objective or dim, if `run` holds no run of the timbre
            encoder, or `out` one already, for authors to hold out where there are no songs, and as
            `song_questions` does.
    """
    refuse_run(out)
    state = read_run(run)
    if settings.objective != "held":
        raise TrainingError(f"the settings must be of the objective held, not of {settings.objective}")
    if hold_out and not songs:
        raise TrainingError(f"songs must be given to hold out authors of, and none are: {list(hold_out)}")
    prepare_processor(settings.threads)
    torch.manual_seed(settings.seed)
    settings = replace(settings, single_run=str(run), variant_share=variant_share)
    rng = np.random.default_rng(settings.seed)
    asked = None
    if songs:
        asked = song_questions(read_song_set(songs), settings.mixture_columns, rng, hold_out=hold_out)
    notes = TrainingNotes.of(settings)
    objective = HeldObjective(settings, notes)
    objective.encoder = channels_last(load_run(run).encoder)
    objective.log_scale.data.copy_(state["objective"]["log_scale"])
    fit_role_queries(objective, ask(objective, notes, batches, asked), steps)
    state["average"] = objective.encoder.state_dict()
    return write_weights(out, state)


def fit_role_queries(objective: HeldObjective, questions: Questions, steps: int) -> None:
    """Trains `FITTED` of the objective's encoder, each question against all rivals of its answer.

    Batch norms keep their statistics.

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
    plays, source = questions.plays, questions.source
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
        rivals = (plays == plays[answer][:, None]) & (source != source[answer][:, None])
        rivals[torch.arange(len(part)), answer] = True
        logits = objective.scale() * vectors @ torch.cat([objective.keys(), questions.keys]).T
        logits = logits.masked_fill(~rivals, float("-inf"))
        optimiser.zero_grad()
        torch.autograd.backward(functional.cross_entropy(logits, answer), inputs=fitted)
        torch.nn.utils.clip_grad_norm_(fitted, LARGEST_GRADIENT)
        optimiser.step()
