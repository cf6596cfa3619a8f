"""The Audio Spectrogram Transformer of any size as an encoder, with random weights or AudioSet's."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from timbred_training.encoder import END_COLUMNS, RoleEncoder, padded
from timbred_training.errors import TrainingError
from timbred_training.frontend import BANDS, HIGHEST_HZ, LOWEST_HZ
from timbred_training.settings import Settings

OWN_TOKENS = 2  # the classification and the distillation token stand before the patches
# The filter bank that AudioSet's weights were trained on: 10 ms a column, natural logarithms of powers, less
# their mean and divided by twice their deviation. A unit there is 9.14 nepers, one of `relative_db` 9.21.
AUDIOSET_HZ = (20.0, 8_000.0)
AUDIOSET_BANDS = 128
SHORTEST_COLUMNS = 6  # of 0.1 s


class AstEncoder(RoleEncoder):
    """Patches of mel levels through a transformer (Gong et al. 2021), pooled and asked like the live encoder.

    Args:
        settings: its `ast_...` keys give the size; `ast_weights` a folder of weights, whose size then counts.

    Raises:
        TrainingError: if the folder holds no weights of this model for 128 bands.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        model = _pretrained(Path(settings.ast_weights)) if settings.ast_weights else _blank(settings)
        config = model.config
        self.patch, self.stride, self.bands = config.patch_size, config.time_stride, config.num_mel_bins
        self.rows = (self.bands - self.patch) // config.frequency_stride + 1
        # Of silence, so that the shortest sound gives two patches: with one, no export serves every length.
        shortest = (SHORTEST_COLUMNS + END_COLUMNS) * (2 if settings.ast_weights else 1)
        self.further_columns = max(0, self.patch + self.stride - shortest)
        model.embeddings = _AnyLength(model.embeddings, self.rows)
        self.model = model
        if settings.ast_weights:
            self.register_buffer("band_map", torch.from_numpy(band_map()), persistent=False)
        self.resampled = bool(settings.ast_weights)
        self.make_heads(
            config.hidden_size, self.rows, settings.role_expansion, settings.dim, settings.dropout
        )

    def joint_trunk(
        self, short: torch.Tensor, long: torch.Tensor
    ) -> tuple[tuple[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]:
        """`trunk` of two batches; layer norms know no batch, so each may keep its length."""
        return self.trunk(short), self.trunk(long)

    def trunk(self, level: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Features `(batch, channels, rows, t)`, and each column's weight `(batch, t)`, near 0 in silence."""
        level = functional.pad(padded(level), (0, self.further_columns), value=-1.0)
        if self.resampled:
            level = twice_as_many_columns(self.get_buffer("band_map") @ level)
        tokens = self.model(level.transpose(1, 2)).last_hidden_state[:, OWN_TOKENS:]
        window, step = (self.bands, self.patch), (self.bands, self.stride)
        loudest = functional.max_pool2d(level[:, None], window, step)[:, 0, 0]  # (batch, t)
        x = tokens.transpose(1, 2).unflatten(2, (self.rows, -1))
        return x, self.column_weight(loudest)


class _AnyLength(nn.Module):
    """The model's own embeddings for clips of any length: positions in time begin anew after the longest."""

    def __init__(self, embeddings: Any, rows: int) -> None:
        super().__init__()
        self.embeddings, self.rows = embeddings, rows

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        own, positions = self.embeddings, self.embeddings.position_embeddings
        patches = own.patch_embeddings.projection(values.transpose(1, 2)[:, None])  # (batch, width, rows, t)
        grid = positions[0, OWN_TOKENS:].unflatten(0, (self.rows, -1))  # (rows, columns, width)
        column = torch.arange(patches.shape[3], device=values.device) % grid.shape[1]
        patches = (patches + grid.permute(2, 0, 1)[:, :, column]).flatten(2).transpose(1, 2)
        first = torch.cat([own.cls_token, own.distillation_token], dim=1) + positions[:, :OWN_TOKENS]
        tokens: torch.Tensor = own.dropout(torch.cat([first.expand(values.shape[0], -1, -1), patches], dim=1))
        return tokens


def band_map() -> np.ndarray:
    """AudioSet's bands from those of the front end, by lines between their centres: `(128, BANDS)`."""
    theirs, ours = _centres(*AUDIOSET_HZ, AUDIOSET_BANDS), _centres(LOWEST_HZ, HIGHEST_HZ, BANDS)
    columns = [np.interp(theirs, ours, unit) for unit in np.eye(BANDS)]
    return np.stack(columns, axis=1).astype(np.float32)


def twice_as_many_columns(level: torch.Tensor) -> torch.Tensor:
    """Puts a mean of both neighbours after each column: `(batch, bands, t)` to `(batch, bands, 2 t)`."""
    later = torch.cat([level[..., 1:], level[..., -1:]], dim=-1)
    return torch.stack([level, 0.5 * (level + later)], dim=-1).flatten(-2)


def _centres(lowest_hz: float, highest_hz: float, bands: int) -> np.ndarray:
    low, high = (math.log1p(hz / 700.0) for hz in (lowest_hz, highest_hz))
    return np.linspace(low, high, bands + 2)[1:-1]


def _blank(settings: Settings) -> Any:
    from transformers import ASTConfig, ASTModel

    if settings.ast_width % settings.ast_heads:
        raise TrainingError(
            f"ast_width must be a multiple of ast_heads, not {settings.ast_width} and {settings.ast_heads}"
        )
    if settings.ast_patch > SHORTEST_COLUMNS + END_COLUMNS:
        raise TrainingError(
            f"ast_patch must be at most {SHORTEST_COLUMNS + END_COLUMNS}, so that 0.1 s of sound fills one, "
            f"not {settings.ast_patch}"
        )
    return ASTModel(
        ASTConfig(
            hidden_size=settings.ast_width,
            num_hidden_layers=settings.ast_layers,
            num_attention_heads=settings.ast_heads,
            intermediate_size=4 * settings.ast_width,
            hidden_dropout_prob=settings.dropout,
            patch_size=settings.ast_patch,
            frequency_stride=settings.ast_stride,
            time_stride=settings.ast_stride,
            max_length=settings.mixture_columns + END_COLUMNS,
            num_mel_bins=BANDS,
        )
    )


def _pretrained(folder: Path) -> Any:
    from transformers import ASTModel

    if not (folder / "config.json").is_file():
        raise TrainingError(f"ast_weights must be a folder with config.json and weights, not {folder}")
    try:
        model = ASTModel.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError) as error:
        raise TrainingError(f"ast_weights must hold an AST model, not {folder}: {error}") from error
    if model.config.num_mel_bins != AUDIOSET_BANDS:
        raise TrainingError(
            f"ast_weights must be for {AUDIOSET_BANDS} bands, not {model.config.num_mel_bins} as in {folder}"
        )
    return model
