"""A finished run's last layer fitted anew: in closed form, then to far larger batches than training takes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from timbred_training.batches import as_input, changed_note
from timbred_training.encoder import RoleEncoder
from timbred_training.encoders import channels_last
from timbred_training.export_timbre import load_run
from timbred_training.processor import prepare_processor
from timbred_training.progress import shown
from timbred_training.run_folder import read_run, refuse_run, write_weights
from timbred_training.schedule import cosine
from timbred_training.settings import Settings, settings_from
from timbred_training.training_notes import TrainingNotes, refuse_repeated
from timbred_training.validation import note_vectors

COMPONENTS = 768  # of the pooled features, in which the discriminants are looked for
SHRINK = 0.01  # of the spread within instruments towards one that is the same in all directions
HALF_AT = 0.5  # a discriminant counts half where instruments differ by so much of what their notes do
# Of the InfoNCE that sharpens the closed form.
STEPS, PAIRS, RATE, SCALE, DROPOUT = 300, 1024, 1e-4, 20.0, 0.2
BATCH = 64  # changed notes at once


def refit(run: Path, out: Path, *, also: Sequence[Path] = (), seed: int = 1) -> Path:
    """Writes a run whose encoder is that of `run`, its last layer fitted anew to the notes it was trained on.

    Linear discriminant analysis finds the directions in which instruments differ more than the notes of one
    do (Rao 1948, "The utilization of multiple measurements in problems of biological classification"). The
    principal components of these and of the trained layer's directions together are then sharpened by
    InfoNCE: as all other weights are fixed, a step compares thousands of notes. The new layer holds both,
    since together they find more than either.

    Args:
        run: a finished run.
        out: the new run's folder, to export or to start another training from.
        also: further prepared notes, of instruments that the run was not trained on; the new checkpoint
            names them as `also`.
        seed: of the notes' changes, and of the pairs.

    Returns: the new checkpoint.

    Raises:
        TrainingError: if `run` holds no run of the timbre encoder, `out` holds a run already, or notes are
            named twice.
    """
    refuse_run(out)
    encoder = channels_last(load_run(run).encoder)
    state = read_run(run)
    settings = settings_from(state["settings"])
    folders = [*map(Path, settings.data), *also]
    refuse_repeated(folders)
    prepare_processor(settings.threads)
    torch.manual_seed(seed)
    notes = TrainingNotes(folders)
    rows = np.concatenate(notes.rows)
    owner = torch.from_numpy(np.repeat(notes.twins(), [len(members) for members in notes.rows]))
    pooling = _Pooled(encoder)
    plain = note_vectors(pooling, notes.reader, rows)
    mean = plain.mean(dim=0)
    plain -= mean
    layer = closed_form(plain, owner, trained_layer(encoder))
    changed = _changed(pooling, notes, rows, settings, seed).sub_(mean)
    layer = combined(plain, layer, sharpened(layer, torch.cat([plain, changed]), owner.repeat(2)))
    replace_last_layer(encoder, plain, layer, mean)
    state["average"] = encoder.state_dict()
    state["also"] = [*state.get("also", []), *map(str, also)]
    return write_weights(out, state)


def trained_layer(encoder: RoleEncoder) -> torch.Tensor:
    """`project` and `project_norm` in one, as they act on features less their mean, `(d, dim)`."""
    norm = encoder.project_norm
    assert norm.running_var is not None
    layer: torch.Tensor = encoder.project.weight.T * (norm.weight / (norm.running_var + norm.eps).sqrt())
    return layer.detach()


def closed_form(centred: torch.Tensor, owner: torch.Tensor, trained: torch.Tensor) -> torch.Tensor:
    """A layer `(d, dim)` of what tells owners apart and what training found.

    Args:
        centred: what `gather` gave of each note, less its mean, `(n, d)`.
        owner: each note's instrument, `(n,)`.
        trained: the layer that is replaced, `(d, dim)`.
    """
    components = principal(centred, COMPONENTS)
    found = components @ discriminants(centred @ components, owner, trained.shape[1])
    return combined(centred, found, trained)


def combined(centred: torch.Tensor, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """The principal components of what two layers `(d, dim)` say, as one of that size and mean length 1."""
    both = torch.cat([_of_mean_length_one(centred, part) for part in (one, other)], dim=1)
    return _of_mean_length_one(centred, both @ principal(centred @ both, one.shape[1]))


def sharpened(
    layer: torch.Tensor, centred: torch.Tensor, owner: torch.Tensor, *, pairs: int = PAIRS
) -> torch.Tensor:
    """The layer after steps of symmetric InfoNCE, in which two rows of an owner ask for each other.

    Args:
        layer: to begin with, `(d, dim)`, of mean length 1.
        centred: `(n, d)`.
        owner: `(n,)`, from 0 on; each has two rows or more, which may be one note as it is and changed.
        pairs: owners a step, or all where there are fewer.
    """
    layer = layer.clone().requires_grad_(True)
    optimiser = torch.optim.Adam([layer], lr=RATE, betas=(0.9, 0.98))
    count = torch.bincount(owner)
    order, first = torch.argsort(owner, stable=True), torch.cumsum(count, 0) - count
    half = min(pairs, len(count))
    partner = torch.arange(2 * half).roll(half)
    for step in shown(range(STEPS), "last layer"):
        optimiser.param_groups[0]["lr"] = RATE * cosine(step / STEPS)
        chosen = torch.randperm(len(count))[:pairs]
        one = (torch.rand(len(chosen)) * count[chosen]).long()
        other = (one + 1 + (torch.rand(len(chosen)) * (count[chosen] - 1)).long()) % count[chosen]
        rows = order[torch.cat([first[chosen] + one, first[chosen] + other])]
        vectors = functional.normalize(functional.dropout(centred[rows], DROPOUT) @ layer, dim=1)
        logits = (SCALE * vectors @ vectors.T).fill_diagonal_(float("-inf"))
        optimiser.zero_grad()
        torch.autograd.backward(functional.cross_entropy(logits, partner))
        optimiser.step()
    return layer.detach()


@torch.no_grad()
def replace_last_layer(
    encoder: RoleEncoder, centred: torch.Tensor, layer: torch.Tensor, mean: torch.Tensor
) -> None:
    """Puts a layer of features less their mean in the place of `project` and `project_norm`.

    The role queries' own projection follows, by the linear map that takes notes' old vectors nearest to their
    new ones.

    Args:
        encoder: changed in place.
        centred: features of notes, less their mean, `(n, d)`.
        layer: `(d, dim)`.
        mean: `(d,)`.
    """
    # Training that goes on moves all weights by like amounts: they keep the size that they had.
    size = encoder.project.weight.square().mean().sqrt() / layer.square().mean().sqrt()
    old, new = (centred @ encoder.project.weight.T).double(), (centred @ (size * layer)).double()
    moved = torch.linalg.lstsq(old, new).solution.float()
    # Features have nearly 1 in the mean's direction: there lies what the map of centred features leaves out.
    left_out = mean @ (size * layer) - mean @ encoder.project.weight.T @ moved
    constant = torch.outer(left_out, mean / mean.square().sum())
    encoder.role_project.weight.copy_(moved.T @ encoder.role_project.weight + constant)
    encoder.project.weight.copy_((size * layer).T)
    norm = encoder.project_norm
    assert norm.running_var is not None and norm.running_mean is not None
    norm.running_mean.copy_(mean @ (size * layer))
    norm.running_var.fill_(float(size) ** 2)
    nn.init.ones_(norm.weight)
    nn.init.zeros_(norm.bias)


def principal(centred: torch.Tensor, count: int) -> torch.Tensor:
    """The directions of most variance of `(n, d)`, as `(d, count)` of length 1 each, or all d."""
    _, directions = torch.linalg.eigh(centred.T @ centred / len(centred))
    found: torch.Tensor = directions[:, -count:]
    return found


def discriminants(centred: torch.Tensor, owner: torch.Tensor, count: int) -> torch.Tensor:
    """The directions `(d, count)` in which owners differ most, measured in the spread within them.

    Args:
        centred: `(n, d)`.
        owner: `(n,)`, from 0 on.
        count: at most d.
    """
    mean = torch.zeros(int(owner.max()) + 1, centred.shape[1]).index_add_(0, owner, centred)
    mean /= torch.bincount(owner)[:, None]
    rest = centred - mean[owner]
    within = (rest.T @ rest / len(rest)).double()
    within += SHRINK * within.diagonal().mean() * torch.eye(len(within))
    spread, axes = torch.linalg.eigh(within)
    whiten = axes * spread.rsqrt()
    between = (mean.T @ mean / len(mean)).double()
    ratio, directions = torch.linalg.eigh(whiten.T @ between @ whiten)
    ratio = ratio[-count:].clamp_min(0.0)
    found: torch.Tensor = whiten @ directions[:, -count:] * (ratio / (ratio + HALF_AT)).sqrt()
    return found.float()


def _of_mean_length_one(centred: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
    scaled: torch.Tensor = matrix / (centred @ matrix).norm(dim=1).mean()
    return scaled


@torch.no_grad()
def _changed(
    pooling: nn.Module, notes: TrainingNotes, rows: np.ndarray, settings: Settings, seed: int
) -> torch.Tensor:
    """The pooled features of the notes, each changed in tone and place as in training, `(n, d)`."""
    rng = np.random.default_rng(seed)
    pieces = []
    for part in shown([rows[begin : begin + BATCH] for begin in range(0, len(rows), BATCH)], "changed notes"):
        levels = [changed_note(x, settings.single_columns, settings, rng) for x in notes.reader.take(part)]
        pieces.append(pooling(as_input(np.stack(levels))))
    return torch.cat(pieces)


class _Pooled(nn.Module):
    """Levels `(n, BANDS, t)` to what the last layer takes."""

    def __init__(self, encoder: RoleEncoder) -> None:
        super().__init__()
        self._encoder = encoder

    def forward(self, level: torch.Tensor) -> torch.Tensor:
        return self._encoder.gather(*self._encoder.trunk(level))
