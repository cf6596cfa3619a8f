"""The mel front end against NumPy's Fourier transform."""

import numpy as np
import torch

from timbred_training.frontend import (
    BANDS,
    HOP_FRAMES,
    LONG_FRAMES,
    SAMPLE_RATE,
    SHORT_FRAMES,
    MelPower,
    _mel_edges,
    _triangles,
    mel_db,
    relative_db,
)


def slow_band_powers(audio: np.ndarray, frames: int, edges_hz: np.ndarray) -> np.ndarray:
    """The twin: one windowed FFT a column, then the triangles. Shape `(bands, columns)`."""
    window = np.hanning(frames + 1)[:-1]
    padded = np.pad(audio, frames // 2)
    columns = [
        np.abs(np.fft.rfft(window * padded[t * HOP_FRAMES : t * HOP_FRAMES + frames])) ** 2
        / np.sum(window**2)
        for t in range(len(audio) // HOP_FRAMES + 1)
    ]
    bins = np.arange(frames // 2 + 1)[int(edges_hz[0] * frames / SAMPLE_RATE) :]
    return _triangles(bins * SAMPLE_RATE / frames, edges_hz) @ np.array(columns).T[bins]


def test_bands_equal_those_of_a_windowed_fft() -> None:
    audio = np.random.default_rng(0).normal(0, 0.1, 9_000).astype(np.float32)
    mel = MelPower()
    with torch.no_grad():
        fast = mel(torch.from_numpy(audio)[None])[0].numpy()
    edges_hz = _mel_edges()
    split = mel.low.get_buffer("triangles").shape[1]
    slow = [
        slow_band_powers(audio, LONG_FRAMES, edges_hz[: split + 2]),
        slow_band_powers(audio, SHORT_FRAMES, edges_hz[split:]),
    ]
    np.testing.assert_allclose(fast, np.concatenate(slow), rtol=1e-3, atol=1e-8)


def test_every_band_answers_to_noise() -> None:
    noise = torch.from_numpy(np.random.default_rng(1).normal(0, 0.1, 32_000).astype(np.float32))
    with torch.no_grad():
        assert bool((MelPower()(noise[None]).mean(dim=2) > 1e-4).all())


def test_a_higher_tone_sounds_in_a_higher_band() -> None:
    seconds = np.arange(SAMPLE_RATE // 4) / SAMPLE_RATE
    tones = np.stack([np.sin(2 * np.pi * hz * seconds) for hz in (55, 110, 440, 1_300, 1_500, 6_000)])
    with torch.no_grad():
        loudest = MelPower()(torch.from_numpy(tones).float())[:, :, 5].argmax(dim=1)
    assert bool((loudest.diff() > 0).all())


def test_relative_levels_do_not_depend_on_gain() -> None:
    audio = torch.from_numpy(np.random.default_rng(2).normal(0, 0.1, (1, 16_000)).astype(np.float32))
    with torch.no_grad():
        loud, soft = (relative_db(mel_db(MelPower()(gain * audio))) for gain in (1.0, 0.05))
    torch.testing.assert_close(loud, soft, atol=1e-4, rtol=0)
    assert loud.shape == (1, BANDS, 16_000 // HOP_FRAMES + 1)
    assert float(loud.max()) == 1.0 and float(loud.min()) >= -1.0
