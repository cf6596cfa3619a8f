"""The timbre model as it ships: raw audio to one vector, and to one vector a role."""

import torch
from torch import nn

from timbred_training.encoder import ROLES, RoleEncoder
from timbred_training.frontend import MelPower, mel_db, relative_db

# Each role that is asked costs a twentieth of a window: the rest are trained, but not shipped.
SHIPPED_ROLES = ROLES[:5]


class TimbreModel(nn.Module):
    """Mono audio `(batch, frames)` to unit vectors `(batch, dim)` and `(batch, shipped roles, dim)`."""

    def __init__(self, encoder: RoleEncoder) -> None:
        super().__init__()
        self.power = MelPower()
        self.encoder = encoder

    def forward(self, audio: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        encoder = self.encoder
        features, weight = encoder.trunk(relative_db(mel_db(self.power(audio))))
        answers = [encoder.ask(features, ROLES.index(role)) for role in SHIPPED_ROLES]
        gathered = [encoder.gather(answer, weight, focus) for answer, focus in answers]
        # One product for all roles: reading the projection's weights is what it costs.
        by_role = encoder.embed_role(torch.stack(gathered, dim=1).flatten(0, 1))  # (batch roles, dim)
        return encoder.pool(features, weight), by_role.view(-1, len(SHIPPED_ROLES), by_role.shape[-1])
