"""The `descriptors` encoder: hand-made timbre descriptors, standardised, from audio to unit vector.

A baseline of the Timbre Toolbox kind (Peeters et al. 2011): nothing in it is learnt but the mean and
deviation of each descriptor over a training set. Pitch and loudness are left out on purpose. The Toolbox
summarises by median and interquartile range; a mean and a deviation weighted with the amplitude retrieve
better (33.1 against 25.1 % of a synthesizer's notes find their patch first) and need no sorting.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from timbred_training.descriptors_frames import PowerSpectrum, mean_and_deviation
from timbred_training.descriptors_spectral import (
    CEPSTRUM_NAMES,
    HARMONIC_NAMES,
    SHAPE_NAMES,
    Cepstrum,
    Harmonicity,
    SpectralShape,
)
from timbred_training.descriptors_temporal import TEMPORAL_NAMES, Temporal

SILENCE_PEAK = 1e-5  # -100 dBFS
QUIET_SHARE = 0.003  # spectra 50 dB under the loudest do not count
CLIP_DEVIATIONS = 4.0

SPECTRUM_NAMES = (*SHAPE_NAMES, *CEPSTRUM_NAMES, *HARMONIC_NAMES)
DESCRIPTOR_NAMES = (
    *(f"{name}_mean" for name in SPECTRUM_NAMES),
    *(f"{name}_deviation" for name in SPECTRUM_NAMES),
    *TEMPORAL_NAMES,
)


class RawDescriptors(nn.Module):
    """Every descriptor in its own unit.

    Shape:
        audio (batch, frames), mono at 24 kHz, 0.1 s or more -> (batch, 109), in the order of DESCRIPTOR_NAMES
    """

    def __init__(self) -> None:
        super().__init__()
        self.spectrum = PowerSpectrum()
        self.shape = SpectralShape()
        self.cepstrum = Cepstrum()
        self.harmonicity = Harmonicity()
        self.temporal = Temporal()

    def forward(self, audio: Tensor) -> Tensor:
        audio = audio / audio.abs().amax(1, keepdim=True).clamp(min=SILENCE_PEAK)
        power = self.spectrum(audio)  # (batch, spectra, 512)
        amplitude = power.sum(2).sqrt()
        weight = functional.relu(amplitude - QUIET_SHARE * amplitude.amax(1, keepdim=True))
        frames = torch.cat([self.shape(power), self.cepstrum(power), self.harmonicity(power)], dim=2)
        return torch.cat([mean_and_deviation(frames, weight), self.temporal(audio)], dim=1)


class Descriptors(nn.Module):
    """Standardised descriptors on the unit sphere; silence is the first axis.

    Args:
        mean, deviation: of each raw descriptor over the training set, (109,)

    Shape:
        audio (batch, frames), mono at 24 kHz, 0.1 s or more -> (batch, 109), unit norm
    """

    mean: Tensor
    deviation: Tensor
    silence: Tensor

    def __init__(self, mean: Tensor, deviation: Tensor) -> None:
        super().__init__()
        for name, values in (("mean", mean), ("deviation", deviation)):
            if values.shape != (len(DESCRIPTOR_NAMES),):
                raise ValueError(
                    f"{name} must have shape ({len(DESCRIPTOR_NAMES)},), not {tuple(values.shape)}"
                )
        if not bool((deviation > 0).all()):
            raise ValueError(f"deviations must be above 0, not {float(deviation.min())}")
        self.raw = RawDescriptors()
        self.register_buffer("mean", mean.float())
        self.register_buffer("deviation", deviation.float())
        silence = torch.zeros(len(DESCRIPTOR_NAMES))
        silence[0] = 1.0
        self.register_buffer("silence", silence, persistent=False)

    def forward(self, audio: Tensor) -> Tensor:
        scores = ((self.raw(audio) - self.mean) / self.deviation).clamp(-CLIP_DEVIATIONS, CLIP_DEVIATIONS)
        unit = scores / scores.norm(dim=1, keepdim=True).clamp(min=1e-6)
        silent = audio.abs().amax(1, keepdim=True) < SILENCE_PEAK
        return torch.where(silent, self.silence, unit)
