"""From a file to mono float32 in bounded memory, whatever the file is."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr

from timbred_catalogs.audio_file import AudioFile, open_audio
from timbred_catalogs.header_facts import NO_FACTS, HeaderFacts
from timbred_catalogs.loudness import decibels

# A longer file is not read whole: its loudest stretch stands for it.
WHOLE_SECONDS = 30.0
STRETCH_SECONDS = 10.0
PROBES = 8
NEAR_END_SECONDS = 0.5
BLOCK_FRAMES = 65_536
# A rate above this is brought down to it as the file is read.
HIGHEST_RATE = 48_000
LOWEST_READ_RATE, HIGHEST_READ_RATE = 1_000, 768_000
SHORTEST_SECONDS = 0.002
SILENT_PEAK_DB = -80.0
MPEG4_MARK = b"ftyp"
REX = {".rx2", ".rex", ".rcy"}
PACKED_KITS = {".h2drumkit"}
# What libsndfile says where it cannot go to a place that the header promises.
NO_SEEK = "psf_fseek() failed"
# Where the sound begins, against its peak; a click's attack is kept by stepping back a little.
ONSET_DB = -50.0
PRE_ROLL_SECONDS = 0.005
# A mono mix that is so far below the loudest channel is what the channels left of each other.
CANCELLED_DB = -20.0


class UndecodableError(Exception):
    """Why a file is not in the catalogue, in words for its owner."""


class NotNowError(UndecodableError):
    """The reason does not lie in the file: every run tries it again."""


def unread(error: OSError) -> NotNowError:
    """For a file, or one that it needs, that the system does not hand out."""
    return NotNowError(f"file cannot be read: {error.strerror}")


@dataclass(frozen=True, slots=True)
class Decoded:
    """`audio` (frames,) float32 mono at `audio_rate`: the whole sound, or a long one's loudest stretch.

    Where the channels cancel each other, the loudest of them stands for their mix. `peak_db` is of the
    loudest channel of what was read; `channels`, `sample_rate`, `duration_seconds` and `facts` are the
    file's.
    """

    audio: np.ndarray
    audio_rate: int
    peak_db: float
    channels: int
    sample_rate: int
    duration_seconds: float
    facts: HeaderFacts = NO_FACTS


def decode(path: str) -> Decoded:
    """The format is told by content, not by the extension.

    Raises: UndecodableError with the reason.
    """
    try:
        with open_audio(path) as file:
            mono, peak, seconds = _read(file)
            channels, rate, facts = file.channels, file.samplerate, file.facts()
    except (sf.SoundFileError, OSError, RuntimeError, ValueError) as error:
        raise undecodable(path, error) from error
    check(mono, peak, seconds)
    audio_rate = min(rate, HIGHEST_RATE)
    audio = resampled(mono, rate, audio_rate)
    return Decoded(audio, audio_rate, decibels(peak), channels, rate, seconds, facts)


def resampled(mono: np.ndarray, rate: int, to_rate: int) -> np.ndarray:
    """(frames,) float32 at `to_rate`."""
    if rate == to_rate:
        return mono
    return np.asarray(soxr.resample(mono, rate, to_rate, quality="HQ"), dtype=np.float32)


def from_onset(decoded: Decoded) -> np.ndarray:
    """The audio without the silence before its attack, (frames,) float32 at `audio_rate`."""
    level = np.abs(decoded.audio)
    onset = int(np.argmax(level >= level.max() * 10 ** (ONSET_DB / 20)))
    return decoded.audio[max(0, onset - round(PRE_ROLL_SECONDS * decoded.audio_rate)) :]


def _read(file: AudioFile) -> tuple[np.ndarray, float, float]:
    """Mono audio at the file's rate, the peak of any channel, the file's length in seconds."""
    rate = file.samplerate
    if not LOWEST_READ_RATE <= rate <= HIGHEST_READ_RATE:
        rule = f"sample rate must be {LOWEST_READ_RATE}..{HIGHEST_READ_RATE} Hz"
        raise UndecodableError(f"{rule}, not {rate}")
    if file.frames == 0:
        return np.zeros(0, np.float32), 0.0, 0.0
    whole, frames = round(WHOLE_SECONDS * rate), file.frames
    if frames > whole and not file.seekable():
        mono, peak = _read_mono(file, whole)
        return mono, peak, (len(mono) + _frames_left(file)) / rate
    if frames > whole:
        frames = _frames(file)
        file.seek(0)
    if frames <= whole:
        mono, peak = _read_mono(file, whole)
        return mono, peak, len(mono) / rate
    mono, peak = _loudest_stretch(file, frames, round(STRETCH_SECONDS * rate))
    return mono, peak, frames / rate


def _frames(file: AudioFile) -> int:
    """How many there are: an MP3 without a count of them is taken for longer by its pictures, and is read."""
    file.seek(file.frames - round(NEAR_END_SECONDS * file.samplerate))
    if len(file.take(1)):
        return file.frames
    file.seek(0)
    return _frames_left(file)


def _loudest_stretch(file: AudioFile, of_frames: int, frames: int) -> tuple[np.ndarray, float]:
    loudest, highest, power = np.zeros(0, np.float32), 0.0, -1.0
    for probe in range(PROBES):
        start = (of_frames - frames) * probe // (PROBES - 1)
        file.seek(start)
        mono, peak = _read_mono(file, frames, start)
        mean_square = float(np.mean(np.square(mono))) if len(mono) else 0.0
        if not mean_square <= power:
            loudest, highest, power = mono, peak, mean_square
    return loudest, highest


def _read_mono(file: AudioFile, frames: int, start: int = 0) -> tuple[np.ndarray, float]:
    """At most `frames` from `start`, where the file stands, and the peak of any channel.

    Channels that cancel each other are read again for the loudest alone, where the file can seek.
    """
    parts, peak, energies = [np.zeros(0, np.float32)], 0.0, np.zeros(file.channels)
    for block in _blocks(file, frames):
        parts.append(block.mean(axis=1, dtype=np.float32))
        peak = max(peak, float(np.max(np.abs(block))))
        if file.channels > 1:
            energies += [np.dot(channel, channel) for channel in block.T]
    mono = np.concatenate(parts)
    if np.dot(mono, mono) < energies.max() * 10 ** (CANCELLED_DB / 10) and file.seekable():
        file.seek(start)
        loudest = int(energies.argmax())
        mono = np.concatenate([block[:, loudest].copy() for block in _blocks(file, frames)])
    return mono, peak


def _blocks(file: AudioFile, frames: int) -> Iterator[np.ndarray]:
    """(frames, channels) each, so that eight channels never stand in memory whole."""
    while frames > 0 and len(block := file.take(min(BLOCK_FRAMES, frames))):
        yield block
        frames -= len(block)


def _frames_left(file: AudioFile) -> int:
    frames = 0
    while block := len(file.take(BLOCK_FRAMES)):
        frames += block
    return frames


def check(mono: np.ndarray, peak: float, seconds: float) -> None:
    """Raises: UndecodableError for audio that nobody would hear, and for what is no audio."""
    if len(mono) == 0:
        raise UndecodableError("holds no audio")
    if not (np.isfinite(peak) and np.isfinite(mono).all()):
        raise UndecodableError("holds samples that are not numbers")
    if seconds < SHORTEST_SECONDS:
        milliseconds = int(seconds * 1e6) / 1000  # not rounded up to what it must be
        raise UndecodableError(f"too short: {milliseconds:.3f} ms, must be {SHORTEST_SECONDS * 1000:.0f} ms")
    if decibels(peak) < SILENT_PEAK_DB:
        raise UndecodableError(f"silent: no sample above {SILENT_PEAK_DB:.0f} dBFS")
    if decibels(float(np.max(np.abs(mono)))) < SILENT_PEAK_DB:
        raise UndecodableError("silent in mono: its channels cancel each other")
    if decibels(float(np.ptp(mono)) / 2) < SILENT_PEAK_DB:
        raise UndecodableError("silent: nothing but a constant offset")


def undecodable(path: str, error: Exception) -> UndecodableError:
    """What a decoder's refusal means to the file's owner."""
    if isinstance(error, OSError):
        return unread(error)
    try:
        with Path(path).open("rb") as file:
            head = file.read(8)
    except OSError as gone:
        return unread(gone)
    if not head:
        return UndecodableError("empty file")
    if head.endswith(MPEG4_MARK):
        return UndecodableError(
            "not decodable: MPEG-4 audio (AAC, ALAC), for which this system has no decoder"
        )
    if Path(path).suffix.lower() in REX:
        return UndecodableError("REX loops cannot be read: export them as WAV")
    if Path(path).suffix.lower() in PACKED_KITS:
        return UndecodableError("a packed Hydrogen kit: unpack it (tar xf), its samples are then found")
    if NO_SEEK in str(error):
        return UndecodableError("not decodable: damaged, or its end is missing")
    said = str(error).rsplit(": ", 1)[-1].strip().rstrip(".")
    return UndecodableError(f"not decodable: {said[:200]}")
