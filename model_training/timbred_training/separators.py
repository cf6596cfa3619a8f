"""Baselines: a separator of mel powers, and the single-note encoder after it."""

import torch
from torch import nn
from torch.nn import functional

from timbred_training.encoder import ROLES, STEM, Block, padded
from timbred_training.frontend import mel_db, relative_db
from timbred_training.mixing import TRIO
from timbred_training.timbre import TimbreModel

SEPARATED_ROLES = tuple(ROLES[role] for role in TRIO)
MEDIAN_COLUMNS, MEDIAN_BANDS = 17, 17  # 340 ms, and about an octave and a half in the middle


class HarmonicPercussive(nn.Module):
    """Harmonic and percussive shares by medians along time and along bands (Fitzgerald 2010).

    Shape:
        powers `(batch, BANDS, t)` to shares `(batch, 3, BANDS, t)` in the order of `SEPARATED_ROLES`: both
        bass and lead take the harmonic share.
    """

    def forward(self, power: torch.Tensor) -> torch.Tensor:
        harmonic = running_median(power, MEDIAN_COLUMNS)
        percussive = running_median(power.transpose(1, 2), MEDIAN_BANDS).transpose(1, 2)
        share = harmonic / (harmonic + percussive).clamp_min(1e-12)
        return torch.stack([share, share, 1.0 - share], dim=1)


class MaskSeparator(nn.Module):
    """A small ConvNet that says what share of each mel power is the bass's, the lead's, the percussion's.

    Shape:
        powers `(batch, BANDS, t)` to shares `(batch, 3, BANDS, t)` in the order of `SEPARATED_ROLES`.
    """

    def __init__(self, width: int, depth: int, expansion: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, width, STEM, stride=STEM), nn.BatchNorm2d(width))
        self.blocks = nn.Sequential(*(Block(width, expansion) for _ in range(depth)))
        self.norm = nn.BatchNorm2d(width)
        self.coarse = nn.ConvTranspose2d(width, len(TRIO), STEM, stride=STEM)
        self.fine = nn.Conv2d(1, len(TRIO), 5, padding=2)

    def forward(self, power: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.logits(relative_db(mel_db(power))))

    def logits(self, level: torch.Tensor) -> torch.Tensor:
        """Levels `(batch, BANDS, t)` from `relative_db` to the shares' logits `(batch, 3, BANDS, t)`."""
        coarse = self.coarse(self.norm(self.blocks(self.stem(padded(level)[:, None]))))
        answer: torch.Tensor = self.fine(level[:, None]) + coarse[..., : level.shape[2]]
        return answer


class SeparatedModel(nn.Module):
    """Mono audio to one vector of the whole, and to one of each separated role by the same encoder.

    Shape:
        `(batch, frames)` to `(batch, dim)` and `(batch, len(SEPARATED_ROLES), dim)`.
    """

    def __init__(self, single: TimbreModel, separator: nn.Module) -> None:
        super().__init__()
        self.single, self.separator = single, separator

    def forward(self, audio: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        power = self.single.power(audio)[:, None]
        sounds = torch.cat([power, power * self.separator(power[:, 0])], dim=1)  # (batch, 4, BANDS, t)
        vectors = self.single.encoder(relative_db(mel_db(sounds.flatten(0, 1))))
        vectors = vectors.view(-1, 1 + len(SEPARATED_ROLES), vectors.shape[-1])
        return vectors[:, 0], vectors[:, 1:]


def running_median(x: torch.Tensor, size: int) -> torch.Tensor:
    """The median of `size` (odd) values about each along the last axis of `(batch, rows, n)`; ends repeat."""
    wide = functional.pad(x, (size // 2, size // 2), mode="replicate")
    last = wide.shape[-1] - size + 1
    windows = torch.stack([wide[..., k : last + k] for k in range(size)], dim=-1)
    return windows.sort(dim=-1).values[..., size // 2]
