"""A baseline: an encoder of mixtures with one output a role, after Kim et al. 2023."""

import torch
from torch import nn
from torch.nn import functional

from timbred_training.encoder import ROLES
from timbred_training.encoders import make_encoder
from timbred_training.frontend import mel_db, relative_db
from timbred_training.settings import Settings
from timbred_training.timbre import SHIPPED_ROLES, TimbreModel


class MultiEncoder(nn.Module):
    """Levels `(batch, BANDS, t)` to unit vectors `(batch, len(ROLES), dim)`: one linear output a role."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.encoder = make_encoder(settings)
        for name, parameter in self.encoder.named_parameters():
            if name.startswith(("project", "role")):  # the heads of the single encoder have no part in it
                parameter.requires_grad_(False)
        self.heads = nn.Linear(self.encoder.project.in_features, len(ROLES) * settings.dim)

    def forward(self, level: torch.Tensor) -> torch.Tensor:
        gathered = self.encoder.dropout(self.encoder.gather(*self.encoder.trunk(level)))
        return functional.normalize(self.heads(gathered).unflatten(1, (len(ROLES), -1)), dim=-1)


class MultiModel(nn.Module):
    """Mono audio to the single encoder's vector, and to the multi-encoder's vectors of the shipped roles.

    Shape:
        `(batch, frames)` to `(batch, dim)` and `(batch, len(SHIPPED_ROLES), dim)`.
    """

    def __init__(self, single: TimbreModel, multi: MultiEncoder) -> None:
        super().__init__()
        self.single, self.multi = single, multi

    def forward(self, audio: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        level = relative_db(mel_db(self.single.power(audio)))
        rows = [ROLES.index(role) for role in SHIPPED_ROLES]
        return self.single.encoder(level), self.multi(level)[:, rows]
