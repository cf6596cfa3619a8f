"""The timbre model as it ships: raw audio to one vector, and to one vector a role."""

import torch
from torch import nn

from timbred_training.encoder import ROLES, Encoder
from timbred_training.frontend import MelPower, mel_db, relative_db


class TimbreModel(nn.Module):
    """Mono audio `(batch, frames)` to unit vectors `(batch, dim)` and `(batch, roles, dim)`."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.power = MelPower()
        self.encoder = encoder

    def forward(self, audio: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        encoder = self.encoder
        features, weight = encoder.trunk(relative_db(mel_db(self.power(audio))))
        answers = [encoder.pool(encoder.ask(features, role), weight) for role in range(len(ROLES))]
        return encoder.pool(features, weight), torch.stack(answers, dim=1)
