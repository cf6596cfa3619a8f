"""The ids of a catalogue's sounds, packed: what every worker of a cluster has to know."""

from collections.abc import Iterable

import numpy as np

from timbred_catalogs.content_id import HASH_BYTES


class KnownIds:
    """Sorted, 16 bytes an id, where a set of strings takes a hundred; one machine's workers share them.

    Args:
        ids: each the hexadecimal digits of a content's hash.
    """

    def __init__(self, ids: Iterable[str]) -> None:
        packed = b"".join(map(bytes.fromhex, ids))
        self._sorted = np.sort(np.frombuffer(packed, f"S{HASH_BYTES}"))

    def __contains__(self, sound_id: object) -> bool:
        wanted = np.array(bytes.fromhex(str(sound_id)), self._sorted.dtype)
        place = int(np.searchsorted(self._sorted, wanted))
        return place < len(self._sorted) and bool(self._sorted[place] == wanted[()])
