"""Which drum a one-shot is by its sound: a softmax over its spectrum's course, fitted to named kits."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch

from timbred_training.fit.kits import Kit
from timbred_training.fit.roles import DRUM_ROLES
from timbred_training.fit.songs import Array
from timbred_training.frontend import BANDS, SAMPLE_RATE, MelPower, mel_db

WEIGHTS_PATH = Path(__file__).with_name("drum_sounds.json")
GROUPS = 12  # of 8 bands
MOMENTS = ((0, 3), (3, 8), (8, 20), (20, 50))  # columns of 20 ms
SOUNDS_A_ROLE = 6
PENALTY = 1e-2
LOWEST_HZ, HIGHEST_HZ = 45, 1_500
CLEAR = 0.9  # likeness of a sound to itself a period later, from which on it has a pitch


@dataclass(frozen=True)
class DrumSounds:
    """The fitted softmax: `mean`, `scale` `(features,)`, `weight` `(roles, features)`, `bias` `(roles,)`."""

    mean: np.ndarray
    scale: np.ndarray
    weight: np.ndarray
    bias: np.ndarray

    def probabilities(self, audio: Array) -> dict[str, float]:
        """How likely the sound is each drum."""
        logits = self.weight @ ((features(audio) - self.mean) / self.scale) + self.bias
        shares = np.exp(logits - logits.max())
        return dict(zip(DRUM_ROLES, (shares / shares.sum()).tolist(), strict=True))

    def role(self, audio: Array) -> str:
        """The likeliest drum."""
        shares = self.probabilities(audio)
        return max(shares, key=shares.__getitem__)

    def write(self, path: Path) -> None:
        """Writes the numbers as JSON."""
        numbers = {name: np.round(value, 5).tolist() for name, value in vars(self).items()}
        path.write_text(json.dumps({"roles": DRUM_ROLES} | numbers) + "\n")


@cache
def shipped() -> DrumSounds:
    """The softmax that lies beside this file."""
    numbers = json.loads(WEIGHTS_PATH.read_text())
    return DrumSounds(*(np.array(numbers[name]) for name in ("mean", "scale", "weight", "bias")))


@torch.no_grad()
def features(audio: Array) -> np.ndarray:
    """Levels of 12 groups of bands at four moments, 60 dB below the loudest, and how long it lasts."""
    level = mel_db(_mel()(torch.from_numpy(audio)[None]))[0].numpy()  # (BANDS, t)
    level = np.maximum(level - level.max(), -60.0)
    grouped = level.reshape(GROUPS, BANDS // GROUPS, -1).mean(axis=1)
    padded = np.pad(grouped, ((0, 0), (0, max(0, MOMENTS[-1][1] - grouped.shape[1]))), constant_values=-60.0)
    moments = [padded[:, first:last].mean(axis=1) for first, last in MOMENTS]
    course = level.max(axis=0)
    lengths = [np.log10(1.0 + np.count_nonzero(course > limit)) for limit in (-10.0, -20.0, -40.0)]
    return np.concatenate([np.concatenate(moments) / 20.0, lengths])


def count_pitches(sounds: Sequence[Array]) -> int:
    """How many pitches about a semitone apart the sounds have that have a clear one."""
    found = sorted(note for sound in sounds if (note := pitch(sound)) is not None)
    return len(found[:1]) + int(np.count_nonzero(np.diff(found) > 0.7))


def pitch(audio: Array) -> float | None:
    """The MIDI pitch of the 0.2 s past the attack; None where they do not repeat clearly."""
    part = audio[SAMPLE_RATE // 50 :][: SAMPLE_RATE // 5].astype(np.float64)
    frames = len(part)
    if frames < SAMPLE_RATE // 12:
        return None
    part -= part.mean()
    lags = np.arange(SAMPLE_RATE // HIGHEST_HZ, min(SAMPLE_RATE // LOWEST_HZ, frames // 2))
    products = np.fft.irfft(np.square(np.abs(np.fft.rfft(part, 2 * frames))))[lags]
    energy = np.cumsum(np.square(part))
    both = energy[frames - 1 - lags] * (energy[-1] - energy[lags - 1])
    alike = products / np.sqrt(np.maximum(both, 1e-12))
    peaks = 1 + np.flatnonzero((alike[1:-1] > alike[:-2]) & (alike[1:-1] >= alike[2:]))
    highest = alike[peaks].max(initial=0.0)
    if highest < CLEAR:
        return None
    period = lags[peaks[np.argmax(alike[peaks] >= 0.95 * highest)]]
    return float(69.0 + 12.0 * np.log2(SAMPLE_RATE / period / 440.0))


def collect(kits: list[Kit]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features `(n, features)`, rows of `DRUM_ROLES` `(n,)` and the kits' names `(n,)`."""
    rows = [
        (features(sound), DRUM_ROLES.index(role), kit.name)
        for kit in kits
        for role in kit.files
        for sound in kit.sounds(role, SOUNDS_A_ROLE)
        if np.abs(sound).max(initial=0.0) > 0.0
    ]
    measured, roles, names = zip(*rows, strict=True)
    return np.stack(measured), np.array(roles), np.array(names)


def fit(measured: np.ndarray, roles: np.ndarray, *, steps: int = 200) -> DrumSounds:
    """Fits the softmax, every role weighing the same, with a ridge on its weights."""
    mean, scale = measured.mean(axis=0), measured.std(axis=0) + 1e-3
    x = torch.from_numpy((measured - mean) / scale).float()
    y = torch.from_numpy(roles)
    linear = torch.nn.Linear(x.shape[1], len(DRUM_ROLES))
    torch.nn.init.zeros_(linear.weight)
    torch.nn.init.zeros_(linear.bias)
    counts = torch.bincount(y, minlength=len(DRUM_ROLES)).clamp_min(1)
    optimiser = torch.optim.LBFGS(linear.parameters(), max_iter=steps)

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(linear(x), y, weight=1.0 / counts)
        loss = loss + PENALTY * linear.weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    return DrumSounds(mean, scale, linear.weight.detach().numpy(), linear.bias.detach().numpy())


def accuracy_on_unheard_kits(measured: np.ndarray, roles: np.ndarray, kits: np.ndarray) -> float:
    """The share of right roles where each kit is judged by a softmax fitted to the others, roles even."""
    right = np.zeros(len(roles), dtype=bool)
    for kit in np.unique(kits):
        mine = kits == kit
        found = fit(measured[~mine], roles[~mine])
        logits = (measured[mine] - found.mean) / found.scale @ found.weight.T + found.bias
        right[mine] = logits.argmax(axis=1) == roles[mine]
    return float(np.mean([right[roles == role].mean() for role in np.unique(roles)]))


@cache
def _mel() -> MelPower:
    return MelPower()
