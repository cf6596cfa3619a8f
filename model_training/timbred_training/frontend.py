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
        self.low = _LowBands(edges_hz[: split + 2])
        self.high = _HighBands(edges_hz[split:])

    def forward(self, audio: torch.Tensor) -> torch.Tensor:
        windows = _Windows(audio)
        middle, quarter = LONG_FRAMES // 2, SHORT_FRAMES // 4
        rising, falling = windows.rising(1, middle), windows.falling(LONG_FRAMES - 1, middle)
        # A short window lies in the middle of a long one.
        begin = (LONG_FRAMES - SHORT_FRAMES) // 2
        outer = slice(begin - 1, begin + quarter)
        inner_rising = windows.rising(middle, middle + quarter)
        inner_falling = windows.falling(middle, middle - quarter)
        low = self.low(rising, falling)
        high = self.high(rising[..., outer], falling[..., outer], inner_rising, inner_falling)
        return torch.cat([low, high], dim=2).transpose(1, 2)


class _LowBands(nn.Module):
    """Powers of bands from long windows, folded about their middle: a cosine is even there and a sine odd.

    Shape:
        inputs x[n] and x[N - n] for n = 1 .. N / 2, `(batch, t, N / 2)`; x[0] falls on the zero of the Hann
        window, and the middle is in both. Output `(batch, t, bands)`.
    """

    def __init__(self, edges_hz: np.ndarray) -> None:
        super().__init__()
        bins = _bins(LONG_FRAMES, edges_hz)
        n = np.arange(1, LONG_FRAMES // 2 + 1)
        cosines, sines = _waves(LONG_FRAMES, n, bins)
        window = _window(LONG_FRAMES)[n, None]
        cosines[-1] /= 2.0
        _register_constants(self, cosines=cosines * window, sines=sines * window)
        _register_constants(self, triangles=_triangles(bins * SAMPLE_RATE / LONG_FRAMES, edges_hz).T)

    def forward(self, rising: torch.Tensor, falling: torch.Tensor) -> torch.Tensor:
        real = (rising + falling) @ self.get_buffer("cosines")
        imaginary = (rising - falling) @ self.get_buffer("sines")
        return (real * real + imaginary * imaginary) @ self.get_buffer("triangles")


class _HighBands(nn.Module):
    """Powers of bands from short windows, folded twice, as high bands take many bins of a short window.

    What was folded about the middle is folded once more about its own: there the cosines of even bins and the
    sines of odd ones are even, and the others odd. That halves the products, as a radix-2 step does.

    Shape:
        inputs x[n], x[N - n], x[N / 2 + n] and x[N / 2 - n] for n = 0 .. N / 4, `(batch, t, N / 4 + 1)`,
        output `(batch, t, bands)`.
    """

    def __init__(self, edges_hz: np.ndarray) -> None:
        super().__init__()
        bins = _bins(SHORT_FRAMES, edges_hz)
        n = np.arange(SHORT_FRAMES // 4 + 1)
        window = _window(SHORT_FRAMES)
        _register_constants(self, outer_window=window[n], inner_window=window[SHORT_FRAMES // 2 - n])
        cosines, sines = _waves(SHORT_FRAMES, n, bins)
        for waves in (cosines, sines):
            waves[[0, -1]] /= 2.0  # the middle, and where it is folded again, are there twice
        triangles = _triangles(bins * SAMPLE_RATE / SHORT_FRAMES, edges_hz).T
        for name, chosen in (("even", bins % 2 == 0), ("odd", bins % 2 == 1)):
            waves_of_bins = {f"{name}_cosines": cosines[:, chosen], f"{name}_sines": sines[:, chosen]}
            _register_constants(self, **waves_of_bins, **{f"{name}_triangles": triangles[chosen]})

    def forward(
        self,
        rising: torch.Tensor,
        falling: torch.Tensor,
        inner_rising: torch.Tensor,
        inner_falling: torch.Tensor,
    ) -> torch.Tensor:
        outer, inner = self.get_buffer("outer_window"), self.get_buffer("inner_window")
        outer_even, outer_odd = (rising + falling) * outer, (rising - falling) * outer
        inner_even, inner_odd = (inner_falling + inner_rising) * inner, (inner_falling - inner_rising) * inner
        even_bins = self._powers("even", outer_even + inner_even, outer_odd - inner_odd)
        return even_bins + self._powers("odd", outer_even - inner_even, outer_odd + inner_odd)

    def _powers(self, bins: str, even: torch.Tensor, odd: torch.Tensor) -> torch.Tensor:
        real = even @ self.get_buffer(f"{bins}_cosines")
        imaginary = odd @ self.get_buffer(f"{bins}_sines")
        return (real * real + imaginary * imaginary) @ self.get_buffer(f"{bins}_triangles")


class _Windows:
    """Samples x[n] of the long windows of a clip, which lie `HOP_FRAMES` apart, for rising or falling n.

    They are put together of whole hops, the falling ones of hops turned round beforehand: runtimes copy rows
    fast, and strided or backward elements slowly; columns are cut first, so that less is copied.

    Shape:
        audio `(batch, frames)`; answers `(batch, t, samples)`.
    """

    def __init__(self, audio: torch.Tensor) -> None:
        frames, half = audio.shape[1], LONG_FRAMES // 2
        self._count = frames // HOP_FRAMES + 1
        blocks = self._count + -(-LONG_FRAMES // HOP_FRAMES)
        padded = functional.pad(audio, (half, blocks * HOP_FRAMES - half - frames))
        self._blocks = padded.reshape(audio.shape[0], blocks, HOP_FRAMES)
        self._turned = self._blocks.flip(-1)

    def rising(self, first: int, last: int) -> torch.Tensor:
        """x[first], ..., x[last]."""
        parts = []
        for hop in range(first // HOP_FRAMES, last // HOP_FRAMES + 1):
            begin = hop * HOP_FRAMES
            columns = slice(max(first - begin, 0), min(last - begin + 1, HOP_FRAMES))
            parts.append(self._blocks[..., columns][:, hop : hop + self._count])
        return torch.cat(parts, dim=-1)

    def falling(self, first: int, last: int) -> torch.Tensor:
        """x[first], x[first - 1], ..., x[last]."""
        parts = []
        for hop in range(first // HOP_FRAMES, last // HOP_FRAMES - 1, -1):
            end = (hop + 1) * HOP_FRAMES - 1
            columns = slice(max(end - first, 0), min(end - last + 1, HOP_FRAMES))
            parts.append(self._turned[..., columns][:, hop : hop + self._count])
        return torch.cat(parts, dim=-1)


def _bins(frames: int, edges_hz: np.ndarray) -> np.ndarray:
    """The numbers of the Fourier transform's bins that bands of these edges need."""
    first, last = int(edges_hz[0] * frames / SAMPLE_RATE), math.ceil(edges_hz[-1] * frames / SAMPLE_RATE)
    return np.arange(first, last + 1)


def _waves(frames: int, n: np.ndarray, bins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cosines and sines of the bins at the samples `n`, `(len(n), len(bins))`."""
    phase = 2.0 * np.pi * np.outer(n, bins) / frames
    return np.cos(phase), np.sin(phase)


def _window(frames: int) -> np.ndarray:
    """A Hann window of unit energy, `(frames,)`."""
    window = np.hanning(frames + 1)[:-1]
    return np.asarray(window / math.sqrt(float(np.sum(window**2))))


def _register_constants(module: nn.Module, **values: np.ndarray) -> None:
    """Registers constants that move with the module and are not saved with it."""
    for name, value in values.items():
        module.register_buffer(name, torch.from_numpy(value.copy()).float(), persistent=False)


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
