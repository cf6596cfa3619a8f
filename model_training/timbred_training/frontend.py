"""Raw audio to mel levels in decibels, as matrix products that every runtime computes fast."""

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
        split = int(np.searchsorted(edges_hz[1:-1], CROSSOVER_HZ))
        self.low = _Bands(LONG_FRAMES, edges_hz[: split + 2])
        self.high = _Bands(SHORT_FRAMES, edges_hz[split:])

    def forward(self, audio: torch.Tensor) -> torch.Tensor:
        even, odd = _folded(audio)
        inner = (LONG_FRAMES - SHORT_FRAMES) // 2  # a short window lies in the middle of a long one
        low, high = self.low(even, odd), self.high(even[..., inner:], odd[..., inner:])
        return torch.cat([low, high], dim=2).transpose(1, 2)


class _Bands(nn.Module):
    """Powers of some bands from windows of one length, folded about their middle, by cosines and sines.

    A cosine is even about the middle of the window and a sine odd; the middle itself is in `even` twice.

    Shape:
        inputs `(batch, t, frames / 2)`, output `(batch, t, bands)`.
    """

    def __init__(self, frames: int, edges_hz: np.ndarray) -> None:
        super().__init__()
        bins = np.arange(
            int(edges_hz[0] * frames / SAMPLE_RATE), math.ceil(edges_hz[-1] * frames / SAMPLE_RATE) + 1
        )
        window = np.hanning(frames + 1)[:-1, None]
        phase = 2.0 * np.pi * np.outer(np.arange(frames), bins) / frames
        norm = math.sqrt(float(np.sum(window**2)))
        folded = slice(1, frames // 2 + 1)
        cosines, sines = ((wave * window / norm)[folded] for wave in (np.cos(phase), np.sin(phase)))
        cosines[-1] /= 2.0
        for name, values in (
            ("cosines", cosines),
            ("sines", sines),
            ("triangles", _triangles(bins * SAMPLE_RATE / frames, edges_hz).T),
        ):
            self.register_buffer(name, torch.from_numpy(values.copy()).float(), persistent=False)

    def forward(self, even: torch.Tensor, odd: torch.Tensor) -> torch.Tensor:
        real, imaginary = even @ self.get_buffer("cosines"), odd @ self.get_buffer("sines")
        power = real * real + imaginary * imaginary  # (batch, t, bins)
        return power @ self.get_buffer("triangles")


def _folded(audio: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """x[n] + x[N - n] and x[n] - x[N - n] of the long windows, `HOP_FRAMES` apart; n = 1 .. N / 2.

    (x[0] falls on the zero of the Hann window.) The halves are put together of whole hops, the second of hops
    turned round beforehand: runtimes copy rows fast, and strided or backward elements slowly.

    Shape:
        input `(batch, frames)`, outputs `(batch, t, LONG_FRAMES / 2)`.
    """
    frames, half = audio.shape[1], LONG_FRAMES // 2
    count, hops = frames // HOP_FRAMES + 1, -(-LONG_FRAMES // HOP_FRAMES)
    padded = functional.pad(audio, (half, (count + hops) * HOP_FRAMES - half - frames))
    blocks = padded.reshape(audio.shape[0], count + hops, HOP_FRAMES)
    turned = blocks.flip(-1)
    rising: list[torch.Tensor] = []
    falling: list[torch.Tensor] = []
    for hop in range(hops):
        begin, end = hop * HOP_FRAMES, (hop + 1) * HOP_FRAMES  # this block's part of the window
        if begin <= half:
            first, last = max(begin, 1), min(end, half + 1)
            rising.append(blocks[:, hop : hop + count, first - begin : last - begin])
        if end > half:
            first, last = max(begin, half), min(end, LONG_FRAMES)
            falling.insert(0, turned[:, hop : hop + count, end - last : end - first])
    up, down = torch.cat(rising, dim=-1), torch.cat(falling, dim=-1)
    return up + down, up - down


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


def _triangles(bins_hz: np.ndarray, edges_hz: np.ndarray) -> np.ndarray:
    """The weight of each bin in each band, `(bands, bins)`."""
    left, centre, right = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    triangles: np.ndarray = np.minimum(
        (bins_hz - left) / (centre - left), (right - bins_hz) / (right - centre)
    ).clip(min=0.0)
    # A triangle narrower than a bin could miss every bin: it then takes the bin nearest to its centre.
    empty = triangles.sum(axis=1) < 0.5
    triangles[empty, np.abs(bins_hz - centre).argmin(axis=1)[empty]] = 1.0
    return triangles
