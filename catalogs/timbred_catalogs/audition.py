"""A sound as it is auditioned: from its onset, in stereo, at the host's sample rate, as loud as any other."""

import numpy as np
import soundfile as sf
import soxr

from timbred_catalogs.audio_file import AudioFile, open_audio
from timbred_catalogs.decode import ONSET_DB, PRE_ROLL_SECONDS, SILENT_PEAK_DB, UndecodableError, undecodable
from timbred_catalogs.loudness import decibels, integrated_loudness

MOST_SECONDS = 15.0
"""Of a longer sound the rest is not heard."""
# Where the rest is cut off.
FADE_SECONDS = 0.05
LOUDNESS_LUFS = -18.0
"""Of the louder channel, where that keeps the peak below HIGHEST_PEAK_DB."""
HIGHEST_PEAK_DB = -3.0


def auditioned(path: str, sample_rate: int) -> np.ndarray:
    """Shape: (frames, 2) float32 at `sample_rate` Hz; of more channels the first two.

    Raises: UndecodableError with the reason.
    """
    try:
        with open_audio(path) as file:
            rate, audio = file.samplerate, _beginning(file)
    except (sf.SoundFileError, OSError, RuntimeError, ValueError) as error:
        raise undecodable(path, error) from error
    if len(audio) == 0:
        raise UndecodableError("holds no audio")
    if not np.isfinite(audio).all():
        raise UndecodableError("holds samples that are not numbers")
    peak = float(np.abs(audio).max())
    if decibels(peak) < SILENT_PEAK_DB:
        raise UndecodableError(f"silent: no sample above {SILENT_PEAK_DB:.0f} dBFS")
    onset = int(np.argmax(np.abs(audio).max(axis=1) >= peak * 10 ** (ONSET_DB / 20)))
    heard = audio[max(0, onset - round(PRE_ROLL_SECONDS * rate)) :]
    return _levelled(np.asarray(soxr.resample(heard, rate, sample_rate, quality="HQ")), sample_rate)


def _beginning(file: AudioFile) -> np.ndarray:
    most = round(MOST_SECONDS * file.samplerate)
    audio = file.take(most)[:, :2]
    if len(audio) == most:
        fade = round(FADE_SECONDS * file.samplerate)
        audio[-fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)[:, None]
    return audio if audio.shape[1] == 2 else np.repeat(audio, 2, axis=1)


def _levelled(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    loudness = max(integrated_loudness(channel.copy(), sample_rate) for channel in audio.T)
    gain_db = min(LOUDNESS_LUFS - loudness, HIGHEST_PEAK_DB - decibels(float(np.abs(audio).max())))
    return np.asarray(audio * 10 ** (gain_db / 20), dtype=np.float32)
