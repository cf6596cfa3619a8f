"""Two runs of one origin in one: their weights' mean, which often finds more than either."""

from pathlib import Path

import torch

from timbred_training.encoder import ROLE_QUERIES
from timbred_training.errors import TrainingError
from timbred_training.export_timbre import load_run
from timbred_training.norms import lacks_statistics
from timbred_training.role_refit import FITTED
from timbred_training.run_folder import read_run, refuse_run, write_weights


def blend(notes: Path, mixtures: Path, out: Path) -> Path:
    """Writes a run with the mean of two runs' weights (Wortsman et al. 2022, "Model soups").

    Args:
        notes: a run that went on with notes alone; its settings and instruments are kept.
        mixtures: a run that went on with mixtures, from the same weights as `notes`; what asks for roles is
            taken from it alone, unless all else is the same in both: then it is averaged, too.
        out: the new run's folder, to fit the last layer anew and to start another training from.

    Returns: the new checkpoint.

    Raises:
        TrainingError: if one of them holds no run of the timbre encoder, if their encoders differ, if one
            of them alone begins from an imported run, or if `out` holds a run already.
    """
    refuse_run(out)
    ours, theirs = (load_run(run).encoder.state_dict() for run in (notes, mixtures))
    differing = [name for name in ours if not _asks(name) and ours[name].shape != theirs[name].shape]
    if differing:
        raise TrainingError(f"two runs to blend must have one encoder, and they differ in {differing[0]}")
    if lacks_statistics(ours) != lacks_statistics(theirs):
        raise TrainingError(
            "two runs to blend must both begin from an imported one, or neither: their weights are others"
        )
    own = [name for name in ours if not _is_fitted(name)]
    alike = all(ours[name].shape == theirs[name].shape for name in ours)
    alike = alike and all(torch.equal(ours[name], theirs[name]) for name in own)
    state = read_run(notes)
    state["settings"]["role_expansion"] = read_run(mixtures)["settings"]["role_expansion"]
    state["average"] = {
        name: (value + theirs[name]) / 2
        if value.is_floating_point() and (alike or not _asks(name))
        else theirs[name]
        for name, value in ours.items()
    }
    return write_weights(out, state)


def _is_fitted(name: str) -> bool:
    return name.split(".")[0] in FITTED


def _asks(name: str) -> bool:
    return name.startswith(ROLE_QUERIES)
