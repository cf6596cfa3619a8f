"""Framing, spectra and statistics over time as plain products, so that they export to ONNX as they are."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

SAMPLE_RATE_HZ = 24_000
FFT_FRAMES = 1024
HOP_FRAMES = FFT_FRAMES // 2
BINS = FFT_FRAMES // 2  # bins 1..512: the zeroth holds only the offset
BIN_HZ = SAMPLE_RATE_HZ / FFT_FRAMES
SMALLEST_DEVIATION = 0.02


def blocks(audio: Tensor, block_frames: int) -> Tensor:
    """Cut into blocks, the last one filled with zeros.

    Shape:
        audio (batch, frames) -> (batch, ceil(frames / block_frames), block_frames)
    """
    count = (audio.shape[1] + block_frames - 1) // block_frames
    padded = functional.pad(audio, (0, block_frames))
    return padded[:, : count * block_frames].reshape(-1, count, block_frames)


class PowerSpectrum(nn.Module):
    """Power of Hann-windowed frames of 1024 with half overlap, without the offset bin.

    The transform is a product with cosines and sines. Both are symmetric about the middle of the frame, and
    the first sample of a periodic Hann window is zero, so the frame is folded first and the products are half
    as big: with a the first half and b the second,
    sum_n x[n] cos(wn) = b[0] cos(512 w) + sum_n (a[n] + b[512 - n]) cos(wn).

    Shape:
        audio (batch, frames) -> (batch, spectra, 512)
    """

    cosines: Tensor
    sines: Tensor

    def __init__(self) -> None:
        super().__init__()
        n = torch.arange(1, HOP_FRAMES + 1, dtype=torch.float64)  # 1..512
        k = torch.arange(1, BINS + 1, dtype=torch.float64)
        angle = 2 * math.pi * n[:, None] * k[None, :] / FFT_FRAMES
        window = 0.5 - 0.5 * torch.cos(2 * math.pi * n / FFT_FRAMES)
        self.register_buffer("cosines", (window[:, None] * angle.cos()).float(), persistent=False)
        self.register_buffer("sines", (window[:, None] * angle.sin())[:-1].float(), persistent=False)

    def forward(self, audio: Tensor) -> Tensor:
        halves = blocks(functional.pad(audio, (HOP_FRAMES, HOP_FRAMES)), HOP_FRAMES)
        first, second = halves[:, :-1], halves[:, 1:]
        mirrored = second[:, :, 1:].flip(-1)  # b[512 - n] for n = 1..511
        even = torch.cat([first[:, :, 1:] + mirrored, second[:, :, :1]], dim=-1)
        odd = first[:, :, 1:] - mirrored
        return (even @ self.cosines).square() + (odd @ self.sines).square()


def mel_filters(bands: int, low_hz: float = 30.0, high_hz: float = SAMPLE_RATE_HZ / 2) -> Tensor:
    """Triangles of unit sum on the mel scale of O'Shaughnessy (1987), of shape (512, bands)."""

    def mel(hz: float) -> float:
        return 2595 * math.log10(1 + hz / 700)

    centres = torch.linspace(mel(low_hz), mel(high_hz), bands + 2, dtype=torch.float64)
    edges = 700 * (10 ** (centres / 2595) - 1)
    hz = torch.arange(1, BINS + 1, dtype=torch.float64)[:, None] * BIN_HZ
    rising = (hz - edges[:-2]) / (edges[1:-1] - edges[:-2]).clamp(min=BIN_HZ)
    falling = (edges[2:] - hz) / (edges[2:] - edges[1:-1]).clamp(min=BIN_HZ)
    triangles = torch.minimum(rising, falling).clamp(min=0)
    return (triangles / triangles.sum(0).clamp(min=1e-9)).float()


def cosine_basis(bands: int, coefficients: int) -> Tensor:
    """Orthonormal DCT-II without its zeroth row (the level), of shape (bands, coefficients)."""
    n = torch.arange(bands, dtype=torch.float64)[:, None] + 0.5
    k = torch.arange(1, coefficients + 1, dtype=torch.float64)[None, :]
    return (math.sqrt(2 / bands) * torch.cos(math.pi * k * n / bands)).float()


def mean_and_deviation(values: Tensor, weight: Tensor) -> Tensor:
    """Weighted mean over time, and the logarithm of the weighted deviation from it.

    Shape:
        values (batch, spectra, n), weight (batch, spectra) -> (batch, 2 n)
    """
    share = (weight / weight.sum(1, keepdim=True).clamp(min=1e-9)).unsqueeze(2)
    mean = (share * values).sum(1, keepdim=True)
    variance = (share * (values - mean).square()).sum(1)
    return torch.cat([mean.squeeze(1), (variance.sqrt() + SMALLEST_DEVIATION).log()], dim=1)
