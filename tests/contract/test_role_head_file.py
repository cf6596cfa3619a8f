"""The head for roles that the trainer writes answers in the daemon as it does in the trainer."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from timbred.role_head import RoleHead
from timbred_catalogs.roles import ROLES as CATALOGUE_ROLES
from timbred_training.role_head import fit, write_head
from timbred_training.role_table import ROLES


def test_a_head_answers_alike_on_both_sides_of_its_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    roles = np.arange(60) % len(ROLES)
    vectors = rng.standard_normal((60, 12)) + np.eye(len(ROLES), 12)[roles]
    head = replace(fit(vectors, roles), sureness=0.7)
    write_head(tmp_path / "roles.npz", head, "m-1", "timbre")
    read = RoleHead.load(tmp_path / "roles.npz")
    assert (read.space, read.model_id, read.roles) == ("timbre", "m-1", ROLES)
    wanted = np.exp(head.logits(vectors))
    wanted /= wanted.sum(axis=1, keepdims=True)
    assert np.allclose(read.probabilities(vectors.astype(np.float32)), wanted, atol=1e-4)


def test_the_catalogue_knows_every_role_of_a_head() -> None:
    assert set(ROLES) <= set(CATALOGUE_ROLES)
