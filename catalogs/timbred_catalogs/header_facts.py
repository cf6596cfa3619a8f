"""What an audio file's header says of its music: a loop's tempo, the note that a sound was played at.

Sequencers and vendors write these into a WAV's `acid` and `smpl` chunks and an AIFF's `basc` and `INST`.
libsndfile reads them by commands that soundfile has no name for.
"""

import struct
from dataclasses import dataclass
from typing import Any

import soundfile as sf

from timbred_catalogs.name_facts import BAR_TOLERANCE, FASTEST_BPM, SLOWEST_BPM, Estimate

# libsndfile's numbers of commands, and its structures as far as they are asked.
GET_INSTRUMENT, INSTRUMENT_BYTES = 0x10D0, 272
GET_LOOP_INFO, LOOP_INFO_BYTES = 0x10E0, 44
ONE_SHOT = 800
# What writers put where nobody said a note.
NO_NOTES = (-1, 0, 60)
TEMPO_CONFIDENCE, ROOT_CONFIDENCE = 0.92, 0.6


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """`tempo` (beats a minute) is that of a loop, and None for what is none; `root` is a MIDI note.

    `loop` is what a sampler repeats while a key is held: its first frame, and the one after its last.
    """

    tempo: Estimate | None = None
    root: Estimate | None = None
    loop: tuple[int, int] | None = None


NO_FACTS = HeaderFacts()


def header_facts(file: sf.SoundFile) -> HeaderFacts:
    """Of an open file whose length is known.

    A tempo must bear out the length with its number of beats: writers leave old ones behind.
    """
    said = _answer(file, GET_LOOP_INFO, LOOP_INFO_BYTES)
    instrument = _answer(file, GET_INSTRUMENT, INSTRUMENT_BYTES)
    tempo, root, loop = None, -1, None
    if said is not None:
        mode, beats, bpm, root = struct.unpack_from("=iifi", said, 4)
        if mode != ONE_SHOT and _lasts(beats, bpm, file.frames / file.samplerate):
            tempo = Estimate(bpm, TEMPO_CONFIDENCE)
    if root in NO_NOTES and instrument is not None:
        (root,) = struct.unpack_from("=b", instrument, 4)
    if instrument is not None:
        loops, _, first, after_last = struct.unpack_from("=iiII", instrument, 12)
        loop = (first, after_last) if loops > 0 else None
    is_note = root not in NO_NOTES and 0 <= root <= 127
    return HeaderFacts(tempo, Estimate(float(root), ROOT_CONFIDENCE) if is_note else None, loop)


def _answer(file: Any, command: int, size: int) -> bytes | None:
    buffer = sf._ffi.new("char[]", size)
    said = sf._snd.sf_command(file._file, command, buffer, size)
    return bytes(sf._ffi.buffer(buffer)) if said else None


def _lasts(beats: int, bpm: float, seconds: float) -> bool:
    if beats < 1 or not SLOWEST_BPM <= bpm <= FASTEST_BPM:
        return False
    return abs(beats * 60 / bpm - seconds) <= BAR_TOLERANCE * seconds
