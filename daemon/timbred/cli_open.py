"""What the catalogue's commands share: opening it, and counting things in a sentence."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from timbred_catalogs.catalogue import Catalogue, Mode

WAIT_SECONDS = 3600.0
"""How long a command that writes waits for another that does."""


def address(catalog: str) -> str:
    """The address of `--catalog`, else the configured one."""
    from timbred.cli_config import configured
    from timbred.models import catalog_address

    return catalog_address(configured(catalog))


def open_catalogue(catalog: str, mode: "Mode" = "read") -> "Catalogue":
    """Opens the catalogue of `--catalog`, else the configured one.

    Raises:
        CatalogError: There is none, or it is of another schema version.
    """
    from timbred_catalogs.catalogue import Catalogue

    return Catalogue.open(address(catalog), mode=mode)


def counted(count: int, noun: str) -> str:
    """`1 sound`, `2,000 sounds`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
