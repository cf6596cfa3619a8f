"""A library in memory, by the same contract as the catalogue's."""

from collections.abc import Mapping, Sequence

import numpy as np

from timbred_catalogs.sound import Hit, Sound


class FakeSounds:
    """Sounds with their vectors.

    Args:
        vectors: A unit vector `(dim,)` for each sound.
    """

    def __init__(self, vectors: Mapping[Sound, np.ndarray]) -> None:
        self._vectors = dict(vectors)

    def search(
        self, vector: np.ndarray, roles: Sequence[str], limit: int, kinds: Sequence[str] | None = None
    ) -> list[Hit]:
        """Best first."""
        fitting = self._of(roles, kinds)
        hits = [Hit(s, float(self._vectors[s] @ vector)) for s in fitting]
        return sorted(hits, key=lambda hit: -hit.similarity)[:limit]

    def hits(self, vector: np.ndarray, sound_ids: Sequence[str]) -> list[Hit]:
        """In the order of the ids."""
        by_id = {s.id: s for s in self._vectors if not s.missing}
        known = [by_id[sound_id] for sound_id in sound_ids if sound_id in by_id]
        return [Hit(s, float(self._vectors[s] @ vector)) for s in known]

    def size(self, roles: Sequence[str], kinds: Sequence[str] | None = None) -> int:
        """Sounds of the roles and kinds."""
        return len(self._of(roles, kinds))

    def _of(self, roles: Sequence[str], kinds: Sequence[str] | None) -> list[Sound]:
        known = [s for s in self._vectors if s.role in roles and not s.missing]
        return [s for s in known if kinds is None or s.kind in kinds]
