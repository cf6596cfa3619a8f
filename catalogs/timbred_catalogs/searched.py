"""What a search asks: the sounds of one version at hand, or LanceDB's index where there are too many."""

import logging

import numpy as np

from timbred_catalogs.filters import Where
from timbred_catalogs.resident import Resident
from timbred_catalogs.rows import SOUND_COLUMNS, sound_of
from timbred_catalogs.sound import Hit, Space
from timbred_catalogs.tables import Tables

logger = logging.getLogger(__name__)

# Up to this many sounds a search compares with all of its roles; beyond it LanceDB's graph index answers.
EXACT_UP_TO = 2_000_000
# Up to this many they are in memory, beyond it in a file that the system maps.
IN_MEMORY_UP_TO = 150_000
# The graph index compares 8-bit copies; so many times `limit` are compared again at full precision.
REFINE_FACTOR = 4
# Sounds of the graph that a search looks at, more where more hide the nearest: of 20,000 vectors without any
# structure, the hardest there are, 100 find 0.57 of the nearest ten, 200 find 0.78, 400 find 0.94.
LEAST_EFFORT, EFFORT_A_MILLION = 400, 800
# The most in one graph, so that memory suffices to build it. A larger catalogue has several, and a search
# walks through all of them, up to twenty.
GRAPH_SOUNDS = 2**20


class Searched:
    """Answers from the content at `load`, for which `version` stands.

    Args:
        tables: the catalogue's.
        exact_up_to: so many sounds are compared one by one.
        in_memory_up_to: so many of them lie in memory.
    """

    def __init__(self, tables: Tables, exact_up_to: int, in_memory_up_to: int) -> None:
        self.version: str | None = None
        self._tables = tables
        self._exact_up_to = exact_up_to
        self._in_memory_up_to = in_memory_up_to
        self._resident: Resident | None = None

    def load(self) -> None:
        """Through handles of its own, which no write of this process moves while it reads."""
        tables = Tables(self._tables.address, self._tables.connection)
        tables.reopen()
        with tables.reading():
            self._resident = self._at_hand(tables)
        self.version = tables.opened_version()

    def _at_hand(self, tables: Tables) -> Resident | None:
        rows, spaces = tables.sounds.count_rows(), list(tables.spaces().values())
        if rows > self._exact_up_to:
            return None
        if rows <= self._in_memory_up_to:
            return Resident(tables.sounds, spaces)
        folder = tables.writable_folder()
        try:
            return Resident(tables.sounds, spaces, folder)
        except OSError as error:
            logger.warning("searches will be slow: %s takes no vectors of %d sounds: %s", folder, rows, error)
            return None

    def search(self, space: Space, query: np.ndarray, where: Where, limit: int) -> list[Hit]:
        """Best first; `query` (dim,) of unit length; of `where` roles, kinds and favourites count."""
        if self.version is None:
            self.load()
        if self._resident is None:
            return on_disk(self._tables, space, query, where, limit)
        return self._resident.search(
            space.name,
            query,
            roles=where.roles,
            kinds=where.kinds,
            limit=limit,
            favourites=where.favourites,
        )

    def is_exact(self) -> bool:
        """Whether every sound is compared."""
        return int(self._tables.sounds.count_rows()) <= self._exact_up_to


def on_disk(tables: Tables, space: Space, query: np.ndarray, where: Where, limit: int) -> list[Hit]:
    """LanceDB's answer, by its index where there is one; best first; `query` (dim,) of unit length."""
    search = tables.sounds.search(query, vector_column_name=space.column)
    search = search.distance_type("cosine").refine_factor(REFINE_FACTOR).limit(limit)
    search = search.ef(_effort(tables, limit))
    # LanceDB leaves out what has no vector; to ask for it here would read every vector at each search.
    search = search.where(where.sql(), prefilter=True)
    rows = search.select([*SOUND_COLUMNS, "_distance"]).to_list()
    return [Hit(sound_of(row), 1.0 - row["_distance"]) for row in rows]


def _effort(tables: Tables, limit: int) -> int:
    """Candidates that the walk through the graph keeps, of which `limit * REFINE_FACTOR` are compared."""
    in_a_graph = min(int(tables.sounds.count_rows()), GRAPH_SOUNDS)
    by_size = LEAST_EFFORT + round(in_a_graph * EFFORT_A_MILLION / 1e6)
    return max(by_size, limit * REFINE_FACTOR)
