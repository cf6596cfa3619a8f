"""The joint objective: single notes against each other, and mixtures against their instruments' notes."""

from collections.abc import Callable

import torch
from torch import nn

from timbred_training import relations
from timbred_training.batches import Batch
from timbred_training.encoders import make_encoder
from timbred_training.losses import NO_CLASS, classification, info_nce, triplet
from timbred_training.settings import Settings

SMOOTHING = 0.05
LARGEST_SCALE = 50.0
MEASURES = ("right", "roles_right", "drums_right")
# The names that a settings file may give to `mixture_loss`, but for the measure in front of the colon.
MIXTURE_RELATIONS: dict[str, Callable[..., list[relations.Comparison]]] = {
    "one_way": relations.one_way,
    "anchored": relations.anchored,
    "symmetric": relations.symmetric,
    "full": relations.full,
}


class Objective(nn.Module):
    """The encoder and all that only training needs: a learned vector for each instrument and family."""

    def __init__(self, settings: Settings, instruments: int, families: int) -> None:
        super().__init__()
        s = self.settings = settings
        self.encoder = make_encoder(s)
        self.proxies = nn.Parameter(0.05 * torch.randn(instruments, s.dim))
        self.family_proxies = nn.Parameter(0.05 * torch.randn(families, s.dim))
        self.log_scale = nn.Parameter(torch.tensor(s.nce_scale).log())
        self._keep_unused()

    def forward(self, batch: Batch) -> dict[str, torch.Tensor]:
        """The weighted parts of the loss by name, and how often a batch's nearest note was right."""
        if not (self.settings.mixture_weight or self.settings.role_weight):
            return self._singles(self.encoder(batch.singles), batch)
        singles, mixtures = self.encoder.joint_trunk(batch.singles, batch.mixtures)
        gathered = [self.encoder.gather(*singles), self.encoder.gather(*mixtures)]
        vectors = self.encoder.embed(torch.cat(gathered))
        notes, whole = vectors[: len(batch.singles)], vectors[len(batch.singles) :]
        parts = self._singles(notes, batch)  # notes: (2 n, dim)
        if self.settings.mixture_weight:
            parts |= self._mixtures(notes, whole, batch)
        if self.settings.role_weight:
            parts |= self._roles(notes.detach(), *mixtures, batch)
        return parts

    def _keep_unused(self) -> None:
        """Asks no gradient of what no loss of these settings reaches: several devices would wait for it."""
        s = self.settings
        unused = {
            "proxies": "instruments" not in s.single_losses,
            "family_proxies": "families" not in s.single_losses,
            "log_scale": "info_nce" not in s.single_losses,
            "encoder.role": not s.role_weight,
        }
        for name, parameter in self.named_parameters():
            if any(name.startswith(part) for part, apart in unused.items() if apart):
                parameter.requires_grad_(False)

    def _singles(self, notes: torch.Tensor, batch: Batch) -> dict[str, torch.Tensor]:
        s = self.settings
        first, second = notes.chunk(2)
        parts = {}
        for name in set(s.single_losses) & {"info_nce", "triplet"}:
            parts[name] = self._compared(name, relations.pairs(first, second), self.scale())
        if "instruments" in s.single_losses:
            labels = batch.instrument.index_fill(0, batch.variant, NO_CLASS).repeat(2)
            parts["instruments"] = s.class_weight * classification(
                notes, self.proxies, labels, s.class_scale, SMOOTHING
            )
        if "families" in s.single_losses:
            labels = batch.family.repeat(2)
            parts["families"] = s.class_weight * classification(
                notes, self.family_proxies, labels, s.class_scale, SMOOTHING
            )
        nearest = (second @ first.T).argmax(dim=1)
        parts["right"] = share(nearest, torch.arange(len(first), device=notes.device))
        return parts

    def _mixtures(self, notes: torch.Tensor, mixtures: torch.Tensor, batch: Batch) -> dict[str, torch.Tensor]:
        loss, _, relation = self.settings.mixture_loss.partition(":")
        compared = MIXTURE_RELATIONS[relation](notes, mixtures, batch.contains.repeat(1, 2))
        value = self._compared(loss, compared, self.scale().detach())
        return {"mixtures": self.settings.mixture_weight * value}

    def _roles(
        self, keys: torch.Tensor, features: torch.Tensor, weight: torch.Tensor, batch: Batch
    ) -> dict[str, torch.Tensor]:
        s = self.settings
        asked, focus = self.encoder.role_features(features, batch.asked_mixture, batch.asked_role)
        gathered = self.encoder.gather(asked, weight[batch.asked_mixture], focus)
        vectors = self.encoder.embed_role(gathered)  # (q, dim)
        n = len(batch.instrument)
        right = torch.eye(n, dtype=torch.bool, device=keys.device)[batch.answer].repeat(1, 2)  # (q, 2 n)
        parts = {
            "roles": s.role_weight * info_nce(vectors, keys, right, ~right, self.scale().detach()),
            "roles_right": share((vectors @ keys[:n].T).argmax(dim=1), batch.answer),
        }
        if "instruments" in s.single_losses:
            # A variant has no learned vector: its first note's stands for it, beside its instrument's.
            classes = torch.cat([self.proxies.detach(), keys[batch.variant]])
            number = batch.instrument.clone()
            number[batch.variant] = torch.arange(len(self.proxies), len(classes), device=keys.device)
            labels = number[batch.answer]
            asked_classes = classification(vectors, classes, labels, s.class_scale, SMOOTHING)
            parts["role_instruments"] = s.role_weight * s.class_weight * asked_classes
        return parts

    def _compared(self, loss: str, compared: list[relations.Comparison], scale: torch.Tensor) -> torch.Tensor:
        values = [
            triplet(c.anchors, c.keys, c.positive, c.negative, self.settings.margin)
            if loss == "triplet"
            else info_nce(c.anchors, c.keys, c.positive, c.negative, scale)
            for c in compared
        ]
        return torch.stack(values).mean()

    def scale(self) -> torch.Tensor:
        """What makes a cosine a logit: the inverse temperature, learned up to a limit."""
        return self.log_scale.exp().clamp(max=LARGEST_SCALE)


def total(parts: dict[str, torch.Tensor]) -> torch.Tensor:
    """The sum of the loss's parts, without the measures."""
    return torch.stack([value for name, value in parts.items() if name not in MEASURES]).sum()


def share(found: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """How often what was found is what was wanted."""
    return (found == wanted).float().mean()
