"""What a file or an instrument sounds like to a catalogue's model, to find others like it."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from timbred.encoder import Encoder
from timbred_catalogs.decode import UndecodableError, decode
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.finding import Like
from timbred_catalogs.hearing import Ear, embed, windows
from timbred_catalogs.places import is_instrument, is_plugin, split_place
from timbred_catalogs.prepare import hear
from timbred_catalogs.readers import ReadFailedError
from timbred_catalogs.rows import printable
from timbred_catalogs.scan import scan
from timbred_catalogs.sound import Unreadable
from timbred_catalogs.tables import home_expanded


def like_file(encoder: Encoder, file: Path) -> Like:
    """The vector of a file; of an instrument (`FILE.sf2#BANK:PROGRAM`, `PLUGIN.vst3#PROGRAM`) its note's.

    Raises:
        CatalogError: It can't be read.
    """
    place = str(home_expanded(file).absolute())
    try:
        if is_instrument(split_place(place)[0]):
            heard = _note_of(encoder, place)
        else:
            heard = windows(decode(place), encoder)
    except (UndecodableError, ReadFailedError) as error:
        raise CatalogError(f"{printable(str(file))}: {error}") from error
    return Like(encoder.space, embed(encoder, [heard])[0], encoder.model_id)


def _note_of(encoder: Encoder, place: str) -> list[np.ndarray]:
    """As `catalog add` hears it."""
    path, preset = split_place(place)
    for found in scan([path]):
        if isinstance(found, Unreadable):
            raise UndecodableError(found.reason)
        if is_plugin(path):  # which says its programs to those alone who run it
            found = replace(found, preset=preset, title=preset)
        if found.place == place:
            return hear(found, [Ear(encoder.sample_rate, encoder.window_seconds)]).windows[0]
    raise UndecodableError("one of its presets must be named, as FILE.sf2#BANK:PROGRAM")
