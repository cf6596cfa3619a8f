"""Descriptors of one short spectrum: moments, shape, cepstrum, harmonicity.

After G. Peeters, B. Giordano, P. Susini, N. Misdariis, S. McAdams, "The Timbre Toolbox: Extracting audio
descriptors from musical signals", J. Acoust. Soc. Am. 130 (2011), with frequencies on a logarithmic axis
where theirs are in hertz.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from timbred_training.descriptors_frames import (
    BIN_HZ,
    BINS,
    FFT_FRAMES,
    SAMPLE_RATE_HZ,
    cosine_basis,
    mel_filters,
)

TINY = 1e-7  # no smaller: the exporter takes an addend below 1e-8 for nothing
MEL_BANDS = 40
CEPSTRA = 20
# Bins at 230 Hz, 940 Hz, 2.8 kHz, 6.6 kHz and 12 kHz part the bands of flatness and crest.
BAND_EDGES = (0, 10, 40, 120, 280, 512)
SHORTEST_LAG, LONGEST_LAG = 16, 420  # frames: 1500 Hz to 57 Hz
PERIODIC_BINS = 128  # periodicity is looked for below 3 kHz

SHAPE_NAMES = (
    "centroid", "spread", "skewness", "kurtosis", "slope", "decrease",
    "rolloff_50", "rolloff_85", "rolloff_95", "flux",
    *(f"{name}_{band}" for name in ("flatness", "crest") for band in range(len(BAND_EDGES) - 1)),
)  # fmt: skip
CEPSTRUM_NAMES = tuple(f"mfcc_{k}" for k in range(1, CEPSTRA + 1))
HARMONIC_NAMES = (
    "noisiness",
    "odd_to_even",
    "tristimulus_1",
    "tristimulus_2",
    "tristimulus_3",
    "harmonic_centroid",
)


class SpectralShape(nn.Module):
    """Moments, slope, decrease, roll-off, flux, and flatness and crest in five bands.

    Shape:
        power (batch, spectra, 512) -> (batch, spectra, 20)
    """

    octaves: Tensor
    ramp: Tensor
    inverse: Tensor

    def __init__(self) -> None:
        super().__init__()
        k = torch.arange(1, BINS + 1, dtype=torch.float32)
        self.register_buffer(
            "octaves", torch.log2(k * BIN_HZ / 1000), persistent=False
        )  # octaves above 1 kHz
        self.register_buffer("ramp", (k - k.mean()) / k.std(), persistent=False)
        inverse = 1 / k.clamp(min=2).sub(1)
        inverse[0] = 0
        self.register_buffer("inverse", inverse, persistent=False)

    def forward(self, power: Tensor) -> Tensor:
        magnitude = (power + TINY).sqrt()
        share = magnitude / magnitude.sum(2, keepdim=True)
        return torch.cat(
            [
                self.moments(share),
                (share * self.ramp).sum(2, keepdim=True),
                # Peeters (2011), eq. 22: sum_k (a_k - a_1) / (k - 1) over the sum of the a_k
                ((share - share[:, :, :1]) * self.inverse).sum(2, keepdim=True),
                rolloffs(power),
                flux(magnitude),
                flatness_and_crest(power),
            ],
            dim=2,
        )

    def moments(self, share: Tensor) -> Tensor:
        centroid = (share * self.octaves).sum(2, keepdim=True)
        away = self.octaves - centroid
        square = away.square()
        variance = (share * square).sum(2, keepdim=True).clamp(min=1e-4)
        spread = variance.sqrt()
        cubed = square * away
        skewness = (share * cubed).sum(2, keepdim=True) / (variance * spread)
        kurtosis = (share * cubed * away).sum(2, keepdim=True) / variance.square()
        return torch.cat([centroid, spread, skewness, kurtosis.clamp(min=1e-3).log()], dim=2)


def rolloffs(power: Tensor) -> Tensor:
    """Octaves above the first bin below which 50, 85 and 95 % of the power lies."""
    rising = power.cumsum(2)
    total = rising[:, :, -1:]
    below = [(rising < fraction * total).float().sum(2, keepdim=True) for fraction in (0.5, 0.85, 0.95)]
    return torch.log2(1 + torch.cat(below, dim=2))


def flux(magnitude: Tensor) -> Tensor:
    """One less the correlation of neighbouring spectra; the first is given its neighbour's."""
    direction = magnitude / magnitude.norm(dim=2, keepdim=True)
    change = 1 - (direction[:, 1:] * direction[:, :-1]).sum(2, keepdim=True)
    return torch.cat([change[:, :1], change], dim=1)


