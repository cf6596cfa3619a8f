"""The fit model as it ships: two encoders of raw audio, context and sample, into one space."""

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from timbred_training.encoder import RoleEncoder
from timbred_training.errors import TrainingError
from timbred_training.export import export_encoder, weights_hash
from timbred_training.export_timbre import load_run
from timbred_training.fit.bank import require_trunk
from timbred_training.fit.heads import FitHeads
from timbred_training.fit.mixing_board import WINDOW_SECONDS
from timbred_training.fit.roles import FIT_ROLES
from timbred_training.fit.settings import FitSettings, fit_settings_from
from timbred_training.frontend import SAMPLE_RATE, MelPower, mel_db, relative_db
from timbred_training.run_folder import HEADS, load_weights, read_state

VERSION = 1
SHOT_SECONDS = 2.0
CONTEXT_SPACE, SAMPLE_SPACE = "fit.context", "fit.sample"


class _Features(nn.Module):
    """Mono audio `(batch, frames)` to the trunk's pooled features `(batch, features)`."""

    def __init__(self, encoder: RoleEncoder) -> None:
        super().__init__()
        self.power = MelPower()
        self.encoder = encoder

    def forward(self, audio: torch.Tensor) -> torch.Tensor:
        encoder = self.encoder
        return encoder.gather(*encoder.trunk(relative_db(mel_db(self.power(audio)))))


class ContextEncoder(nn.Module):
    """Music `(batch, frames)` to what belongs with it: `(batch, dim)` and, by role, `(batch, roles, dim)`."""

    def __init__(self, encoder: RoleEncoder, heads: FitHeads) -> None:
        super().__init__()
        self.features, self.whitening, self.head = _Features(encoder), heads.context_whitening, heads.context

    def forward(self, audio: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        vectors = functional.normalize(self.head.ask_all(self.whitening(self.features(audio))), dim=-1)
        return vectors[:, -1], vectors[:, :-1]


class SampleEncoder(nn.Module):
    """One-shots `(batch, frames)` to unit vectors `(batch, dim)`."""

    def __init__(self, encoder: RoleEncoder, heads: FitHeads) -> None:
        super().__init__()
        self.features, self.whitening, self.head = _Features(encoder), heads.sample_whitening, heads.sample

    def forward(self, audio: torch.Tensor) -> torch.Tensor:
        return functional.normalize(self.head(self.whitening(self.features(audio))), dim=-1)


def load_heads(run: Path) -> tuple[FitHeads, FitSettings, str]:
    """The heads of a fit run, the settings that made them, and `trunk_hash` of the trunk that they are for.

    Raises:
        TrainingError: if the folder holds none, or such that are damaged, of another version or do not tell
            their trunk.
    """
    file = run / HEADS
    if not file.is_file():
        raise TrainingError(f"a run of the fit model must hold {HEADS}, and {run} does not")
    state = read_state(file)
    if "trunk" not in state:
        raise TrainingError(f"heads must tell their trunk, and those of {run} do not: train them anew")
    if missing := sorted({"settings", "features", "heads"} - set(state)):
        raise TrainingError(f"heads must be of this version, and {file} lacks {', '.join(missing)}")
    try:
        s = fit_settings_from(state["settings"])
    except TrainingError as error:
        raise TrainingError(f"heads must be of this version, and {file} is not: {error}") from error
    heads = FitHeads(state["features"], s.components, s.members * s.hidden, s.dropout)
    load_weights(heads, state["heads"], file)
    return heads.eval(), s, str(state["trunk"])


def export_fit(trunk: Path, run: Path, out: Path) -> str:
    """Writes `fit.context.onnx` and `fit.sample.onnx` into `out`; returns the model id that both carry.

    Args:
        trunk: The run of the timbre encoder whose features the heads were trained on.
        run: The fit run.
        out: A folder.

    Raises:
        TrainingError: if the heads are another trunk's.
    """
    encoder = load_run(trunk).encoder
    heads, _, wanted = load_heads(run)
    require_trunk(encoder, wanted, f"the heads of {run}")
    context, sample = ContextEncoder(encoder, heads).eval(), SampleEncoder(encoder, heads).eval()
    model_id = f"fit-{VERSION}-{weights_hash(nn.ModuleList([context, sample]))}"
    for module, space, seconds, roles in (
        (context, CONTEXT_SPACE, WINDOW_SECONDS, FIT_ROLES),
        (sample, SAMPLE_SPACE, SHOT_SECONDS, ()),
    ):
        export_encoder(
            module,
            out / f"{space}.onnx",
            space=space,
            model_id=model_id,
            sample_rate=SAMPLE_RATE,
            window_seconds=seconds,
            embedding_dim=heads.dim,
            roles=roles,
        )
    return model_id
