"""The two heads of the fit model, over the pooled features of the timbre encoder's trunk."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from timbred_training.fit.losses import NORM_LIMIT
from timbred_training.fit.roles import FIT_ROLES

ANY_ROLE = len(FIT_ROLES)


class Whitening(nn.Module):
    """A fixed projection on the principal components of some features, each scaled to deviation 1.

    Args:
        features: How many go in.
        components: How many come out.
    """

    def __init__(self, features: int, components: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("basis", torch.zeros(features, components))

    def fit(self, rows: np.ndarray, basis: torch.Tensor | None = None) -> torch.Tensor:
        """Takes the mean of `(n, features)` and, unless one is given, their basis; returns the basis."""
        x = torch.from_numpy(rows.astype(np.float32))
        mean, kept = self.get_buffer("mean"), self.get_buffer("basis")
        mean.copy_(x.mean(dim=0))
        found = _principal(x - mean, kept.shape[1]) if basis is None else basis
        kept.copy_(found)
        return found

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return (features - self.get_buffer("mean")) @ self.get_buffer("basis")


def _principal(centred: torch.Tensor, components: int) -> torch.Tensor:
    """The components `(features, components)` of `(n, features)`, so scaled that each has deviation 1."""
    with torch.random.fork_rng(devices=[]):  # the same basis for the same rows, whatever is drawn around it
        torch.manual_seed(0)
        _, values, vectors = torch.pca_lowrank(centred, q=components, center=False, niter=2)
    deviation = values / len(centred) ** 0.5
    basis: torch.Tensor = vectors / deviation.clamp_min(1e-4 * float(deviation[0]))
    return basis


class SampleHead(nn.Module):
    """Components of a one-shot to a vector: `(n, components)` to the same, not normalised.

    It starts as no more than a scale, so that what sounds alike lies near, and learns what to weigh and add.
    """

    def __init__(self, components: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.scale = nn.Parameter(torch.full((components,), NORM_LIMIT / components**0.5))
        self.widen = nn.Linear(components, hidden)
        self.narrow = nn.Linear(hidden, components)
        nn.init.zeros_(self.narrow.weight)
        nn.init.zeros_(self.narrow.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        wide = functional.relu(self.widen(self.dropout(x)))
        result: torch.Tensor = self.scale * x + self.narrow(self.dropout(wide))
        return result


class ContextHead(SampleHead):
    """The same with a token for each asked role, and one for none in particular."""

    def __init__(self, components: int, hidden: int, dropout: float) -> None:
        super().__init__(components, hidden, dropout)
        self.token = nn.Parameter(0.02 * torch.randn(len(FIT_ROLES) + 1, hidden))
        self.wish = nn.Parameter(torch.zeros(len(FIT_ROLES) + 1, components))

    def ask(self, x: torch.Tensor, role: torch.Tensor) -> torch.Tensor:
        """Vectors `(n, components)`; context k of `(n, components)` is asked for `role[k]`."""
        wide = functional.relu(self.widen(self.dropout(x)) + self.token[role])
        result: torch.Tensor = self.scale * x + self.narrow(self.dropout(wide)) + self.wish[role]
        return result

    def ask_all(self, x: torch.Tensor) -> torch.Tensor:
        """Each context asked for every role, the last row for none: `(n, roles + 1, components)`."""
        wide = functional.relu(self.widen(x)[:, None] + self.token)  # (n, roles + 1, hidden)
        result: torch.Tensor = (self.scale * x)[:, None] + self.narrow(wide) + self.wish
        return result


class FitHeads(nn.Module):
    """Both whitenings and both heads; contexts and one-shots share one basis but not the mean."""

    def __init__(self, features: int, components: int = 96, hidden: int = 128, dropout: float = 0.5) -> None:
        super().__init__()
        self.dim = components
        self.context_whitening = Whitening(features, components)
        self.sample_whitening = Whitening(features, components)
        self.context = ContextHead(components, hidden, dropout)
        self.sample = SampleHead(components, hidden, dropout)

    def fit_whitenings(self, mixes: np.ndarray, shots: np.ndarray) -> None:
        """Takes means and basis from features `(n, features)` of the training songs."""
        both = [part.astype(np.float32) for part in (mixes, shots)]
        basis = self.sample_whitening.fit(np.concatenate([part - part.mean(axis=0) for part in both]))
        self.sample_whitening.fit(shots, basis)
        self.context_whitening.fit(mixes, basis)


@torch.no_grad()
def joined(members: Sequence[FitHeads]) -> FitHeads:
    """Heads that say the mean of what the members say, who were all given the same whitenings.

    Their hidden layers stand side by side: an ensemble (as in Lakshminarayanan et al. 2017) in one network.
    """
    first = members[0]
    features, hidden = len(first.get_buffer("context_whitening.mean")), first.sample.widen.out_features
    whole = FitHeads(features, first.dim, len(members) * hidden, first.sample.dropout.p)
    whole.load_state_dict(
        {
            name: _side_by_side(name, [m.get_parameter(name) for m in members])
            for name, _ in first.named_parameters()
        }
        | dict(first.named_buffers())
    )
    return whole.eval()


def _side_by_side(name: str, values: list[torch.Tensor]) -> torch.Tensor:
    if ".widen." in name:
        return torch.cat(values)
    if name.endswith(".token"):
        return torch.cat(values, dim=1)
    if name.endswith(".narrow.weight"):
        return torch.cat(values, dim=1) / len(values)
    return torch.stack(values).mean(dim=0)
