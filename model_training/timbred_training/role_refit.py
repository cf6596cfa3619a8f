"""Fits the role queries' projection alone to many new mixtures: the last step after held vectors."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch.nn import functional

from timbred_training.batches import draw_batch
from timbred_training.encoders import channels_last
from timbred_training.errors import TrainingError
from timbred_training.held_objective import HeldObjective
from timbred_training.run_folder import read_run, refuse_run, write_run
from timbred_training.settings import Settings
from timbred_training.training_notes import TrainingNotes

FIRST_STEP = 10_000_000  # of the batches drawn here: none that training drew
ROUNDS, QUESTIONS, RATE = 16, 1024, 3e-4


@dataclass(frozen=True)
class Questions:
    """What mixtures were asked, the encoder's features being fixed.

    Args:
        gathered: what `gather` gave of the role, half precision `(n, d)`.
        role: rows of `ROLES`, `(n,)`.
        answer: instruments, `(n,)`.
    """

    gathered: torch.Tensor
    role: torch.Tensor
    answer: torch.Tensor


def refit_roles(settings: Settings, run: Path, out: Path, *, batches: int) -> Path:
    """Writes a run whose role queries' projection is fitted to mixtures that `run` never saw.

    Training moves this layer by few mixtures at a time; with all other weights fixed it can see thousands.

    Args:
        settings: of the objective held: which mixtures are drawn, and which run's vectors answer.
        run: a finished run.
        out: the new run's folder.
        batches: of mixtures, each as large as a step of the settings.

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
    objective.load_state_dict(state["objective"])
    objective.encoder.load_state_dict(state["average"])
    objective = channels_last(objective).eval()
    state["average"]["role_project.weight"] = fitted(objective, ask(objective, notes, batches))
    return write_run(out, state)


@torch.no_grad()
def ask(objective: HeldObjective, notes: TrainingNotes, batches: int) -> Questions:
    """The questions of new batches and what the encoder gathers of each."""
    encoder, gathered, roles, answers = objective.encoder, [], [], []
    for number in range(batches):
        batch = draw_batch(notes, objective.settings, FIRST_STEP + number)
        features, weight = encoder.trunk(batch.mixtures)
        asked, focus = encoder.role_features(features, batch.asked_mixture, batch.asked_role)
        gathered.append(encoder.gather(asked, weight[batch.asked_mixture], focus).half())
        roles.append(batch.asked_role)
        answers.append(batch.instrument[batch.answer])
    return Questions(torch.cat(gathered), torch.cat(roles), torch.cat(answers))


def fitted(objective: HeldObjective, questions: Questions) -> torch.Tensor:
    """The projection `(dim, d)` after some rounds over all questions, each against all rivals of its role."""
    encoder = objective.encoder
    encoder.role_project.requires_grad_(True)
    optimiser = torch.optim.Adam([encoder.role_project.weight], lr=RATE, betas=(0.9, 0.98))
    count = len(questions.role)
    parts = [part for _ in range(ROUNDS) for part in torch.split(torch.randperm(count), QUESTIONS)]
    for number, part in enumerate(parts):
        optimiser.param_groups[0]["lr"] = RATE * (1.0 - number / len(parts))
        gathered = functional.dropout(questions.gathered[part].float(), encoder.dropout.p)
        logits = objective.scale() * encoder.embed_role(gathered) @ objective.keys().T
        rivals = objective.role == questions.role[part][:, None]
        loss = functional.cross_entropy(logits.masked_fill(~rivals, float("-inf")), questions.answer[part])
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    return encoder.role_project.weight.detach().clone()
