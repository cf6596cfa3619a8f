"""What the catalogue knows of one sound, and the answer to a search."""

from dataclasses import dataclass
from datetime import datetime

from timbred_catalogs.places import place_of


@dataclass(frozen=True, slots=True)
class Sound:
    """One content on the disk: two files with the same bytes are one sound.

    `id` is BLAKE2b-128 of the file's bytes in hex; a preset inside a file (`preset`, of a SoundFont
    `bank:program`, of a VST3 the name of its program) has one of its own. An instrument's levels, pitch and
    vectors are its reference note's.
    `path` is what Python's own file functions take (a name that is not UTF-8 comes with surrogate escapes);
    `name` is always printable. Of several files with the same content `path` is the first that the catalogue
    met and that still exists; a sound whose files are all gone is kept, with its tags, as `missing`, until
    one comes back.

    Units: `peak_db` is dBFS of the loudest channel, `loudness_lufs` the integrated loudness of the mono
    mix (ITU-R BS.1770-4, both gates; sounds under 0.4 s are one block), `pitch_midi` a MIDI note number,
    `attack_seconds` the rise from a tenth to nine tenths of the highest level, `brightness_hz` the centre of
    the spectrum.
    Silence has a level of -120. Every nullable estimate has a confidence of 0..1 beside it.
    """

    id: str
    path: str
    name: str
    pack: str
    kind: str
    role: str | None
    role_confidence: float
    role_source: str | None
    duration_seconds: float
    peak_db: float
    loudness_lufs: float
    pitch_midi: float | None
    pitch_confidence: float
    tempo_bpm: float | None
    tempo_confidence: float
    key: str | None
    key_confidence: float
    channels: int
    sample_rate: int
    tags: tuple[str, ...]
    favourite: bool
    missing: bool
    size_bytes: int
    mtime_ns: int
    added_at: datetime
    preset: str | None = None
    attack_seconds: float | None = None
    brightness_hz: float | None = None

    @property
    def place(self) -> str:
        """The file, and the preset in it."""
        return place_of(self.path, self.preset)


@dataclass(frozen=True, slots=True)
class Hit:
    """A sound and the cosine of its vector to the query, -1..1."""

    sound: Sound
    similarity: float


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be taken in, and why; tried again when its size or time changes."""

    path: str
    reason: str
    size_bytes: int
    mtime_ns: int

    @property
    def place(self) -> str:
        """As of what was found: `path` names a preset too."""
        return self.path


@dataclass(frozen=True, slots=True)
class KnownFile:
    """One file of the disk as the last run saw it."""

    sound_id: str
    size_bytes: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Space:
    """One embedding space of a catalogue: whose vectors they are and where they lie."""

    name: str
    model_id: str
    dim: int
    column: str
