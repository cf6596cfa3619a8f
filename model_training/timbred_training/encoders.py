"""Which encoder a settings file names, and how its weights lie in memory."""

from typing import TypeVar

import torch

from timbred_training.encoder import Encoder, RoleEncoder
from timbred_training.settings import Settings

M = TypeVar("M", bound=torch.nn.Module)


def make_encoder(settings: Settings) -> RoleEncoder:
    """A new encoder with random weights, but for those that `ast_weights` brings."""
    if settings.encoder == "ast":
        from timbred_training.ast_encoder import AstEncoder

        return AstEncoder(settings)
    s = settings
    return Encoder(s.widths, s.depths, s.expansion, s.role_expansion, s.dim, s.dropout)


def channels_last(module: M) -> M:
    """Keeps every image-like weight with its channels innermost, which the CPU's convolutions like best."""
    for parameter in module.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return module
