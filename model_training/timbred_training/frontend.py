"""Raw audio to mel levels in decibels, as convolutions that every runtime computes fast."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional

SAMPLE_RATE = 32_000
HOP_FRAMES = 640  # 20 ms
BANDS = 96
LOWEST_HZ, HIGHEST_HZ = 30.0, 14_000.0
# Low bands see a longer window: two partials of a bass stay apart, and an attack in the highs stays sharp.
LONG_FRAMES, SHORT_FRAMES, CROSSOVER_HZ = 2048, 1024, 1_400.0
FLOOR_POWER = 1e-12


class MelPower(nn.Module):
    """Mel band powers of mono audio.

    Shape:
        input `(batch, frames)`, output `(batch, BANDS, frames // HOP_FRAMES + 1)`; column t is centred on
        frame t * HOP_FRAMES.
    """

    def __init__(self) -> None:
        super().__init__()
        edges_hz = _mel_edges()
        self.split = int(np.searchsorted(edges_hz[1:-1], CROSSOVER_HZ))
        for name, frames, bands in (
            ("long", LONG_FRAMES, slice(0, self.split)),
            ("short", SHORT_FRAMES, slice(self.split, BANDS)),
        ):
            basis, filters = _analysis(frames, edges_hz, bands)
            self.register_buffer(f"{name}_basis", basis, persistent=False)
            self.register_buffer(f"{name}_filters", filters, persistent=False)

    def forward(self, audio: torch.Tensor) -> torch.Tensor:
        low = self._bands(audio, self.get_buffer("long_basis"), self.get_buffer("long_filters"))
        high = self._bands(audio, self.get_buffer("short_basis"), self.get_buffer("short_filters"))
        return torch.cat([low, high], dim=1)

    def _bands(self, audio: torch.Tensor, basis: torch.Tensor, filters: torch.Tensor) -> torch.Tensor:
        half = basis.shape[-1] // 2
        padded = functional.pad(audio[:, None], (half, half))  # (batch, 1, frames + 2 half)
        spectrum = functional.conv1d(padded, basis, stride=HOP_FRAMES)  # (batch, 2 bins, t)
        # The filters hold each bin's weight twice: for the cosine's square and for the sine's.
        return functional.conv1d(spectrum.square(), filters)  # (batch, bands, t)


def mel_db(power: torch.Tensor) -> torch.Tensor:
    """Band powers as decibels, not below -120 dB."""
    return 10.0 * torch.log10(power.clamp_min(FLOOR_POWER))


def relative_db(level_db: torch.Tensor, *, range_db: float = 80.0) -> torch.Tensor:
    """Levels relative to the clip's loudest band, scaled to -1..1: the same for any gain.

    Shape:
        input and output `(batch, bands, t)`.
    """
    top = level_db.amax(dim=(1, 2), keepdim=True).clamp_min(-100.0)
    return ((level_db - top) / range_db).clamp_min(-1.0) * 2.0 + 1.0


def _mel_edges() -> np.ndarray:
    low, high = (2595.0 * math.log10(1.0 + hz / 700.0) for hz in (LOWEST_HZ, HIGHEST_HZ))
    return 700.0 * (10.0 ** (np.linspace(low, high, BANDS + 2) / 2595.0) - 1.0)


def _analysis(frames: int, edges_hz: np.ndarray, bands: slice) -> tuple[torch.Tensor, torch.Tensor]:
    """The windowed cosines and sines `(2 bins, 1, frames)`, and the triangles `(bands, 2 bins, 1)`."""
    bin_hz = SAMPLE_RATE / frames
    wanted_hz = edges_hz[bands.start : bands.stop + 2]
    bins = np.arange(int(wanted_hz[0] / bin_hz), math.ceil(wanted_hz[-1] / bin_hz) + 1)
    window = np.hanning(frames + 1)[:-1]
    window /= math.sqrt(float(np.sum(window**2)))
    phase = 2.0 * np.pi * np.outer(bins, np.arange(frames)) / frames
    basis = np.concatenate([np.cos(phase), np.sin(phase)]) * window
    left, centre, right = wanted_hz[:-2, None], wanted_hz[1:-1, None], wanted_hz[2:, None]
    hz = bins[None] * bin_hz
    triangle = np.clip(np.minimum((hz - left) / (centre - left), (right - hz) / (right - centre)), 0.0, None)
    # A triangle narrower than a bin could miss every bin: it then takes the bin nearest to its centre.
    nearest = np.abs(hz - centre).argmin(axis=1)
    empty = triangle.sum(axis=1) < 0.5
    triangle[empty, nearest[empty]] = 1.0
    filters = np.concatenate([triangle, triangle], axis=1)
    return torch.from_numpy(basis[:, None]).float(), torch.from_numpy(filters[..., None]).float()
