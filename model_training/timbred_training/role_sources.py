"""Sounds whose role is known: the voices of drum kits, notes of note tables, General MIDI SoundFonts."""

import hashlib
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePath

import numpy as np
import soxr

from timbred_training.errors import TrainingError
from timbred_training.fit.kits import authors, described
from timbred_training.frontend import SAMPLE_RATE
from timbred_training.note_table import TableNote, decoded, read_note_tables
from timbred_training.role_names import drum_of_key, drum_of_name
from timbred_training.role_table import DRUM_FAMILIES, role_of_family, role_of_program
from timbred_training.sources.folder import sound_files
from timbred_training.sources.sound_file import read_sound
from timbred_training.sources.soundfont_player import DRUM_BANK, RATE, SoundFontPlayer

logger = logging.getLogger(__name__)

# Of the layers of one voice, which differ little.
LAYERS_A_VOICE = 3
# As the catalogue hears: from where the sound first comes within 50 dB of its peak, less a little.
ONSET_DB, PRE_ROLL_SECONDS = -50.0, 0.005
LONGEST_SECONDS = 6.0
# Variations of the first bank's programs lie in the eighth; what lies in others means something else.
BANKS = (0, 8)
# MIDI pitch, velocity, seconds held, and for basses two octaves lower.
NOTES = ((60, 100, 2.0), (48, 110, 0.6))
TAIL_SECONDS = 1.0
BASS_SEMITONES = -24
DRUM_KEYS = range(35, 82)
DRUM_SECONDS = 2.5
# After this the drum has faded.
FADED = 1e-3


@dataclass(frozen=True)
class RoleSound:
    """One sound: `audio` (frames,) at SAMPLE_RATE from its onset on.

    Sounds of one `group` are alike for another reason than their role, so all are learnt from or none; those
    that are not `judged` are only learnt from.
    """

    role: str
    group: str
    audio: np.ndarray
    judged: bool = True


def of_kits(*folders: Path) -> Iterator[RoleSound]:
    """The voices below folders whose name, by the kit's description or the file, means a drum.

    Kits of one maker are one group, and so are kits that share a file: makers use their sounds twice.
    """
    voices: dict[tuple[Path, str], list[Path]] = {}
    files = [file for folder in folders for file in sound_files(folder) if file.is_file()]
    for file in files:
        name = described(file.parent).get(file.name) or re.sub(r"^\d+-", "", file.stem)
        voices.setdefault((file.parent, name), []).append(file)
    groups = _kit_groups(files)
    for (kit, name), layers in voices.items():
        role = drum_of_name(name)
        for file in layers[:: max(1, len(layers) // LAYERS_A_VOICE)][-LAYERS_A_VOICE:] if role else ():
            yield from _sound(role, groups[kit], *_read(file))


def _kit_groups(files: Iterable[Path]) -> dict[Path, str]:
    """The group of each kit, by its folder: kits are joined by the first word of their names, by those whom
    their descriptions name, and by the content of their files."""
    marks: dict[Path, set[str]] = {}
    for file in files:
        digest = hashlib.blake2b(file.read_bytes(), digest_size=16).hexdigest()
        marks.setdefault(file.parent, set()).add(f"content {digest}")
    joined: list[tuple[set[str], list[Path]]] = []
    for kit, mine in marks.items():
        first_word = re.split(r"[\W\d_]", kit.name, maxsplit=1)[0] or kit.name
        mine |= {f"name {first_word}", *(f"author {name}" for name in authors(kit))}
        alike = [group for group in joined if group[0] & mine]
        joined = [group for group in joined if not group[0] & mine]
        joined.append((mine.union(*(held for held, _ in alike)), [kit, *chain(*(kits for _, kits in alike))]))
    return {kit: f"kit {min(kits).name}" for _, kits in joined for kit in kits}


def of_notes(folder: Path, most: int) -> Iterator[RoleSound]:
    """Up to `most` reference notes of each role, 0 for all, of instruments with their own effects.

    A synthesizer's drum has the role that its patch's name means; it is learnt from and not judged, so that
    what is said of drums is said of kits.
    """
    taken: dict[str, int] = {}
    counting = [note for note in read_note_tables(folder) if _counts(note)]
    for note, audio in decoded(_shuffled(counting), SAMPLE_RATE):
        is_drum = note.family in DRUM_FAMILIES
        role = drum_of_name(PurePath(note.patch).stem) if is_drum else role_of_family(note.family)
        if role and (not most or taken.get(role, 0) < most):
            taken[role] = taken.get(role, 0) + 1
            yield from _sound(role, f"note {note.instrument}", audio, SAMPLE_RATE, judged=not is_drum)


def of_font(path: Path) -> Iterator[RoleSound]:
    """Notes of a General MIDI SoundFont's programs, and the keys of its drum kits.

    None is judged: programs share samples, so only another font tells what was learnt.
    """
    player = SoundFontPlayer(path)
    for bank, number in player.presets():
        if bank == DRUM_BANK:
            yield from _of_drum_kit(player, number, f"font {path.stem}")
        elif bank in BANKS and (role := role_of_program(number)):
            shift = BASS_SEMITONES if role == "bass" else 0
            for pitch, velocity, seconds in NOTES:
                audio = player.play((bank, number), pitch + shift, velocity, seconds, TAIL_SECONDS)
                yield from _sound(role, f"font {path.stem}", audio, RATE, judged=False)


def _of_drum_kit(player: SoundFontPlayer, kit: int, group: str) -> Iterator[RoleSound]:
    for key in DRUM_KEYS:
        if role := drum_of_key(kit, key):
            audio = player.play((DRUM_BANK, kit), key, 100, 0.1, DRUM_SECONDS)
            loud = np.flatnonzero(np.abs(audio) > FADED * np.abs(audio).max(initial=0.0))
            yield from _sound(role, group, audio[: loud[-1] + 1 if len(loud) else 0], RATE, judged=False)


def _counts(note: TableNote) -> bool:
    return note.reference and note.fx and note.split == "train"


def _shuffled(notes: list[TableNote]) -> list[TableNote]:
    """So that a limit does not take all from one bank; the same at every run."""
    return [notes[row] for row in np.random.default_rng(0).permutation(len(notes))]


def _read(file: Path) -> tuple[np.ndarray, int]:
    """Mono (frames,) and its rate; of what has no sound nothing, and a warning."""
    try:
        return read_sound(file)
    except TrainingError as error:
        logger.warning("%s is left out: %s", file, error)
        return np.zeros(0, np.float32), SAMPLE_RATE


def _sound(role: str, group: str, mono: np.ndarray, rate: int, judged: bool = True) -> Iterator[RoleSound]:
    """The sound from its onset on, at SAMPLE_RATE and with a peak of 1; nothing where it is silent."""
    level = np.abs(mono)
    peak = float(level.max(initial=0.0))
    if peak <= 1e-4:
        return
    onset = int(np.argmax(level >= peak * 10 ** (ONSET_DB / 20)))
    start = max(0, onset - round(PRE_ROLL_SECONDS * rate))
    part = mono[start : start + round(LONGEST_SECONDS * rate)] / peak
    yield RoleSound(role, group, soxr.resample(part.astype(np.float32), rate, SAMPLE_RATE), judged)
