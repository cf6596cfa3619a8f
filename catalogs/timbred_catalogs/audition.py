"""A sound as it is auditioned: from its onset, in stereo, at the host's sample rate, as loud as any other."""

import numpy as np
import soundfile as sf
import soxr

from timbred_catalogs.audio_file import AudioFile, open_audio
from timbred_catalogs.decode import (
    BLOCK_FRAMES,
    ONSET_DB,
    PRE_ROLL_SECONDS,
    SILENT_PEAK_DB,
    UndecodableError,
    undecodable,
)
from timbred_catalogs.loudness import decibels, integrated_loudness

MOST_SECONDS = 15.0
"""Of a longer sound the rest is not heard."""
SILENT_PEAK, ONSET_PEAK = 10 ** (SILENT_PEAK_DB / 20), 10 ** (ONSET_DB / 20)
# Where the rest is cut off, and where a sound ends by itself, perhaps not at zero.
CUT_FADE_SECONDS, END_FADE_SECONDS = 0.05, 0.005
LOUDNESS_LUFS = -18.0
"""Of the louder channel, where that keeps the peak below HIGHEST_PEAK_DB."""
HIGHEST_PEAK_DB = -3.0


def auditioned(path: str, sample_rate: int) -> np.ndarray:
    """Shape: (frames, 2) float32 at `sample_rate` Hz; of more channels the two with the most energy.

    Raises: UndecodableError with the reason.
    """
    try:
        with open_audio(path) as file:
            rate, audio = file.samplerate, _sounding(file)
    except (sf.SoundFileError, OSError, RuntimeError, ValueError) as error:
        raise undecodable(path, error) from error
    if len(audio) == 0:
        raise UndecodableError(f"silent: no sample above {SILENT_PEAK_DB:.0f} dBFS")
    if not np.isfinite(audio).all():
        raise UndecodableError("holds samples that are not numbers")
    cut = len(audio) == round(MOST_SECONDS * rate)
    audio /= np.abs(audio).max()
    heard = np.asarray(soxr.resample(_from_onset(audio, rate), rate, sample_rate, quality="HQ"))
    if np.abs(heard).max(initial=0.0) < ONSET_PEAK:
        raise UndecodableError(f"silent at {sample_rate} Hz: it lies above what that rate holds")
    fade = min(round((CUT_FADE_SECONDS if cut else END_FADE_SECONDS) * sample_rate), len(heard))
    heard[len(heard) - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)[:, None]
    return _levelled(heard, sample_rate)


def _sounding(file: AudioFile) -> np.ndarray:
    """What follows the silent blocks at its beginning, (frames, 2)."""
    most = round(MOST_SECONDS * file.samplerate)
    while len(block := file.take(BLOCK_FRAMES)):
        if not np.abs(block).max() < SILENT_PEAK:  # NaN is no silence
            rest = file.take(max(0, most - len(block)))
            return _two_channels(np.concatenate([block, rest])[:most])
    return np.zeros((0, 2), np.float32)


def _two_channels(audio: np.ndarray) -> np.ndarray:
    if audio.shape[1] == 1:
        return np.repeat(audio, 2, axis=1)
    energy = [float(np.dot(channel, channel)) for channel in audio.T]
    return np.ascontiguousarray(audio[:, sorted(np.argsort(energy)[-2:])])


def _from_onset(audio: np.ndarray, rate: int) -> np.ndarray:
    """`audio` has a peak of 1."""
    onset = int(np.argmax(np.abs(audio).max(axis=1) >= ONSET_PEAK))
    return audio[max(0, onset - round(PRE_ROLL_SECONDS * rate)) :]


def _levelled(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    loudness = max(integrated_loudness(channel.copy(), sample_rate) for channel in audio.T)
    gain_db = min(LOUDNESS_LUFS - loudness, HIGHEST_PEAK_DB - decibels(float(np.abs(audio).max())))
    return np.asarray(audio * 10 ** (gain_db / 20), dtype=np.float32)
