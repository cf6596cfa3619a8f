"""The catalogue as the daemon sees it: opened when it appears, taken up anew when it changes."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

import numpy as np
import numpy.typing as npt

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.searched import IN_MEMORY_UP_TO
from timbred_catalogs.sound import Hit, Sound
from timbred_catalogs.tables import Tables

Array = npt.NDArray[np.float32]


OPENING = "the catalogue is being opened"
REST = 4.0
"""So many times as long as a look at a large catalogue took must pass before the next: it changes all the
time while it fills."""
REMEMBERED_PINS = 128
"""Sets of pinned sounds that are kept at hand: one of each session, in each of two spaces."""


class Sounds(Protocol):
    """What search and rank want of a library; tests give them a small one in memory."""

    def search(
        self, vector: Array, roles: Sequence[str], limit: int, kinds: Sequence[str] | None = None
    ) -> Sequence[Hit]:
        """The nearest sounds of the roles and kinds, best first; `vector` is `(dim,)`."""
        ...

    def hits(self, vector: Array, sound_ids: Sequence[str]) -> Sequence[Hit]:
        """These sounds with their cosine to `vector` `(dim,)`; those that are gone are left out."""
        ...

    def size(self, roles: Sequence[str], kinds: Sequence[str] | None = None) -> int:
        """How many sounds there are of the roles and kinds."""
        ...


@dataclass(frozen=True)
class Stock:
    """What the library held at its last look.

    Args:
        sounds: How many there are.
        counts: How many of each role and kind.
        problem: Why nothing can be searched, and what mends it; empty where all is well.
    """

    sounds: int = 0
    counts: Mapping[tuple[str | None, str], int] = field(default_factory=lambda: MappingProxyType({}))
    problem: str = ""


@dataclass(frozen=True)
class Pinned:
    """Pinned sounds that a list can show: their files are there, and a model has measured them.

    Args:
        sounds: In the order they were pinned.
        vectors: Theirs in one space, unit length, shape `(sounds, dim)`.
    """

    sounds: Sequence[Sound]
    vectors: Array

    @classmethod
    def read(cls, catalogue: Catalogue, space: str, sound_ids: Sequence[str]) -> "Pinned":
        """Asks the catalogue, on the disk."""
        known = catalogue.by_id(sound_ids)
        present = [known[one] for one in sound_ids if one in known and not known[one].missing]
        vectors = catalogue.vectors(space, [sound.id for sound in present])
        measured = np.flatnonzero(np.isfinite(vectors).all(axis=1))
        return cls([present[number] for number in measured], vectors[measured])


@dataclass(frozen=True)
class Look:
    """What a look at the catalogue brought; an answer comes from one, whatever the next brings meanwhile.

    Args:
        stock: What there is.
        catalogue: Open at this look's content; None where there is a problem.
        pinned: Sounds and their vectors at hand, by space and ids.
    """

    stock: Stock
    catalogue: Catalogue | None = None
    pinned: dict[tuple[str, tuple[str, ...]], Pinned] = field(default_factory=dict)


class Library:
    """One catalogue, searched in one embedding space. Safe from several threads.

    Args:
        address: Any that LanceDB takes.
        space: The space to search.
        model_id: Whose vectors the space must hold.
    """

    def __init__(self, address: str, space: str, model_id: str) -> None:
        self.address = address
        self._space = space
        self._model_id = model_id
        self._opened: Catalogue | None = None
        self._version = ""
        self._stamp: tuple[int, ...] | None = None
        self._lock = threading.Lock()
        self._next_look = 0.0
        self._look = Look(Stock(problem=OPENING))

    @property
    def stock(self) -> Stock:
        """What there is."""
        return self._look.stock

    def refresh(self) -> bool:
        """Opens the catalogue if it is there at last, takes up what changed, and says whether anything did.

        A catalogue that is missing, empty, or made with another model is no error here: `stock.problem`
        says what mends it, and the next look may find it mended.
        """
        with self._lock:
            before, began = self.stock, time.monotonic()
            if began < self._next_look:
                return False
            try:
                return self._take_up()
            except CatalogError as error:
                self._look = Look(Stock(problem=str(error)))
            except Exception as error:  # lancedb raises its own kinds when files vanish under it
                self._opened = None
                self._look = Look(Stock(problem=f"the catalogue {self.address} can't be read: {error}"))
            finally:
                if self.stock.sounds > IN_MEMORY_UP_TO:
                    ended = time.monotonic()
                    self._next_look = ended + REST * (ended - began)
            return self.stock != before

    def _take_up(self) -> bool:
        stamp = self._opened.tables.stamp() if self._opened is not None else None
        if stamp is not None and stamp == self._stamp:
            return False
        known = self._version
        self._version, self._stamp = "", None  # a look that fails on its way is repeated
        if self._opened is not None and self._opened.version() == known:
            self._version, self._stamp = known, stamp
            return False
        newest = self._open_newest()
        version = newest.version()
        newest.refresh()
        counts = newest.counts_by_role_and_kind()
        sounds = newest.count()
        self._opened, self._version = newest, version
        if not sounds:
            raise CatalogError("the catalogue is empty: 'timbred catalog add FOLDER' fills it")
        newest.require_model(self._space, self._model_id)
        self._look = Look(Stock(sounds, MappingProxyType(counts)), newest)
        return True

    def _open_newest(self) -> Catalogue:
        """Beside the one that still answers; over its connection, which has the index at hand."""
        if self._opened is None:
            return Catalogue.open(self.address)
        tables = Tables(self.address, self._opened.tables.connection)
        tables.reopen()
        return Catalogue(tables)

    def search(
        self,
        vector: Array,
        roles: Sequence[str],
        limit: int,
        kinds: Sequence[str] | None = None,
        *,
        space: str | None = None,
    ) -> list[Hit]:
        """The nearest sounds of the roles and kinds, best first; none while there is a problem."""
        catalogue = self._look.catalogue
        if catalogue is None:
            return []
        return catalogue.search(space or self._space, vector, roles=roles, kinds=kinds, limit=limit)

    def hits(self, vector: Array, sound_ids: Sequence[str], *, space: str | None = None) -> list[Hit]:
        """These sounds with their cosine to `vector`; those that are gone are left out."""
        look = self._look
        if look.catalogue is None or not sound_ids:
            return []
        asked = (space or self._space, tuple(sound_ids))
        pinned = look.pinned.get(asked)
        if pinned is None:  # each slot of each list asks for the same ones
            pinned = Pinned.read(look.catalogue, *asked)
            if len(look.pinned) >= REMEMBERED_PINS:
                look.pinned.clear()
            look.pinned[asked] = pinned
        # Not `@`: BLAS would spread many rows over threads, for each slot anew.
        similarities = np.einsum("ij,j->i", pinned.vectors, vector).tolist()
        return [Hit(sound, value) for sound, value in zip(pinned.sounds, similarities, strict=True)]

    def sound(self, sound_id: str) -> Sound | None:
        """One sound, or None where the catalogue has none of this id or cannot be used."""
        catalogue = self._look.catalogue
        return catalogue.get(sound_id) if catalogue is not None else None

    def size(self, roles: Sequence[str], kinds: Sequence[str] | None = None) -> int:
        """How many sounds there are of the roles and kinds."""
        counts = self.stock.counts.items()
        return sum(
            count for (role, kind), count in counts if role in roles and (kinds is None or kind in kinds)
        )

    def problem_in(self, space: str, model_id: str) -> str:
        """What another space lacks and what mends it; empty where it lacks nothing but what `stock` says."""
        catalogue = self._look.catalogue
        if catalogue is None:
            return ""
        try:
            catalogue.require_model(space, model_id)
        except CatalogError as error:
            return str(error)
        return ""


@dataclass(frozen=True)
class LibrarySpace:
    """A library, searched in another of its spaces.

    Args:
        library: The library.
        space: The space.
        model_id: Whose vectors the space must hold.
    """

    library: Library
    space: str
    model_id: str

    @property
    def problem(self) -> str:
        """What it lacks, and what mends it."""
        return self.library.problem_in(self.space, self.model_id)

    def search(
        self, vector: Array, roles: Sequence[str], limit: int, kinds: Sequence[str] | None = None
    ) -> list[Hit]:
        """The nearest sounds of the roles and kinds, best first; none while there is a problem."""
        return [] if self.problem else self.library.search(vector, roles, limit, kinds, space=self.space)

    def hits(self, vector: Array, sound_ids: Sequence[str]) -> list[Hit]:
        """These sounds with their cosine to `vector`; those that are gone are left out."""
        return [] if self.problem else self.library.hits(vector, sound_ids, space=self.space)

    def size(self, roles: Sequence[str], kinds: Sequence[str] | None = None) -> int:
        """How many sounds there are of the roles and kinds."""
        return self.library.size(roles, kinds)
