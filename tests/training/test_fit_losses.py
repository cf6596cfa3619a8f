"""The fit model's losses against plain loops."""

import math

import pytest
import torch

from timbred_training.fit.losses import NORM_LIMIT, covariance, decoupled_nt_xent, norm_hinge, variance


def test_decoupled_nt_xent_leaves_the_positive_out_of_the_sum() -> None:
    torch.manual_seed(0)
    anchors = torch.nn.functional.normalize(torch.randn(4, 5), dim=1).requires_grad_()
    keys = torch.nn.functional.normalize(torch.randn(7, 5), dim=1)
    positive = torch.tensor([0, 3, 3, 6])
    negative = torch.rand(4, 7) < 0.6
    negative[torch.arange(4), positive] = False
    negative[:, 1] = True
    value = decoupled_nt_xent(anchors, keys, positive, negative, 0.2)
    value.backward()  # type: ignore[no-untyped-call]
    total, gradient = 0.0, torch.zeros(4, 5)
    for i in range(4):
        weights = [
            math.exp(float(anchors[i].detach() @ keys[j]) / 0.2) if negative[i, j] else 0.0 for j in range(7)
        ]
        total += math.log(sum(weights)) - float(anchors[i].detach() @ keys[positive[i]]) / 0.2
        pulled = sum(w / sum(weights) * keys[j] for j, w in enumerate(weights))
        gradient[i] = (pulled - keys[positive[i]]) / 0.2 / 4
    assert value.item() == pytest.approx(total / 4, abs=1e-5)
    assert anchors.grad is not None
    assert torch.allclose(anchors.grad, gradient, atol=1e-5)


def test_anchors_without_a_negative_do_not_count() -> None:
    anchors, keys = torch.eye(2), torch.eye(2)
    negative = torch.tensor([[False, True], [False, False]])
    value = decoupled_nt_xent(anchors, keys, torch.tensor([0, 1]), negative, 1.0)
    assert value.item() == pytest.approx(0.0 - 1.0)


def test_variance_asks_each_component_to_spread() -> None:
    vectors = torch.tensor([[0.0, 10.0], [0.0, -10.0], [0.0, 0.0]])
    target = NORM_LIMIT / math.sqrt(2)
    assert variance(vectors).item() == pytest.approx((target - 0.01) / 2, abs=1e-4)


def test_covariance_is_that_of_the_plain_loops() -> None:
    torch.manual_seed(1)
    x = torch.randn(6, 3)
    expected = 0.0
    for a in range(3):
        for b in range(3):
            if a != b:
                products = [(x[i, a] - x[:, a].mean()) * (x[i, b] - x[:, b].mean()) for i in range(6)]
                expected += (float(sum(products)) / 5) ** 2
    assert covariance(x).item() == pytest.approx(expected / 3, rel=1e-5)


def test_only_norms_beyond_the_limit_are_drawn_in() -> None:
    vectors = torch.tensor([[3.0, 0.0], [0.0, 6.0]], requires_grad=True)
    value = norm_hinge(vectors)
    value.backward()  # type: ignore[no-untyped-call]
    assert value.item() == pytest.approx(1.0)
    assert vectors.grad is not None
    assert vectors.grad.tolist() == [[0.0, 0.0], [0.0, 0.5]]
