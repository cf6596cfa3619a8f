"""Questions in audio: half a dozen seconds of a song without, or with, the part whose sound is asked for."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from timbred_training.fit.mixing_board import WINDOW_SECONDS
from timbred_training.fit.prepare_songs import song_level
from timbred_training.fit.song_set import copies
from timbred_training.fit.songs import Array, Song
from timbred_training.frontend import SAMPLE_RATE, MelPower

QUIETEST = 10.0 ** (-50.0 / 20.0)
LOWEST_CUT_HZ, HIGHEST_CUT_HZ = 2_000.0, 12_000.0
BLOCK = SAMPLE_RATE // 10


@dataclass(frozen=True)
class Question:
    """A context that is asked for the sound of one part.

    Args:
        stem: The part's number in its song.
        role: The role asked for.
        in_mix: Whether the part is in the context.
        lo_fi: Whether the bandwidth was cut.
        audio: The context, mono float32 at `SAMPLE_RATE`.
        part: The part alone, as long as the context.
    """

    stem: int
    role: str
    in_mix: bool
    lo_fi: bool
    audio: Array
    part: Array


def ask(
    song: Song, copies: list[set[int]], rng: np.random.Generator, *, lo_fi: bool = True
) -> Iterator[Question]:
    """Asks for each part with a one-shot, where it is loudest: complete, in the mix and, if wanted, lo-fi.

    Args:
        song: The song.
        copies: For each part, the numbers of all that play one of its recordings, its own among them.
        rng: Draws the bandwidths.
    """
    for number, stem in enumerate(song.stems):
        begin = loudest(stem.audio)
        parts = [other.audio[begin : begin + int(WINDOW_SECONDS * SAMPLE_RATE)] for other in song.stems]
        peaks = np.array([float(np.abs(part).max(initial=0.0)) for part in parts])
        sounding = set(np.flatnonzero(peaks > QUIETEST * peaks.max(initial=1e-6)).tolist())
        if number not in sounding or not sounding - copies[number]:
            continue
        complete = np.sum([parts[k] for k in sorted(sounding - copies[number])], axis=0)
        whole = np.sum([parts[k] for k in sorted(sounding)], axis=0)
        for role in sorted({shot.role for shot in stem.one_shots}):
            for in_mix, audio in ((False, complete), (True, whole)):
                yield Question(number, role, in_mix, False, audio, parts[number])
                if lo_fi:
                    yield Question(number, role, in_mix, True, band_limited(audio, rng), parts[number])


def copied_parts(song: Song) -> list[set[int]]:
    """For each part of the song, the parts that play one of its recordings, itself among them."""
    mel = MelPower()
    shots = [(k, song_level(mel, shot.audio)) for k, stem in enumerate(song.stems) for shot in stem.one_shots]
    groups = copies([level for _, level in shots]).tolist() if shots else []
    of = [
        {group for (stem, _), group in zip(shots, groups, strict=True) if stem == k}
        for k in range(len(song.stems))
    ]
    return [{k, *(other for other in range(len(of)) if of[k] & of[other])} for k in range(len(of))]


def loudest(audio: Array) -> int:
    """The frame at which the window with the most energy begins."""
    blocks = np.square(audio[: len(audio) // BLOCK * BLOCK].astype(np.float64)).reshape(-1, BLOCK).sum(axis=1)
    width = int(WINDOW_SECONDS * SAMPLE_RATE) // BLOCK
    course = np.concatenate([[0.0], np.cumsum(blocks)])
    return BLOCK * int((course[width:] - course[:-width]).argmax()) if len(course) > width else 0


def band_limited(audio: Array, rng: np.random.Generator) -> Array:
    """Without what lies above a frequency drawn from 2 to 12 kHz, evenly in octaves."""
    cut_hz = float(np.exp(rng.uniform(np.log(LOWEST_CUT_HZ), np.log(HIGHEST_CUT_HZ))))
    spectrum = np.fft.rfft(audio)
    spectrum[int(cut_hz * len(audio) / SAMPLE_RATE) :] *= 1e-3
    limited: Array = np.fft.irfft(spectrum, len(audio)).astype(np.float32)
    return limited
