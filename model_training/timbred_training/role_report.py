"""How often roles are told right, role by role, and what is taken for what."""

from collections.abc import Sequence

import numpy as np

from timbred_training.role_head import ROLES


def confusion(title: str, roles: Sequence[str], logits: np.ndarray, truth: np.ndarray) -> str:
    """A table of the sounds of `roles`, one line a true role; `logits` (n, ROLES), `truth` (n,).

    Both accuracies are given: of all sounds, and the mean over roles. Any of all roles may be answered.
    """
    wanted = [ROLES.index(role) for role in roles]
    mine = np.isin(truth, wanted)
    if not mine.any():
        return f"{title}: none"
    answers, true = logits[mine].argmax(axis=1), truth[mine]
    present = [row for row in wanted if (true == row).any()]
    shares = [float((answers[true == row] == row).mean()) for row in present]
    right = float((answers == true).mean())
    mean = 100 * float(np.mean(shares))
    lines = [f"{title}: {100 * right:.1f} % of {len(true)} right, {mean:.1f} % mean of roles"]
    for row, share in zip(present, shares, strict=True):
        counts = np.bincount(answers[true == row], minlength=len(ROLES))
        wrong = [other for other in np.argsort(-counts) if other != row and counts[other]][:4]
        said = ", ".join(f"{ROLES[other]} {counts[other]}" for other in wrong)
        lines.append(f"  {ROLES[row]:<12}{100 * share:6.1f} % of {int(counts.sum()):4}   {said}")
    return "\n".join(lines)
