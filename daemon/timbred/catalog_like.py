"""What a file sounds like to a catalogue's model, to find others like it."""

from pathlib import Path

from timbred.encoder import Encoder
from timbred_catalogs.decode import UndecodableError, decode
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.finding import Like
from timbred_catalogs.hearing import embed, windows
from timbred_catalogs.rows import printable


def like_file(encoder: Encoder, file: Path) -> Like:
    """The file's vector.

    Raises:
        CatalogError: The file can't be read.
    """
    try:
        decoded = decode(str(file.expanduser()))
    except UndecodableError as error:
        raise CatalogError(f"{printable(str(file))}: {error}") from error
    return Like(encoder.space, embed(encoder, [windows(decoded, encoder)])[0], encoder.model_id)
