"""SampleMatch's loss: decoupled NT-Xent, variance and covariance as in VICReg, and a hinge on the norms."""

import torch
from torch.nn import functional

NORM_LIMIT = 4.0


def decoupled_nt_xent(
    anchors: torch.Tensor,
    keys: torch.Tensor,
    positive: torch.Tensor,
    negative: torch.Tensor,
    temperature: float,
) -> torch.Tensor:
    """Mean over anchors of log(sum over negatives of e^(s/T)) - s_positive/T, the positive not in the sum.

    NT-Xent in the decoupled form (Yeh et al., "Decoupled contrastive learning", 2022), as SampleMatch has it.
    The keys are a dictionary that all anchors share.

    Args:
        anchors: Unit vectors `(n, dim)`.
        keys: Unit vectors `(m, dim)`.
        positive: The row of each anchor's key, `(n,)`.
        negative: Bool `(n, m)`; what is neither is not looked at. Anchors without a negative do not count.
        temperature: T.
    """
    logits = anchors @ keys.T / temperature  # (n, m)
    sums = logits.masked_fill(~negative, float("-inf")).logsumexp(dim=1)
    wanted = logits.gather(1, positive[:, None])[:, 0]
    counted = negative.any(dim=1)
    return (sums - wanted)[counted].mean()


def variance(vectors: torch.Tensor) -> torch.Tensor:
    """Mean over components of max(0, t - deviation), which keeps them from shrinking to a point.

    VICReg's variance term (Bardes et al. 2022). The target t = c / sqrt(dim) is the deviation at which
    independent components give the norm c that `norm_hinge` allows.

    Shape: `(n, dim)`, before normalisation.
    """
    target = NORM_LIMIT / vectors.shape[1] ** 0.5
    deviation = (vectors.var(dim=0) + 1e-4).sqrt()
    return functional.relu(target - deviation).mean()


def covariance(vectors: torch.Tensor) -> torch.Tensor:
    """The sum of the squared covariances of different components, over their number (VICReg).

    Shape: `(n, dim)`, before normalisation.
    """
    centred = vectors - vectors.mean(dim=0)
    matrix = centred.T @ centred / (len(vectors) - 1)
    apart = matrix - torch.diag(torch.diagonal(matrix))
    return apart.square().sum() / vectors.shape[1]


def norm_hinge(vectors: torch.Tensor) -> torch.Tensor:
    """Mean of max(0, norm - c): what lies outside the ball of radius c = 4 is drawn in.

    Shape: `(n, dim)`, before normalisation.
    """
    return functional.relu(vectors.norm(dim=1) - NORM_LIMIT).mean()
