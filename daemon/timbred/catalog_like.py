"""The sounds of a catalogue nearest to those of a file."""

from collections.abc import Sequence
from pathlib import Path

from timbred.encoder import Encoder
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.decode import UndecodableError, decode
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.hearing import embed, windows
from timbred_catalogs.rows import printable
from timbred_catalogs.sound import Hit


def nearest(
    catalogue: Catalogue,
    encoder: Encoder,
    file: Path,
    *,
    roles: Sequence[str] | None,
    kinds: Sequence[str] | None,
    favourites: bool,
    limit: int,
) -> list[Hit]:
    """Best first; the file itself is among them where the catalogue has it.

    Raises:
        CatalogError: The file can't be read, or the catalogue holds another model's vectors.
    """
    try:
        decoded = decode(str(file.expanduser()))
    except UndecodableError as error:
        raise CatalogError(f"{printable(str(file))}: {error}") from error
    vector = embed(encoder, [windows(decoded, encoder)])[0]
    return catalogue.search(
        encoder.space,
        vector,
        model_id=encoder.model_id,
        roles=roles,
        kinds=kinds,
        limit=limit,
        favourites=favourites,
    )
