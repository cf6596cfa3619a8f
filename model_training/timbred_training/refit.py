"""A closed-form last layer: what tells a finished run's instruments apart, beside what its training found."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from timbred_training.encoder import RoleEncoder
from timbred_training.encoders import channels_last
from timbred_training.export_timbre import load_run
from timbred_training.run_folder import read_run, refuse_run, write_run
from timbred_training.settings import settings_from
from timbred_training.training_notes import TrainingNotes
from timbred_training.validation import note_vectors

COMPONENTS = 768  # of the pooled features, in which the discriminants are looked for
SHRINK = 0.01  # of the spread within instruments towards one that is the same in all directions
HALF_AT = 0.5  # a discriminant counts half where instruments differ by so much of what their notes do


def refit(run: Path, out: Path) -> Path:
    """Writes a run whose encoder is that of `run`, its last layer fitted anew to the same train notes.

    Linear discriminant analysis finds the directions in which instruments differ more than the notes of one
    do (Rao 1948, "The utilization of multiple measurements in problems of biological classification"). The
    new layer holds the principal components of these and of the trained layer's directions together.

    Args:
        run: a finished run.
        out: the new run's folder, to export or to start another training from.

    Returns: the new checkpoint.

    Raises:
        TrainingError: if `run` holds no run of the timbre encoder, or `out` holds a run already.
    """
    refuse_run(out)
    encoder = channels_last(load_run(run).encoder)
    state = read_run(run)
    notes = TrainingNotes.of(settings_from(state["settings"]))
    owner = np.repeat(np.arange(len(notes.rows)), [len(members) for members in notes.rows])
    pooled = note_vectors(_Pooled(encoder), notes.reader, np.concatenate(notes.rows))
    replace_last_layer(encoder, pooled, torch.from_numpy(owner))
    state["average"] = encoder.state_dict()
    return write_run(out, state)


@torch.no_grad()
def replace_last_layer(encoder: RoleEncoder, pooled: torch.Tensor, owner: torch.Tensor) -> None:
    """Fits `project` and `project_norm` to notes; the role queries' own projection begins again there.

    Args:
        encoder: in evaluation; changed in place.
        pooled: what `gather` gave of each note, `(n, d)`.
        owner: each note's instrument, `(n,)`.
    """
    centred = pooled - pooled.mean(dim=0)
    components = principal(centred, COMPONENTS)
    found = components @ discriminants(centred @ components, owner, encoder.dim)
    norm = encoder.project_norm
    assert norm.running_var is not None and norm.running_mean is not None
    trained = encoder.project.weight.T * (norm.weight / (norm.running_var + norm.eps).sqrt())
    both = torch.cat([_of_mean_length_one(centred, part) for part in (found, trained)], dim=1)  # (d, 2 dim)
    matrix = both @ principal(centred @ both, encoder.dim)
    # Training that goes on moves all weights by like amounts: they keep the size that they had.
    size = encoder.project.weight.square().mean().sqrt() / matrix.square().mean().sqrt()
    encoder.project.weight.copy_((size * matrix).T)
    encoder.role_project.weight.copy_(encoder.project.weight)
    norm.running_mean.copy_(pooled.mean(dim=0) @ (size * matrix))
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


class _Pooled(nn.Module):
    """Levels `(n, BANDS, t)` to what the last layer takes."""

    def __init__(self, encoder: RoleEncoder) -> None:
        super().__init__()
        self._encoder = encoder

    def forward(self, level: torch.Tensor) -> torch.Tensor:
        return self._encoder.gather(*self._encoder.trunk(level))
