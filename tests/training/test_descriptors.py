"""The descriptors measure what their names say, and leave level and silence alone."""

import math

import pytest
import torch
from torch import Tensor

from timbred_training.descriptors import DESCRIPTOR_NAMES, Descriptors, RawDescriptors
from timbred_training.descriptors_frames import FFT_FRAMES, HOP_FRAMES, SAMPLE_RATE_HZ, PowerSpectrum

DIMENSIONS = len(DESCRIPTOR_NAMES)


def tone(hz: float, seconds: float = 1.0, partials: tuple[int, ...] = (1,)) -> Tensor:
    time = torch.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return sum(((2 * math.pi * hz * p * time).sin() / p for p in partials), torch.zeros_like(time))[None]


def noise(seconds: float = 1.0) -> Tensor:
    return torch.randn(1, int(seconds * SAMPLE_RATE_HZ), generator=torch.Generator().manual_seed(0))


def described(audio: Tensor) -> dict[str, float]:
    with torch.inference_mode():
        values = RawDescriptors()(audio)[0].tolist()
    return dict(zip(DESCRIPTOR_NAMES, values, strict=True))


@pytest.fixture(scope="module")
def encoder() -> Descriptors:
    return Descriptors(torch.zeros(DIMENSIONS), torch.ones(DIMENSIONS)).eval()


def test_the_folded_transform_equals_the_library_s() -> None:
    audio = noise()[:, : 40 * HOP_FRAMES]
    window = torch.hann_window(FFT_FRAMES)
    expected = torch.stft(
        audio, FFT_FRAMES, HOP_FRAMES, window=window, center=True, pad_mode="constant", return_complex=True
    )
    found = PowerSpectrum()(audio)
    assert torch.allclose(found, expected.abs().square()[:, 1:].transpose(1, 2), rtol=1e-3, atol=1e-3)


def test_a_tone_s_centroid_is_its_octave_above_one_kilohertz() -> None:
    assert described(tone(2000))["centroid_mean"] == pytest.approx(1.0, abs=0.15)
    assert described(tone(500))["centroid_mean"] == pytest.approx(-1.0, abs=0.15)


def test_noise_is_noisy_and_flat_where_a_tone_is_neither() -> None:
    hiss, pure = described(noise()), described(tone(220, partials=(1, 2, 3, 4)))
    assert hiss["noisiness_mean"] > 0.5 > 0.1 > pure["noisiness_mean"]
    assert hiss["flatness_2_mean"] > -1.0 > -3.0 > pure["flatness_2_mean"]


def test_odd_harmonics_alone_read_as_odd() -> None:
    odd = described(tone(220, partials=(1, 3, 5, 7)))["odd_to_even_mean"]
    all_of_them = described(tone(220, partials=(1, 2, 3, 4, 5, 6, 7)))["odd_to_even_mean"]
    assert odd < -0.9 < all_of_them


def test_tristimulus_follows_the_harmonics_and_not_the_pitch() -> None:
    for hz in (110.0, 330.0):
        assert described(tone(hz))["tristimulus_1_mean"] > 0.95
        assert described(tone(hz, partials=(5, 6, 7, 8)))["tristimulus_1_mean"] < 0.2


def test_a_slow_attack_reads_longer_than_a_fast_one() -> None:
    ramp = torch.linspace(0, 1, SAMPLE_RATE_HZ)[None]
    slow, fast = described(tone(440) * ramp), described(tone(440) * ramp.flip(1))
    # 10 % to 80 % of a rise of one second is 0.7 s; the fast one has risen within two blocks of 5 ms
    assert math.exp(slow["log_attack_time"]) == pytest.approx(0.7, abs=0.03)
    assert math.exp(fast["log_attack_time"]) < 0.02
    assert slow["temporal_centroid"] > fast["temporal_centroid"]


def test_a_tremolo_is_found_at_its_own_rate() -> None:
    time = torch.arange(2 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    found = described(tone(440, 2.0) * (1 + 0.8 * (2 * math.pi * 5 * time).sin()))
    rates = [name for name in DESCRIPTOR_NAMES if name.startswith("modulation_")]
    assert max(rates, key=found.__getitem__) == "modulation_5_hz"


def test_level_does_not_matter(encoder: Descriptors) -> None:
    with torch.inference_mode():
        assert torch.allclose(encoder(noise()), encoder(0.01 * noise()), atol=1e-4)


@pytest.mark.parametrize("frames", [2400, 2401, 24_000, 100_001])
def test_silence_is_one_fixed_unit_vector_at_any_length(encoder: Descriptors, frames: int) -> None:
    with torch.inference_mode():
        found = encoder(torch.zeros(2, frames))
    assert torch.equal(found, torch.eye(DIMENSIONS)[:1].expand(2, -1))


@pytest.mark.parametrize("frames", [2400, 2401, 50_000])
def test_sounds_of_any_length_give_finite_unit_vectors(encoder: Descriptors, frames: int) -> None:
    click = torch.zeros(1, frames)
    click[0, 7] = 1
    constant = torch.ones(1, frames)
    with torch.inference_mode():
        found = encoder(torch.cat([noise(3.0)[:, :frames], click, constant]))
    assert bool(found.isfinite().all())
    assert torch.allclose(found.norm(dim=1), torch.ones(3), atol=1e-5)


def test_a_batch_gives_what_each_sound_gives_alone(encoder: Descriptors) -> None:
    batch = torch.cat([noise(), tone(300), torch.zeros(1, SAMPLE_RATE_HZ)])
    with torch.inference_mode():
        assert torch.allclose(encoder(batch), torch.cat([encoder(one[None]) for one in batch]), atol=1e-5)


def test_statistics_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match=r"mean must have shape"):
        Descriptors(torch.zeros(3), torch.ones(DIMENSIONS))
