"""The two heads of the fit model, over the pooled features of the timbre encoder's trunk."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

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
        if basis is None:
            torch.manual_seed(0)
            _, values, vectors = torch.pca_lowrank(x - mean, q=kept.shape[1], center=False, niter=2)
            scale = (values / len(x) ** 0.5).clamp_min(1e-4 * float(values[0]) / len(x) ** 0.5)
            basis = vectors / scale
        kept.copy_(basis)
        return basis

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return (features - self.get_buffer("mean")) @ self.get_buffer("basis")


class SampleHead(nn.Module):
    """Components of a one-shot to a vector: `(n, components)` to `(n, dim)`, not normalised."""

    def __init__(self, components: int, hidden: int, dim: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.straight = nn.Linear(components, dim, bias=False)
        self.widen = nn.Linear(components, hidden)
        self.narrow = nn.Linear(hidden, dim)
        nn.init.zeros_(self.narrow.weight)
        nn.init.zeros_(self.narrow.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.dropout(x)
        result: torch.Tensor = self.straight(x) + self.narrow(self.dropout(functional.relu(self.widen(x))))
        return result


class ContextHead(SampleHead):
    """The same with a token for each asked role, and one for none in particular."""

    def __init__(self, components: int, hidden: int, dim: int, dropout: float) -> None:
        super().__init__(components, hidden, dim, dropout)
        self.token = nn.Parameter(0.02 * torch.randn(len(FIT_ROLES) + 1, hidden))
        self.wish = nn.Parameter(torch.zeros(len(FIT_ROLES) + 1, dim))

    def ask(self, x: torch.Tensor, role: torch.Tensor) -> torch.Tensor:
        """Vectors `(n, dim)`; context k of `(n, components)` is asked for `role[k]`."""
        x = self.dropout(x)
        wide = functional.relu(self.widen(x) + self.token[role])
        result: torch.Tensor = self.straight(x) + self.narrow(self.dropout(wide)) + self.wish[role]
        return result

    def ask_all(self, x: torch.Tensor) -> torch.Tensor:
        """Each context asked for every role, the last row for none in particular: `(n, roles + 1, dim)`."""
        wide = functional.relu(self.widen(x)[:, None] + self.token)  # (n, roles + 1, hidden)
        result: torch.Tensor = self.straight(x)[:, None] + self.narrow(wide) + self.wish
        return result


class FitHeads(nn.Module):
    """Both whitenings and both heads; contexts and one-shots share one basis but not the mean."""

    def __init__(
        self, features: int, components: int = 192, hidden: int = 256, dim: int = 64, dropout: float = 0.3
    ) -> None:
        super().__init__()
        self.dim = dim
        self.context_whitening = Whitening(features, components)
        self.sample_whitening = Whitening(features, components)
        self.context = ContextHead(components, hidden, dim, dropout)
        self.sample = SampleHead(components, hidden, dim, dropout)
        with torch.no_grad():  # at first both sides see alike, so that what sounds alike lies near
            self.sample.straight.weight.copy_(self.context.straight.weight)

    def fit_whitenings(self, mixes: np.ndarray, shots: np.ndarray) -> None:
        """Takes means and basis from features `(n, features)` of the training songs."""
        both = [part.astype(np.float32) for part in (mixes, shots)]
        basis = self.sample_whitening.fit(np.concatenate([part - part.mean(axis=0) for part in both]))
        self.sample_whitening.fit(shots, basis)
        self.context_whitening.fit(mixes, basis)
