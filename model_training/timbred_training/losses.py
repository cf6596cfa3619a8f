"""The losses; each takes unit vectors and says which pairs belong together and which are compared."""

import torch
from torch.nn import functional

NO_CLASS = -100  # a label that asks nothing


def info_nce(
    anchors: torch.Tensor,
    keys: torch.Tensor,
    positive: torch.Tensor,
    negative: torch.Tensor,
    scale: torch.Tensor | float,
) -> torch.Tensor:
    """Mean over all positive pairs of -log(e^l / (e^l + sum of e^l over the anchor's negatives)).

    With one positive an anchor this is InfoNCE (van den Oord et al. 2018); further positives of an anchor are
    left out of its sum.

    Args:
        anchors: `(n, dim)`.
        keys: `(m, dim)`.
        positive: bool `(n, m)`, at least one in all.
        negative: bool `(n, m)`; pairs that are neither are not looked at.
        scale: the inverse temperature, which makes a cosine a logit l.
    """
    logits = scale * anchors @ keys.T  # (n, m)
    sums = logits.masked_fill(~negative, float("-inf")).logsumexp(dim=1, keepdim=True)  # (n, 1)
    return functional.softplus(sums - logits)[positive].mean()


def triplet(
    anchors: torch.Tensor, keys: torch.Tensor, positive: torch.Tensor, negative: torch.Tensor, margin: float
) -> torch.Tensor:
    """Mean over all triplets of max(0, margin - cos(anchor, positive) + cos(anchor, negative)).

    Args:
        anchors: `(n, dim)`.
        keys: `(m, dim)`.
        positive: bool `(n, m)`.
        negative: bool `(n, m)`; at least one anchor has both.
        margin: how much nearer a positive must be.
    """
    cosines = anchors @ keys.T  # (n, m)
    gaps = margin - cosines[:, :, None] + cosines[:, None, :]  # (n, positives, negatives)
    counted = positive[:, :, None] & negative[:, None, :]
    return functional.relu(gaps[counted]).mean()


def classification(
    vectors: torch.Tensor, proxies: torch.Tensor, labels: torch.Tensor, scale: float, smoothing: float = 0.0
) -> torch.Tensor:
    """Cross-entropy of the cosines to one learned vector a class (Zhai and Wu 2019, "normalized softmax").

    Args:
        vectors: `(n, dim)`.
        proxies: `(classes, dim)`, of any length.
        labels: `(n,)`, rows of `proxies`, or `NO_CLASS`.
        scale: the inverse temperature.
        smoothing: the share of a label that is spread over all classes.
    """
    logits = scale * vectors @ functional.normalize(proxies, dim=-1).T
    summed = functional.cross_entropy(
        logits, labels, ignore_index=NO_CLASS, label_smoothing=smoothing, reduction="sum"
    )
    return summed / (labels != NO_CLASS).sum().clamp(min=1)
