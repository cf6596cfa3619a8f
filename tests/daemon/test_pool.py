"""The pool on hand-placed vectors."""

import numpy as np
import pytest

from timbred.pool import Pool


def vectors(*angles_degrees: float) -> np.ndarray:
    """Unit vectors in the plane, shape `(len, 2)`."""
    radians = np.radians(angles_degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


@pytest.mark.parametrize(("begin", "weights"), [(100, (1, 2)), (150, (0.5, 2)), (260, (0, 1))])
def test_windows_are_averaged_by_how_much_of_them_lies_in_the_context(
    begin: int, weights: tuple[float, float]
) -> None:
    pool = Pool(())
    pool.add(0, 100, vectors(170))
    pool.add(100, 200, vectors(0))
    pool.add(200, 400, vectors(90))
    heard = pool.heard(begin)
    assert heard is not None
    np.testing.assert_allclose(heard.whole, np.array(weights) / np.linalg.norm(weights), atol=1e-6)


def test_a_loop_as_long_as_the_context_sounds_nearly_alike_at_each_of_its_beats() -> None:
    window, loop = 4, 8
    phases = np.eye(loop, dtype=np.float32)
    pool, pooled = Pool(()), []
    for end in range(window, 60):
        pool.add(end - window, end, phases[end % loop][None])
        heard = pool.heard(max(0, end - loop))
        assert heard is not None
        pooled.append(heard.whole)
    settled = np.stack(pooled[-loop:])
    assert (settled @ settled.T).min() > 0.75  # 0.4 where a window counts whole or not at all


def test_roles_are_pooled_each_by_itself() -> None:
    pool = Pool(("bass", "lead"))
    pool.add(0, 100, vectors(0, 10, 80))
    pool.add(100, 200, vectors(0, 20, 60))
    heard = pool.heard(0)
    assert heard is not None
    np.testing.assert_allclose(heard.by_role["bass"], vectors(15)[0], atol=1e-6)
    np.testing.assert_allclose(heard.by_role["lead"], vectors(70)[0], atol=1e-6)


@pytest.mark.parametrize("begin", [140, 150, 151])
def test_the_newest_window_counts_even_where_none_fits(begin: int) -> None:
    pool = Pool(())
    pool.add(0, 100, vectors(0))
    pool.add(50, 150, vectors(45))
    heard = pool.heard(begin)
    assert heard is not None
    np.testing.assert_allclose(heard.whole, vectors(45)[0], atol=1e-6)


def test_before_the_first_window_nothing_was_heard() -> None:
    assert Pool(()).heard(0) is None


def test_neighbouring_contexts_share_most() -> None:
    random = np.random.default_rng(3).standard_normal((40, 64)).astype(np.float32)
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    pool, pooled = Pool(()), []
    for number, vector in enumerate(random):
        pool.add(number, number + 1, vector[None])
        heard = pool.heard(number - 15)
        assert heard is not None
        pooled.append(heard.whole)
    assert float(pooled[-1] @ pooled[-2]) > 0.9
    assert float(pooled[-1] @ pooled[-2]) == pytest.approx(1 - 1 / 16, abs=0.04)
