"""Batch norms of an imported run: exporting folds them into the weights, so they come back as nothing."""

import torch
from torch import nn

from timbred_training.errors import TrainingError


@torch.no_grad()
def make_idle(norm: nn.BatchNorm1d | nn.BatchNorm2d) -> None:
    """Makes a norm in use pass what it is given."""
    assert norm.running_var is not None and norm.running_mean is not None
    nn.init.ones_(norm.weight)
    nn.init.zeros_(norm.bias)
    norm.running_mean.zero_()
    norm.running_var.fill_(1.0 - norm.eps)


def lacks_statistics(weights: dict[str, torch.Tensor]) -> bool:
    """Whether an encoder's weights have idle norms, which would change what it says if they were trained."""
    idle = nn.BatchNorm1d(1)
    make_idle(idle)
    assert idle.running_var is not None
    means = [name for name in weights if name.endswith(".running_mean")]
    return any(
        not weights[name].any()
        and bool((weights[name.replace("running_mean", "running_var")] == idle.running_var).all())
        for name in means
    )


def refuse_training_idle(weights: dict[str, torch.Tensor], freeze_norms_from: float) -> None:
    """Raises: TrainingError if a run that begins with these weights would train idle norms."""
    if freeze_norms_from > 0.0 and lacks_statistics(weights):
        raise TrainingError(
            "freeze_norms_from must be 0 after an imported run, whose batch norms hold no statistics, not "
            f"{freeze_norms_from}"
        )
