"""The head for roles is used with its own model only, and says so otherwise."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from timbred.errors import ModelError
from timbred.role_head import FILE_NAME, RoleHead, find_role_head


@dataclass(frozen=True)
class Model:
    space: str
    model_id: str


def write(path: Path, rows: int = 2) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    weight = np.eye(rows, 3, dtype=np.float32) * 10
    np.savez(path, space="timbre", model_id="m-1", roles=["kick", "pad"], weight=weight, bias=np.zeros(rows))
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


@pytest.mark.parametrize("model", [Model("timbre", "m-2"), Model("descriptors", "m-1")])
def test_a_head_of_another_model_is_not_used_and_the_reason_is_given(installed: Path, model: Model) -> None:
    found = find_role_head([model])
    assert found.head is None
    assert "belongs to m-1" in found.problem
    assert "'timbred-train roles'" in found.problem


def test_no_head_is_said(installed: Path) -> None:
    installed.unlink()
    assert find_role_head([]).problem == "roles come from names alone: no roles.npz is installed"


def test_a_damaged_head_is_said(installed: Path) -> None:
    write(installed, rows=3)
    with pytest.raises(ModelError, match="one row for each of 2 roles"):
        RoleHead.load(installed)
    installed.write_bytes(b"PK nonsense")
    with pytest.raises(ModelError, match="is no head for roles"):
        RoleHead.load(installed)
