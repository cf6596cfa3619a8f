"""The head that tells a sound's role by a model's vector: a few small networks, whose answers are averaged,
fitted to kits and instruments whose roles are known, and judged on kits and instruments not fitted to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from timbred_training.errors import TrainingError
from timbred_training.frontend import SAMPLE_RATE
from timbred_training.onnx_encoder import OnnxEncoder
from timbred_training.role_changes import changed, drawn
from timbred_training.role_sources import RoleSound
from timbred_training.role_table import DRUMS, ROLES

FOLDS = 5
HIDDEN = 96
MEMBERS = 3
EPOCHS, BATCH, RATE, DECAY = 40, 256, 4e-3, 1e-2
DROP_INPUT, DROP_HIDDEN, SMOOTHING = 0.1, 0.4, 0.05
# No role weighs more than this many times what its sounds are: four guitars don't stand for all.
HEAVIEST = 8.0
# A number of a vector is taken for no more than so many deviations.
FARTHEST = 5.0
NEVER = -1e4
# Of a drum that is changed.
CHANGED_SECONDS = 2.5


@dataclass(frozen=True)
class Labelled:
    """`vectors` (n, dim), `roles` (n,) rows of ROLES, `groups` (n,) the kit or instrument of each, `judged`
    (n,) whether it counts when a head is judged, or is only learnt from."""

    vectors: np.ndarray
    roles: np.ndarray
    groups: np.ndarray
    judged: np.ndarray


@dataclass(frozen=True)
class Head:
    """`centre`, `scale` (dim,); of each member `hidden` (members, units, dim) and `hidden_bias` (members,
    units), `weight` (members, roles, units) and `bias` (members, roles); `sureness` multiplies logits."""

    centre: np.ndarray
    scale: np.ndarray
    hidden: np.ndarray
    hidden_bias: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    sureness: float = 1.0

    def logits(self, vectors: np.ndarray) -> np.ndarray:
        """(n, roles) of vectors (n, dim): the members' mean."""
        x = np.clip((vectors - self.centre) / self.scale, -FARTHEST, FARTHEST)
        units = np.maximum(np.einsum("nd,mud->mnu", x, self.hidden) + self.hidden_bias[:, None], 0.0)
        logits = np.einsum("mnu,mru->mnr", units, self.weight) + self.bias[:, None]
        return np.asarray(self.sureness * logits.mean(axis=0))


def collect(model: Path, sounds: Iterable[RoleSound]) -> Labelled:
    """Embeds sounds whose role is known.

    Raises:
        TrainingError: if there are none.
    """
    encoder = OnnxEncoder(model)
    frames = round(encoder.window_seconds * encoder.sample_rate)
    rows = [
        (encoder(sound.audio[:frames]).vector, ROLES.index(sound.role), sound.group, sound.judged)
        for sound in sounds
    ]
    if not rows:
        raise TrainingError("a head for roles must have sounds to learn from: of kits, train notes or fonts")
    vectors, roles, groups, judged = zip(*rows, strict=True)
    return Labelled(np.stack(vectors), np.array(roles), np.array(groups), np.array(judged))


def with_changed_drums(sounds: Iterable[RoleSound]) -> Iterator[RoleSound]:
    """The sounds, and after each drum a changed copy of it that is not judged."""
    rng = np.random.default_rng(5)
    for sound in sounds:
        yield sound
        if sound.role in DRUMS:
            audio = changed(sound.audio[: round(CHANGED_SECONDS * SAMPLE_RATE)], drawn(rng), rng)
            yield replace(sound, audio=audio, judged=False)


def fit(vectors: np.ndarray, roles: np.ndarray) -> Head:
    """The networks of least weighted cross-entropy; rare roles weigh more than their number."""
    centre, scale = vectors.mean(axis=0), vectors.std(axis=0) + 1e-3
    x = np.clip((vectors - centre) / scale, -FARTHEST, FARTHEST)
    count = np.bincount(roles, minlength=len(ROLES))
    weigh = np.minimum(count.max() / np.maximum(count, 1), HEAVIEST)
    data = torch.from_numpy(x.astype(np.float32)), torch.from_numpy(roles)
    weighed = torch.from_numpy(weigh.astype(np.float32))
    nets = [_network(*data, weighed, seed) for seed in range(MEMBERS)]
    hidden, hidden_bias, weight, bias = (
        np.stack([net[name] for net in nets]) for name in ("1.weight", "1.bias", "4.weight", "4.bias")
    )
    # a role that was never shown must never be named
    return Head(centre, scale, hidden, hidden_bias, weight, np.where(count > 0, bias, NEVER))


def _network(x: torch.Tensor, roles: torch.Tensor, weigh: torch.Tensor, seed: int) -> dict[str, np.ndarray]:
    """Parameters of one network: a dropout, a layer, its rectifier, a dropout, a layer."""
    torch.manual_seed(seed)
    net = torch.nn.Sequential(
        torch.nn.Dropout(DROP_INPUT),
        torch.nn.Linear(x.shape[1], HIDDEN),
        torch.nn.ReLU(),
        torch.nn.Dropout(DROP_HIDDEN),
        torch.nn.Linear(HIDDEN, len(ROLES)),
    )
    steps = EPOCHS * -(-len(x) // BATCH)
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    for _ in range(EPOCHS):
        order = torch.randperm(len(x))
        for start in range(0, len(x), BATCH):
            rows = order[start : start + BATCH]
            loss = functional.cross_entropy(net(x[rows]), roles[rows], weigh, label_smoothing=SMOOTHING)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
    return {name: value.detach().numpy() for name, value in net.state_dict().items()}


def held_out(labelled: Labelled, folds: int = FOLDS) -> np.ndarray:
    """(n, roles) logits of each judged sound by a head that was fitted without its kit or instrument.

    A group of which nothing is judged is learnt from in every fold, and has logits of zero.
    """
    names = np.unique(labelled.groups[labelled.judged])
    fold = {name: k % folds for k, name in enumerate(np.random.default_rng(0).permutation(names))}
    mine = np.array([fold.get(group, -1) for group in labelled.groups])
    logits = np.zeros((len(mine), len(ROLES)))
    for k in range(folds):
        rest = mine != k
        if not rest.all() and rest.any():
            head = fit(labelled.vectors[rest], labelled.roles[rest])
            logits[~rest] = head.logits(labelled.vectors[~rest])
    return logits


def sureness(logits: np.ndarray, roles: np.ndarray) -> float:
    """What logits are to be multiplied with, so that of those called 80 % sure 80 % are right.

    Guo et al., On calibration of modern neural networks (ICML 2017): one number, on sounds held out.
    """

    def loss(factor: float) -> float:
        scaled = factor * logits
        top = scaled.max(axis=1)
        total = top + np.log(np.exp(scaled - top[:, None]).sum(axis=1))
        return float((total - scaled[np.arange(len(roles)), roles]).mean())

    return float(min(np.geomspace(0.1, 10.0, 90).tolist(), key=loss))


def write_head(path: Path, head: Head, model_id: str, space: str) -> None:
    """One file that names the model whose vectors it takes; whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".tmp")
    with partial.open("wb") as file:
        np.savez(
            file,
            space=np.array(space),
            model_id=np.array(model_id),
            roles=np.array(ROLES),
            centre=head.centre.astype(np.float32),
            scale=head.scale.astype(np.float32),
            hidden=head.hidden.astype(np.float32),
            hidden_bias=head.hidden_bias.astype(np.float32),
            weight=(head.sureness * head.weight).astype(np.float32),
            bias=(head.sureness * head.bias).astype(np.float32),
        )
    partial.replace(path)
