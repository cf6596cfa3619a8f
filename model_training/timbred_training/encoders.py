"""Which encoder a settings file names."""

from timbred_training.encoder import Encoder, RoleEncoder
from timbred_training.settings import Settings


def make_encoder(settings: Settings) -> RoleEncoder:
    """A new encoder with random weights, but for those that `ast_weights` brings."""
    if settings.encoder == "ast":
        from timbred_training.ast_encoder import AstEncoder

        return AstEncoder(settings)
    s = settings
    return Encoder(s.widths, s.depths, s.expansion, s.role_expansion, s.dim, s.dropout)
