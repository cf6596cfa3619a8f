"""Which models a catalogue's sounds are embedded with: the installed ones."""

from timbred.encoder import Encoder
from timbred.models import PREFERRED_SPACES, default_encoder, installed_files
from timbred_catalogs.catalogue import Catalogue

BESIDE_THE_DEFAULT = ("fit.sample",)
"""Spaces that every catalogue gets as soon as their model is installed."""


def wanted_encoders(catalogue: Catalogue, space: str | None = None) -> list[Encoder]:
    """The encoder of the space, or all: the default, those beside it, and those the catalogue holds already.

    Raises:
        ModelError: A wanted model is not installed.
    """
    if space:
        return [default_encoder(space)]
    default = default_encoder()
    installed = installed_files()
    more = [name for name in (*BESIDE_THE_DEFAULT, *catalogue.spaces()) if name in installed]
    return [default, *(default_encoder(name) for name in dict.fromkeys(more) if name != default.space)]


def encoders_to_add_with(catalogue: Catalogue) -> list[Encoder]:
    """The wanted encoders, for a catalogue whose sounds all have their vectors.

    A catalogue from before a model beside the default was installed goes on without it, until `rebuild` makes
    its vectors.

    Raises:
        CatalogError: It has sounds, and lacks a wanted model's vectors; `rebuild` makes them.
        ModelError: No model is installed.
    """
    encoders, spaces = wanted_encoders(catalogue), catalogue.spaces()
    if spaces:
        known = {*spaces, encoders[0].space}
        encoders = [encoder for encoder in encoders if encoder.space in known]
        for encoder in encoders:
            catalogue.require_model(encoder.space, encoder.model_id)
    return encoders


def sounding_space(catalogue: Catalogue) -> str | None:
    """The catalogue's space that says best what sounds alike; None where it has no vectors."""
    spaces = catalogue.spaces()
    return next((space for space in (*PREFERRED_SPACES, *spaces) if space in spaces), None)
