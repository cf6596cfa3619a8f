"""When the listener looks at a session again."""

import numpy as np
import pytest

from timbred.listener import PLAYING_SECONDS, QUIET_SECONDS, SOONEST_SECONDS, next_look


def test_quiet_sessions_are_looked_at_together_and_none_later_than_it_can_wait() -> None:
    nows = 1e6 + np.random.default_rng(0).uniform(0.0, 20.0 * QUIET_SECONDS, 1_000)
    looks = {next_look(now, QUIET_SECONDS) for now in nows}
    assert all(0.0 < next_look(now, QUIET_SECONDS) - now <= QUIET_SECONDS for now in nows)
    assert len({round(look, 3) for look in looks}) <= 21


@pytest.mark.parametrize("patience", [SOONEST_SECONDS, 0.05, PLAYING_SECONDS])
def test_a_window_that_falls_due_is_waited_for_to_the_moment(patience: float) -> None:
    assert next_look(1e6, patience) == 1e6 + patience
