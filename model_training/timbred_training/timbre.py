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
        # One product for the whole and all roles: reading the projection's weights is what it costs.
        gathered = [encoder.gather(features, weight)]
        gathered += [encoder.gather(answer, weight, focus) for answer, focus in answers]
        pooled = torch.stack(gathered, dim=1)
        flat = encoder.embed(pooled.flatten(0, 1))  # (batch (1 + roles), dim)
        vectors = flat.view(-1, 1 + len(SHIPPED_ROLES), flat.shape[-1])
        return vectors[:, 0], vectors[:, 1:]
