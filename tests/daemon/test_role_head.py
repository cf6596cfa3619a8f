"""The head for roles is used with its own model only, and says so otherwise."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from timbred.errors import ModelError
from timbred.role_head import FARTHEST, FILE_NAME, RoleHead, find_role_head


@dataclass(frozen=True)
class Model:
    space: str
    model_id: str


def write(path: Path, rows: int = 2) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    same = np.eye(3)[None]
    np.savez(
        path,
        space="timbre",
        model_id="m-1",
        roles=["kick", "pad"],
        centre=np.zeros(3),
        scale=np.ones(3),
        hidden=same,
        hidden_bias=np.zeros((1, 3)),
        weight=10.0 * same[:, :rows],
        bias=np.zeros((1, rows)),
    )
    return path


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("timbred.role_head.model_folders", lambda: (tmp_path / "mine", tmp_path / "shipped"))
    return write(tmp_path / "shipped" / FILE_NAME)


def test_a_head_tells_roles_by_vectors(installed: Path) -> None:
    head = find_role_head([Model("timbre", "m-1")]).head
    assert head is not None
    likely = head.probabilities(np.eye(2, 3, dtype=np.float32))
    assert head.roles == ("kick", "pad")
    assert likely.argmax(axis=1).tolist() == [0, 1]
    assert likely.sum(axis=1) == pytest.approx(1.0)


def test_networks_are_asked_behind_their_rectifiers_and_their_logits_averaged() -> None:
    rng = np.random.default_rng(2)
    shapes = ((3,), (2, 4, 3), (2, 4), (2, 2, 4), (2, 2), (3,))
    centre, hidden, hidden_bias, weight, bias, vector = (
        rng.standard_normal(shape).astype(np.float32) for shape in shapes
    )
    scale = np.full(3, 0.5, np.float32)
    head = RoleHead("timbre", "m-1", ("kick", "pad"), centre, scale, hidden, hidden_bias, weight, bias)
    x = np.clip((vector - centre) / scale, -FARTHEST, FARTHEST)
    each = [weight[k] @ np.maximum(hidden[k] @ x + hidden_bias[k], 0) + bias[k] for k in range(2)]
    shares = np.exp(np.mean(each, axis=0))
    assert np.allclose(head.probabilities(vector[None])[0], shares / shares.sum(), atol=1e-5)


@pytest.mark.parametrize(
    ("model", "reason", "remedy"),
    [
        (Model("timbre", "m-2"), "belongs to m-1, and m-2 is installed", "'timbred-train roles'"),
        (
            Model("descriptors", "m-1"),
            "takes timbre vectors, which are not made",
            "'timbred catalog rebuild'",
        ),
    ],
)
def test_a_head_of_another_model_is_not_used_and_the_reason_is_given(
    installed: Path, model: Model, reason: str, remedy: str
) -> None:
    found = find_role_head([model])
    assert found.head is None
    assert reason in found.problem
    assert remedy in found.problem


def test_no_head_is_said(installed: Path) -> None:
    installed.unlink()
    assert find_role_head([]).problem == "roles come from names alone: no roles.npz is installed"


def test_a_damaged_head_is_said(installed: Path) -> None:
    write(installed, rows=3)
    with pytest.raises(ModelError, match=r"weight must be \(1, 2, 3\), not \(1, 3, 3\)"):
        RoleHead.load(installed)
    installed.write_bytes(b"PK nonsense")
    with pytest.raises(ModelError, match="is no head for roles"):
        RoleHead.load(installed)
