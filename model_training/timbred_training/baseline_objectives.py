"""What the baselines for mixtures learn: shares of powers, or the single encoder's vectors."""

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from timbred_training.batches import Batch
from timbred_training.errors import TrainingError
from timbred_training.export_timbre import load_run
from timbred_training.multi_encoder import MultiEncoder
from timbred_training.norms import refuse_training_idle
from timbred_training.separators import MaskSeparator
from timbred_training.settings import Settings


class MaskObjective(nn.Module):
    """Cross-entropy of the shares that a separator names, each bin by its level: silence counts nothing."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.encoder = MaskSeparator(settings.widths[0], sum(settings.depths), settings.expansion)

    def forward(self, batch: Batch) -> dict[str, torch.Tensor]:
        """The loss by name."""
        weight = 0.5 * (batch.mixtures + 1.0)  # (m, BANDS, t): 0 at -80 dB, 1 at the loudest
        logits = self.encoder.logits(batch.mixtures)
        losses = functional.binary_cross_entropy_with_logits(logits, batch.shares, reduction="none")
        return {"masks": (weight * losses.mean(dim=1)).sum() / weight.sum()}


class MultiObjective(nn.Module):
    """Cosine distance of each output to the frozen single encoder's vector of the role's instrument.

    Before the outputs it begins with the single encoder's weights.

    Raises:
        TrainingError: if `single_run` holds no run, or one of another `dim` or encoder, or an imported one
            whose batch norms would be trained.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.encoder = MultiEncoder(settings)
        single = load_run(Path(settings.single_run)).encoder
        if single.dim != settings.dim:
            raise TrainingError(f"dim must be that of single_run, {single.dim}, not {settings.dim}")
        try:
            self.encoder.encoder.load_state_dict(single.state_dict())
        except RuntimeError as error:
            raise TrainingError(
                f"the encoder must be that of single_run, {settings.single_run}: {error}"
            ) from error
        refuse_training_idle(single.state_dict(), settings.freeze_norms_from)
        self._single = (single,)  # in a tuple it is no part of this module: neither trained nor saved

    def forward(self, batch: Batch) -> dict[str, torch.Tensor]:
        """The loss by name, and how often a batch's nearest note was right."""
        with torch.no_grad():
            single = self._single[0].to(batch.singles.device)
            keys = single(batch.singles[: len(batch.instrument)])  # (n, dim)
        vectors = self.encoder(batch.mixtures)[batch.asked_mixture, batch.asked_role]  # (q, dim)
        cosines = vectors @ keys.T
        right = cosines.gather(1, batch.answer[:, None])
        nearest = (cosines.argmax(dim=1) == batch.answer).float().mean()
        return {"cosine": (1.0 - right).mean(), "roles_right": nearest}
