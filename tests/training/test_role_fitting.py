"""The head for roles learns what can be learnt, is judged on what it never heard, and says how sure it is."""

from pathlib import Path

import numpy as np
import pytest

from timbred_training.role_head import Labelled, fit, held_out, sureness, write_head
from timbred_training.role_report import confusion, interval, reliability
from timbred_training.role_table import ROLES

KICK, SNARE, PAD = (ROLES.index(role) for role in ("kick", "snare", "pad"))


@pytest.fixture
def clusters() -> Labelled:
    """Three roles around three corners, twenty kits."""
    rng = np.random.default_rng(5)
    roles = np.tile([KICK, SNARE, PAD], 40)
    corners = {KICK: 0, SNARE: 1, PAD: 2}
    vectors = 0.2 * rng.standard_normal((120, 8))
    vectors[np.arange(120), [corners[role] for role in roles]] += 1
    kits = np.array([f"kit {number // 6}" for number in range(120)])
    return Labelled(vectors, roles, kits, np.full(120, fill_value=True))


def test_a_fitted_head_names_what_it_saw_and_never_what_it_did_not(clusters: Labelled) -> None:
    logits = fit(clusters.vectors, clusters.roles).logits(clusters.vectors)
    assert (logits.argmax(axis=1) == clusters.roles).mean() > 0.98
    assert set(fit(clusters.vectors, clusters.roles).logits(-clusters.vectors).argmax(axis=1)) <= {
        KICK,
        SNARE,
        PAD,
    }


@pytest.mark.slow
def test_a_kit_is_judged_by_a_head_that_never_heard_it(clusters: Labelled) -> None:
    assert (held_out(clusters).argmax(axis=1) == clusters.roles).mean() > 0.95
    kits = np.unique(clusters.groups)
    by_kit = dict(zip(kits, np.random.default_rng(1).permutation(len(kits)), strict=True))
    lies = np.array([[KICK, SNARE, PAD][by_kit[group] % 3] for group in clusters.groups])
    marked = np.eye(len(kits))[[kits.tolist().index(group) for group in clusters.groups]]
    both = np.concatenate([clusters.vectors, 5 * marked], axis=1)
    told = Labelled(both, lies, clusters.groups, clusters.judged)
    assert (held_out(told).argmax(axis=1) == lies).mean() < 0.6, "what tells a kit apart is of no help"


def test_a_group_that_is_not_judged_is_learnt_from_in_every_fold(clusters: Labelled) -> None:
    judged = clusters.roles != PAD
    groups = np.where(judged, clusters.groups, "font")
    logits = held_out(Labelled(clusters.vectors, clusters.roles, groups, judged))
    assert not logits[~judged].any()
    assert (logits[judged][:, PAD] > -1e3).all(), "pads were there in every fold"


def test_sureness_is_taken_back_where_answers_are_wrong(clusters: Labelled) -> None:
    logits = 10.0 * np.eye(len(ROLES))[clusters.roles]
    wrong = clusters.roles.copy()
    wrong[::4] = PAD
    assert sureness(logits, clusters.roles) > sureness(logits, wrong)


def test_a_report_gives_each_roles_share_and_what_it_was_taken_for(clusters: Labelled) -> None:
    answers = np.where(np.arange(120) % 30 == 0, SNARE, clusters.roles)
    roles = ("kick", "snare", "clap")
    report = confusion("drums", roles, np.eye(len(ROLES))[answers], clusters.roles, clusters.groups)
    assert report.splitlines()[0] == "drums: 95.0 % (90 to 99) of 80 right, 95.0 % mean of roles"
    assert report.splitlines()[1].split() == ["kick", "90.0", "%", "of", "40", "snare", "4"]


def test_an_interval_is_wide_where_whole_kits_are_wrong() -> None:
    right, kits = np.arange(100) >= 50, np.arange(100) // 50
    assert interval(right, kits) == (0.0, 1.0)
    low, high = interval(np.arange(100) % 2 == 0, np.arange(100) // 2)
    assert low == high == 0.5
    low, high = interval(np.arange(100) % 2 == 0, np.zeros(100))
    assert 0.35 < low < 0.45 < 0.55 < high < 0.65


def test_sureness_stands_beside_what_was_right() -> None:
    logits = np.log([[0.85, 0.15], [0.85, 0.15], [0.5, 0.5], [0.05, 0.95]])
    lines = reliability(logits, np.array([0, 1, 0, 1])).splitlines()[1:]
    assert [line.split()[2:] for line in lines] == [
        ["0.6", "1", "50.0", "%", "100.0", "%"],
        ["0.9", "2", "85.0", "%", "50.0", "%"],
        ["1.0", "1", "95.0", "%", "100.0", "%"],
    ]


def test_a_written_head_is_what_the_daemon_reads(clusters: Labelled, tmp_path: Path) -> None:
    head = fit(clusters.vectors, clusters.roles)
    write_head(tmp_path / "roles.npz", head, "m-1", "timbre")
    with np.load(tmp_path / "roles.npz", allow_pickle=False) as file:
        assert (str(file["space"]), str(file["model_id"])) == ("timbre", "m-1")
        assert tuple(file["roles"]) == ROLES
        assert file["weight"].shape == head.weight.shape
    assert [path.name for path in tmp_path.iterdir()] == ["roles.npz"]
