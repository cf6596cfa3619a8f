"""How often roles are told right, role by role, what is taken for what, and whether sureness means what it
says."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from timbred_training.role_table import ROLES

RESAMPLES = 1000
# Edges of the table of sureness.
SURE = (0.0, 0.4, 0.6, 0.8, 0.9, 1.0)


def confusion(
    title: str, roles: Sequence[str], logits: np.ndarray, truth: np.ndarray, groups: np.ndarray
) -> str:
    """A table of the sounds of `roles`, one line a true role; `logits` (n, ROLES), `truth` and `groups` (n,).

    Both accuracies are given: of all sounds, with the interval of 95 % over kits and instruments drawn anew,
    and the mean over roles. Any of all roles may be answered.
    """
    wanted = [ROLES.index(role) for role in roles]
    mine = np.isin(truth, wanted)
    if not mine.any():
        return f"{title}: none"
    answers, true = logits[mine].argmax(axis=1), truth[mine]
    present = [row for row in wanted if (true == row).any()]
    shares = [float((answers[true == row] == row).mean()) for row in present]
    right = answers == true
    low, high = interval(right, groups[mine])
    mean = 100 * float(np.mean(shares))
    lines = [
        f"{title}: {100 * right.mean():.1f} % ({100 * low:.0f} to {100 * high:.0f}) of {len(true)} right, "
        f"{mean:.1f} % mean of roles"
    ]
    for row, share in zip(present, shares, strict=True):
        counts = np.bincount(answers[true == row], minlength=len(ROLES))
        wrong = [other for other in np.argsort(-counts) if other != row and counts[other]][:4]
        said = ", ".join(f"{ROLES[other]} {counts[other]}" for other in wrong)
        lines.append(f"  {ROLES[row]:<12}{100 * share:6.1f} % of {int(counts.sum()):4}   {said}")
    return "\n".join(lines)


def interval(right: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """The middle 95 % of the share that is right, over groups drawn with replacement; both (n,).

    Of a single group it is over sounds.
    """
    names, row = np.unique(groups, return_inverse=True)
    if len(names) == 1:
        names = row = np.arange(len(right))
    good = np.bincount(row, weights=right, minlength=len(names))
    all_ = np.bincount(row, minlength=len(names))
    drawn = np.random.default_rng(0).integers(0, len(names), (RESAMPLES, len(names)))
    shares = good[drawn].sum(axis=1) / all_[drawn].sum(axis=1)
    low, high = np.quantile(shares, (0.025, 0.975))
    return float(low), float(high)


def reliability(logits: np.ndarray, truth: np.ndarray) -> str:
    """Of the sounds that a head is so sure of, how many are right; `logits` (n, ROLES), `truth` (n,)."""
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == truth
    lines = ["sure            sounds   mean sureness   right"]
    for low, high in pairwise(SURE):
        mine = (sure > low) & (sure <= high)
        if mine.any():
            means = f"{100 * sure[mine].mean():10.1f} %{100 * right[mine].mean():8.1f} %"
            lines.append(f"  {low:.1f} to {high:.1f}  {mine.sum():8}   {means}")
    return "\n".join(lines)
