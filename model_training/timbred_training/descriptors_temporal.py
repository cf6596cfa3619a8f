"""Descriptors of the energy envelope: attack, decay, duration, modulation (Peeters et al. 2011)."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from timbred_training.descriptors_frames import SAMPLE_RATE_HZ, blocks

TINY = 1e-7  # no smaller: the exporter takes an addend below 1e-8 for nothing
BLOCK_FRAMES = 120  # 5 ms
BLOCK_SECONDS = BLOCK_FRAMES / SAMPLE_RATE_HZ
MODULATION_HZ = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 11.0, 15.0, 20.0)
TEMPORAL_NAMES = (
    "log_attack_time", "attack_slope", "decrease", "temporal_centroid", "effective_duration", "energy_crest",
    *(f"modulation_{hz:g}_hz" for hz in MODULATION_HZ),
)  # fmt: skip


class Temporal(nn.Module):
    """What the envelope says, its level left out.

    Shape:
        audio (batch, frames), peak 1 -> (batch, 17)
    """

    modulation_hz: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("modulation_hz", torch.tensor(MODULATION_HZ), persistent=False)

    def forward(self, audio: Tensor) -> Tensor:
        envelope = blocks(audio, BLOCK_FRAMES).square().mean(2).sqrt()
        envelope = functional.avg_pool1d(envelope.unsqueeze(1), 3, 1, 1).squeeze(1)
        envelope = envelope / (envelope.amax(1, keepdim=True) + TINY)
        seconds = torch.arange(envelope.shape[1], device=audio.device).float() * BLOCK_SECONDS
        return torch.cat(
            [
                attack(envelope),
                decay(envelope, seconds),
                duration(envelope, seconds),
                self.modulation(envelope, seconds),
            ],
            dim=1,
        )

    def modulation(self, envelope: Tensor, seconds: Tensor) -> Tensor:
        """Strength of the envelope's own frequencies against its sum, as a logarithm."""
        level = envelope.mean(1, keepdim=True)
        angle = 2 * torch.pi * seconds[:, None] * self.modulation_hz[None, :]
        ripple = envelope - level
        strength = ((ripple @ angle.cos()).square() + (ripple @ angle.sin()).square() + TINY).sqrt()
        return (strength / (envelope.sum(1, keepdim=True) + TINY) + 1e-3).log()


def attack(envelope: Tensor) -> Tensor:
    """Logarithm of the time from 10 % to 80 % of the peak, and the mean slope between them."""
    started = (envelope > 0.1).float().argmax(1, keepdim=True)
    risen = (envelope > 0.8).float().argmax(1, keepdim=True)
    seconds = ((risen - started).float() + 1) * BLOCK_SECONDS
    rise = envelope.gather(1, risen) - envelope.gather(1, started)
    return torch.cat([seconds.log(), (rise / seconds + 1).log()], dim=1)


def decay(envelope: Tensor, seconds: Tensor) -> Tensor:
    """Slope of the envelope's logarithm after its peak, by weighted regression, compressed by asinh."""
    peak = envelope.argmax(1, keepdim=True).float() * BLOCK_SECONDS
    weight = torch.where((seconds >= peak) & (envelope > 1e-3), envelope, torch.zeros_like(envelope))
    weight = weight / (weight.sum(1, keepdim=True) + TINY)
    level = envelope.clamp(min=1e-3).log()
    away = seconds - (weight * seconds).sum(1, keepdim=True)
    covariance = (weight * away * level).sum(1, keepdim=True)
    slope = covariance / ((weight * away.square()).sum(1, keepdim=True) + BLOCK_SECONDS**2)
    return torch.asinh(slope)


def duration(envelope: Tensor, seconds: Tensor) -> Tensor:
    """Temporal centroid from the onset, time above 40 % of the peak, and peak over mean while it sounds."""
    started = (envelope > 0.1).float().argmax(1, keepdim=True).float() * BLOCK_SECONDS
    total = envelope.sum(1, keepdim=True) + TINY
    centroid = ((envelope * seconds).sum(1, keepdim=True) / total - started).clamp(min=0)
    effective = (envelope > 0.4).float().sum(1, keepdim=True) * BLOCK_SECONDS
    sounding = (envelope > 0.01).float()
    mean = (envelope * sounding).sum(1, keepdim=True) / (sounding.sum(1, keepdim=True) + TINY)
    return torch.cat([(centroid + 0.01).log(), (effective + 0.01).log(), -(mean + 1e-3).log()], dim=1)
