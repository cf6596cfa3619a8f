"""Two runs in one: whose weights are averaged, whose are taken, and what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from toy_settings import TOY

from timbred_training.blend import blend
from timbred_training.encoder import ROLE_QUERIES, Encoder
from timbred_training.errors import TrainingError
from timbred_training.export_timbre import load_run
from timbred_training.settings import Settings


def write_run(folder: Path, settings: Settings, seed: int) -> Path:
    """A run that was never trained."""
    torch.manual_seed(seed)
    s = settings
    encoder = Encoder(s.widths, s.depths, s.expansion, s.role_expansion, s.dim)
    values = {name: list(v) if isinstance(v, tuple) else v for name, v in vars(settings).items()}
    folder.mkdir()
    torch.save({"settings": values, "average": encoder.state_dict()}, folder / "checkpoint.pt")
    return folder


def test_weights_are_averaged_and_role_queries_are_the_second_s(tmp_path: Path) -> None:
    one = write_run(tmp_path / "one", TOY, 1)
    two = write_run(tmp_path / "two", replace(TOY, role_expansion=1), 2)
    blend(one, two, tmp_path / "both")
    ours, theirs, both = (load_run(run).encoder.state_dict() for run in (one, two, tmp_path / "both"))
    for name, value in both.items():
        wanted = theirs[name] if name.startswith(ROLE_QUERIES) else (ours[name] + theirs[name]) / 2
        torch.testing.assert_close(value.float(), wanted.float())


def test_role_queries_that_were_fitted_apart_to_one_trunk_are_averaged(tmp_path: Path) -> None:
    one = write_run(tmp_path / "one", TOY, 1)
    state = torch.load(one / "checkpoint.pt", weights_only=True)
    state["average"] = {
        name: value + 1.0 if name.startswith(("role_shift", "role_project")) else value
        for name, value in state["average"].items()
    }
    (tmp_path / "two").mkdir()
    torch.save(state, tmp_path / "two" / "checkpoint.pt")
    blend(one, tmp_path / "two", tmp_path / "both")
    ours, both = (load_run(run).encoder.state_dict() for run in (one, tmp_path / "both"))
    for name, value in both.items():
        moved = 0.5 if name.startswith(("role_shift", "role_project")) else 0.0
        torch.testing.assert_close(value.float(), ours[name].float() + moved)


def test_role_queries_of_another_width_on_one_trunk_are_the_second_s(tmp_path: Path) -> None:
    one = write_run(tmp_path / "one", TOY, 1)
    two = write_run(tmp_path / "two", replace(TOY, role_expansion=TOY.role_expansion + 1), 1)
    blend(one, two, tmp_path / "both")
    theirs, both = (load_run(run).encoder.state_dict() for run in (two, tmp_path / "both"))
    assert torch.equal(both["role_shift"], theirs["role_shift"])


def test_runs_of_different_encoders_are_refused(tmp_path: Path) -> None:
    one = write_run(tmp_path / "one", TOY, 1)
    with pytest.raises(TrainingError, match=r"must have one encoder, and they differ in stem\.0\.weight"):
        blend(one, write_run(tmp_path / "two", replace(TOY, widths=(8, 32)), 2), tmp_path / "both")
    assert not (tmp_path / "both").exists()


def test_a_run_is_never_written_over(tmp_path: Path) -> None:
    one, two = (write_run(tmp_path / name, TOY, 1) for name in ("one", "two"))
    before = (two / "checkpoint.pt").read_bytes()
    with pytest.raises(TrainingError, match="must hold no run yet"):
        blend(one, two, two)
    assert (two / "checkpoint.pt").read_bytes() == before
