"""Which role a sound plays by what is heard of it, and by what its names say: neither decides alone."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import PurePath
from typing import Protocol

import numpy as np

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.describe import named_role
from timbred_catalogs.lock import marking, only_writer
from timbred_catalogs.marks import ROLE_COLUMNS
from timbred_catalogs.role_names import NOTHING, RoleGuess, tokens
from timbred_catalogs.roles import DRUM_ROLES, ROLES
from timbred_catalogs.sound import Sound

# A head was taught with single sounds: what it says of a mixture is worth nothing.
KINDS_HEARD = ("one_shot", "instrument")
# What the user or a pack's maker said stands.
SOURCES_ASKED = (None, "name", "folder", "sound")
# So often a head that is sure errs: on drums of kits that it never heard, and on instruments from elsewhere.
DOUBT_OF_DRUMS, DOUBT_OF_INSTRUMENTS = 0.05, 0.15
# Less of a sound is no hit that an ear could tell, but one cycle of a wave, or a control's curve.
FEWEST_CYCLES = 9.0
SHORTEST_SECONDS = 0.02
# Folders of what an oscillator plays.
_CYCLES = frozenset({"waveform", "waveforms", "wavetable", "wavetables", "cycle", "cycles"})
# Less than this is no better than nothing: the sound has no role then.
LEAST_CONFIDENCE = 0.4
SOUNDS_A_COMMIT = 1000


class RoleHead(Protocol):
    """What tells roles apart by the vectors of one model."""

    @property
    def space(self) -> str:
        """The space whose vectors it takes."""
        ...

    @property
    def model_id(self) -> str:
        """The model whose vectors it takes."""
        ...

    @property
    def roles(self) -> Sequence[str]:
        """Those that it knows."""
        ...

    def probabilities(self, vectors: np.ndarray, /) -> np.ndarray:
        """Shape: vectors (n, dim); returns (n, len(roles)), each row summing to 1."""
        ...


def with_roles(
    sounds: Sequence[Sound], vectors: Mapping[str, np.ndarray], head: RoleHead | None
) -> list[Sound]:
    """New sounds, whose roles come from names as yet, with those that they are heard to play.

    Shape: vectors[space] (sounds, dim).
    """
    if head is None or head.space not in vectors or not len(sounds):
        return list(sounds)
    heard = head.probabilities(vectors[head.space])
    return [_with_role(sound, _guess(sound), head, row) for sound, row in zip(sounds, heard, strict=True)]


def relabel(
    catalogue: Catalogue,
    head: RoleHead,
    *,
    wait_seconds: float = 0.0,
    on_wait: Callable[[str], None] = lambda writer: None,
) -> int:
    """Hears all sounds' roles anew, after their model or the head has changed.

    Returns: how many sounds play another role now, or the same with another confidence.
    Raises: CatalogError where the catalogue's vectors are not of the head's model.
    """
    changed = 0
    with only_writer(catalogue.tables.folder, wait_seconds, on_wait), catalogue.tables.writing():
        catalogue.tables.reopen()
        catalogue.require_model(head.space, head.model_id)
        ids = iter([sound.id for sound in catalogue.sounds()])
        while part := list(islice(ids, SOUNDS_A_COMMIT)):
            catalogue.tables.reopen()
            changed += _relabel(catalogue, list(catalogue.by_id(part).values()), head)
    return changed


def _relabel(catalogue: Catalogue, sounds: Sequence[Sound], head: RoleHead) -> int:
    heard = heard_again(catalogue, sounds, head)
    changed = [new for new, old in zip(heard, sounds, strict=True) if _differs(new, old)]
    with marking(catalogue.tables.folder):
        catalogue.tables.reopen()  # the user may have said what a sound is while it was heard
        now = catalogue.by_id([sound.id for sound in changed])
        changed = [sound for sound in changed if sound.id in now and now[sound.id].role_source != "user"]
        catalogue.update(changed, ROLE_COLUMNS)
    return len(changed)


def heard_again(catalogue: Catalogue, sounds: Sequence[Sound], head: RoleHead) -> list[Sound]:
    """The sounds with the roles that their names and their stored vectors say; unchanged without a vector."""
    vectors = catalogue.vectors(head.space, [sound.id for sound in sounds])
    there = np.asarray(np.isfinite(vectors).all(axis=1))
    heard = head.probabilities(np.nan_to_num(vectors))
    return [
        _with_role(sound, named_role(sound), head, row) if good else sound
        for sound, row, good in zip(sounds, heard, there, strict=True)
    ]


def _differs(sound: Sound, other: Sound) -> bool:
    """The table keeps single precision."""
    same = (sound.role, sound.role_source) == (other.role, other.role_source)
    return not same or abs(sound.role_confidence - other.role_confidence) > 1e-6


def _with_role(sound: Sound, named: RoleGuess, head: RoleHead, heard: np.ndarray) -> Sound:
    if sound.kind not in KINDS_HEARD or sound.role_source not in SOURCES_ASKED:
        return sound
    by_ear = dict(zip(head.roles, heard.tolist(), strict=True))
    guess = joined(named, by_ear) if _is_tellable(sound) else named
    return replace(sound, role=guess.role, role_confidence=guess.confidence, role_source=guess.source)


def _is_tellable(sound: Sound) -> bool:
    """Whether it lasts for some cycles of its middle frequency, and lies where sounds do."""
    if sound.duration_seconds < SHORTEST_SECONDS:
        return False
    if sound.kind == "one_shot" and not _CYCLES.isdisjoint(tokens(PurePath(sound.path).parent.name)):
        return False
    return sound.brightness_hz is None or sound.brightness_hz * sound.duration_seconds >= FEWEST_CYCLES


def _guess(sound: Sound) -> RoleGuess:
    return RoleGuess(sound.role, sound.role_confidence, sound.role_source)


def joined(named: RoleGuess, heard: Mapping[str, float]) -> RoleGuess:
    """Bayes' rule: the name is the prior, what is heard the likelihood.

    The source is `sound` where the ear says otherwise than the name, or is the surer of the two.
    """
    doubt = DOUBT_OF_DRUMS if _highest(heard.items())[0] in DRUM_ROLES else DOUBT_OF_INSTRUMENTS
    by_ear = {role: (1 - doubt) * share + doubt / len(ROLES) for role, share in heard.items()}
    if named.role is not None:  # the head says nothing against a role that it does not know
        by_ear.setdefault(named.role, 1 / len(ROLES))
    joint = {role: by_ear[role] * _prior(named, role) for role in by_ear}
    total = sum(joint.values())
    role, weight = _highest(joint.items())
    confidence = weight / total
    if confidence < LEAST_CONFIDENCE:
        return NOTHING
    own = role == named.role and by_ear[role] <= named.confidence
    return RoleGuess(role, confidence, named.source if own else "sound")


def _prior(named: RoleGuess, role: str) -> float:
    """A name leaves the rest of its confidence to all other roles alike."""
    if named.role is None:
        return 1.0
    return named.confidence if role == named.role else (1 - named.confidence) / (len(ROLES) - 1)


def _highest(weights: Iterable[tuple[str, float]]) -> tuple[str, float]:
    return max(weights, key=lambda pair: pair[1])
