"""The models that ship with the daemon belong together."""

import numpy as np
import pytest

from timbred.encoder import Encoder
from timbred.models import FIT_CONTEXT, FIT_SAMPLE, PREFERRED_SPACES, SHIPPED_FOLDER
from timbred.role_head import FILE_NAME, RoleHead
from timbred_catalogs.roles import ROLES


@pytest.fixture(scope="module")
def shipped() -> dict[str, Encoder]:
    """All of them by the names of their files."""
    return {path.stem: Encoder.load(path) for path in SHIPPED_FOLDER.glob("*.onnx")}


def test_each_file_is_named_by_its_space(shipped: dict[str, Encoder]) -> None:
    assert {encoder.space for encoder in shipped.values()} == {*PREFERRED_SPACES, FIT_CONTEXT, FIT_SAMPLE}
    assert all(name == encoder.space for name, encoder in shipped.items())


def test_the_fit_models_encoders_are_one_pair_and_hear_what_the_timbre_model_hears(
    shipped: dict[str, Encoder],
) -> None:
    context, sample = shipped[FIT_CONTEXT], shipped[FIT_SAMPLE]
    assert (context.model_id, context.dim) == (sample.model_id, sample.dim)
    assert context.sample_rate == sample.sample_rate == shipped["timbre"].sample_rate
    assert set(context.roles) <= {*ROLES, "hat"}


def test_the_head_for_roles_takes_a_shipped_models_vectors(shipped: dict[str, Encoder]) -> None:
    head = RoleHead.load(SHIPPED_FOLDER / FILE_NAME)
    encoder = shipped[head.space]
    assert head.model_id == encoder.model_id
    frames = encoder.sample_rate // 4
    burst = np.random.default_rng(0).standard_normal(frames) * np.linspace(1, 0, frames) ** 8
    shares = head.probabilities(encoder.embed_batch([burst.astype(np.float32)]))
    assert shares.shape == (1, len(head.roles))
    assert set(head.roles) <= set(ROLES)
    assert shares.sum() == pytest.approx(1.0, abs=1e-5)
