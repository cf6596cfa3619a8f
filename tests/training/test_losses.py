"""The losses against plain loops over hand-placed vectors, gradients included."""

import math
from collections.abc import Callable

import pytest
import torch

from timbred_training.losses import NO_CLASS, classification, info_nce, triplet
from timbred_training.relations import anchored, full, one_way, pairs, symmetric

ANCHORS = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])
KEYS = torch.tensor([[0.8, 0.6], [0.0, 1.0], [-1.0, 0.0], [0.6, -0.8]])
POSITIVE = torch.tensor([[1, 0, 0, 1], [0, 1, 0, 0], [0, 1, 0, 0]], dtype=torch.bool)
NEGATIVE = torch.tensor([[0, 1, 1, 0], [1, 0, 1, 1], [0, 0, 1, 1]], dtype=torch.bool)


def looped_info_nce(anchors: torch.Tensor, keys: torch.Tensor, scale: float) -> torch.Tensor:
    losses = []
    for i in range(3):
        for j in range(4):
            if POSITIVE[i, j]:
                right = (scale * (anchors[i] * keys[j]).sum()).exp()
                wrong = sum((scale * (anchors[i] * keys[k]).sum()).exp() for k in range(4) if NEGATIVE[i, k])
                losses.append(-torch.log(right / (right + wrong)))
    return sum(losses[1:], losses[0]) / len(losses)


def looped_triplet(anchors: torch.Tensor, keys: torch.Tensor, margin: float) -> torch.Tensor:
    losses = []
    for i in range(3):
        for j in range(4):
            for k in range(4):
                if POSITIVE[i, j] and NEGATIVE[i, k]:
                    gap = margin - (anchors[i] * keys[j]).sum() + (anchors[i] * keys[k]).sum()
                    losses.append(gap if gap > 0 else 0.0 * gap)
    return sum(losses[1:], losses[0]) / len(losses)


def value_and_gradient(
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    anchors, keys = ANCHORS.clone().requires_grad_(), KEYS.clone().requires_grad_()
    value = loss(anchors, keys)
    torch.autograd.backward(value)
    assert anchors.grad is not None and keys.grad is not None
    return value.detach(), anchors.grad, keys.grad


def test_info_nce_and_its_gradients_equal_the_loops() -> None:
    fast = value_and_gradient(lambda a, k: info_nce(a, k, POSITIVE, NEGATIVE, 5.0))
    slow = value_and_gradient(lambda a, k: looped_info_nce(a, k, 5.0))
    for mine, theirs in zip(fast, slow, strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-6, rtol=1e-5)


def test_triplet_and_its_gradients_equal_the_loops() -> None:
    fast = value_and_gradient(lambda a, k: triplet(a, k, POSITIVE, NEGATIVE, 0.3))
    slow = value_and_gradient(lambda a, k: looped_triplet(a, k, 0.3))
    for mine, theirs in zip(fast, slow, strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-6, rtol=1e-5)


def test_classification_is_the_log_share_of_the_right_proxy() -> None:
    proxies, labels = torch.tensor([[2.0, 0.0], [0.0, 3.0]]), torch.tensor([0, 1, 1])
    expected = 0.0
    for vector, label in zip(ANCHORS.tolist(), labels.tolist(), strict=True):
        shares = [math.exp(4.0 * vector[axis]) for axis in range(2)]
        expected -= math.log(shares[label] / sum(shares)) / 3
    assert float(classification(ANCHORS, proxies, labels, 4.0)) == pytest.approx(expected, rel=1e-5)


def test_what_has_no_class_is_left_out_of_the_mean() -> None:
    proxies = torch.tensor([[2.0, 0.0], [0.0, 3.0]])
    known = classification(ANCHORS[:2], proxies, torch.tensor([0, 1]), 4.0, 0.1)
    assert float(classification(ANCHORS, proxies, torch.tensor([0, 1, NO_CLASS]), 4.0, 0.1)) == pytest.approx(
        float(known), rel=1e-6
    )
    assert float(classification(ANCHORS[:1], proxies, torch.tensor([NO_CLASS]), 4.0)) == 0.0


def test_info_nce_vanishes_when_positives_are_alike_and_negatives_opposite() -> None:
    keys = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    same = torch.eye(2, dtype=torch.bool)
    assert float(info_nce(keys, keys, same, ~same, 30.0)) < 1e-6


CONTAINS = torch.tensor([[1, 1, 0], [0, 0, 1]], dtype=torch.bool)
NOTES, MIXTURES = ANCHORS, torch.tensor([[1.0, 0.0], [0.0, 1.0]])


def test_a_pair_asks_in_both_directions() -> None:
    there, back = pairs(ANCHORS, -ANCHORS)
    assert torch.equal(there.anchors, back.keys)
    assert there.positive.sum() == 3 and there.negative.sum() == 6


def test_one_way_leaves_the_notes_without_a_gradient() -> None:
    notes = NOTES.clone().requires_grad_()
    (comparison,) = one_way(notes, MIXTURES, CONTAINS)
    assert not comparison.keys.requires_grad
    assert torch.equal(comparison.positive, CONTAINS)


def test_anchored_asks_the_same_and_moves_the_notes_too() -> None:
    (comparison,) = anchored(NOTES.clone().requires_grad_(), MIXTURES, CONTAINS)
    assert comparison.keys.requires_grad and torch.equal(comparison.anchors, MIXTURES)
    assert torch.equal(comparison.positive, CONTAINS) and torch.equal(comparison.negative, ~CONTAINS)


def test_symmetric_turns_the_question_round() -> None:
    asked, answered = symmetric(NOTES, MIXTURES, CONTAINS)
    assert torch.equal(answered.positive, asked.positive.T)
    assert torch.equal(answered.negative, ~CONTAINS.T)


def test_full_compares_every_sound_but_itself_and_those_of_its_own_mixture() -> None:
    (comparison,) = full(NOTES, MIXTURES, CONTAINS)
    mixture_of = [0, 0, 1, 0, 1]  # of three notes, then of the mixtures themselves
    for i in range(5):
        for j in range(5):
            across = (i < 3) != (j < 3)
            same = mixture_of[i] == mixture_of[j]
            assert bool(comparison.positive[i, j]) == (across and same)
            assert bool(comparison.negative[i, j]) == (not same)