def flatness_and_crest(power: Tensor) -> Tensor:
    """Per band the geometric mean over the mean, and the peak over the mean, both as logarithms."""
    flatness, crest = [], []
    for low, high in pairwise(BAND_EDGES):
        band = power[:, :, low:high] + TINY
        level = band.mean(2, keepdim=True).log()
        flatness.append(band.log().mean(2, keepdim=True) - level)
        crest.append(band.amax(2, keepdim=True).log() - level)
    return torch.cat([*flatness, *crest], dim=2)


class Cepstrum(nn.Module):
    """Mel-frequency cepstral coefficients 1..20 of 40 bands; the zeroth, the level, is left out.

    Shape:
        power (batch, spectra, 512) -> (batch, spectra, 20)
    """

    mel: Tensor
    cosines: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mel", mel_filters(MEL_BANDS), persistent=False)
        self.register_buffer("cosines", cosine_basis(MEL_BANDS, CEPSTRA), persistent=False)

    def forward(self, power: Tensor) -> Tensor:
        bands = power @ self.mel
        floor = 1e-7 * bands.amax(2, keepdim=True) + TINY  # 70 dB under the strongest band
        return (bands + floor).log() @ self.cosines


class Harmonicity(nn.Module):
    """Noisiness, odd to even, and how the power lies over the harmonics, with the pitch itself left out.

    The period is the strongest autocorrelation after the first crossing of zero. No partials are picked: the
    tristimulus is the share of power below 1.5, from 1.5 to 4.5 and above 4.5 times the fundamental.

    Shape:
        power (batch, spectra, 512) -> (batch, spectra, 6)
    """

    lags: Tensor
    taper: Tensor
    hertz: Tensor

    def __init__(self) -> None:
        super().__init__()
        lag = torch.arange(LONGEST_LAG + 1, dtype=torch.float64)
        k = torch.arange(1, PERIODIC_BINS + 1, dtype=torch.float64)
        angle = 2 * torch.pi * k[:, None] * lag[None, :] / FFT_FRAMES
        self.register_buffer("lags", angle.cos().float(), persistent=False)
        window = 0.5 - 0.5 * torch.cos(2 * torch.pi * torch.arange(FFT_FRAMES) / FFT_FRAMES)
        overlap = torch.stack([(window[i:] * window[: FFT_FRAMES - i]).sum() for i in range(LONGEST_LAG + 1)])
        self.register_buffer("taper", (overlap / overlap[0]).float(), persistent=False)
        self.register_buffer("hertz", torch.arange(1, BINS + 1) * BIN_HZ, persistent=False)

    def forward(self, power: Tensor) -> Tensor:
        total = power[:, :, :PERIODIC_BINS].sum(2, keepdim=True) + TINY
        correlation = (power[:, :, :PERIODIC_BINS] @ self.lags) / total
        crossed = (correlation < 0).float().cumsum(2) > 0
        candidates = torch.where(crossed, correlation, torch.full_like(correlation, -1.0))[
            :, :, SHORTEST_LAG:
        ]
        lag = candidates.argmax(2, keepdim=True) + SHORTEST_LAG
        strength = correlation.gather(2, lag) / self.taper[lag]
        half = correlation.gather(2, lag // 2) / self.taper[lag // 2]
        return torch.cat([1 - strength.clamp(-1, 1), half.clamp(-1, 1), self.spread_over(power, lag)], dim=2)

    def spread_over(self, power: Tensor, lag: Tensor) -> Tensor:
        harmonic = self.hertz * lag.float() / SAMPLE_RATE_HZ  # which multiple of the fundamental each bin is
        share = power / (power.sum(2, keepdim=True) + TINY)
        first = (share * torch.sigmoid(8 * (1.5 - harmonic))).sum(2, keepdim=True)
        upper = (share * torch.sigmoid(8 * (harmonic - 4.5))).sum(2, keepdim=True)
        centroid = (share * harmonic.clamp(min=0.5).log2()).sum(2, keepdim=True)
        return torch.cat([first, 1 - first - upper, upper, centroid], dim=2)
