"""What a mix bus and a lossy codec do to a mixture; each draws first and applies second."""

import io

import numpy as np
import soundfile
from pedalboard import (
    Compressor,
    HighShelfFilter,
    Limiter,
    LowShelfFilter,
    PeakFilter,
    Reverb,
)
from pedalboard._pedalboard import Pedalboard  # the package's own name for it is not typed

CODECS = (("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III"))


def draw_bus(rng: np.random.Generator) -> Pedalboard:
    """An equaliser, mostly a compressor and a limiter, now and then a reverb."""
    bus = Pedalboard(
        [
            LowShelfFilter(float(rng.uniform(60, 250)), float(rng.uniform(-4, 4))),
            PeakFilter(float(np.exp(rng.uniform(np.log(200), np.log(6000)))), float(rng.uniform(-4, 4)), 0.8),
            HighShelfFilter(float(rng.uniform(4000, 10_000)), float(rng.uniform(-4, 4))),
        ]
    )
    if rng.random() < 0.7:
        bus.append(
            Compressor(
                threshold_db=float(rng.uniform(-28, -10)),
                ratio=float(rng.uniform(1.5, 5.0)),
                attack_ms=float(rng.uniform(2, 30)),
                release_ms=float(rng.uniform(60, 300)),
            )
        )
    if rng.random() < 0.4:
        wet = float(rng.uniform(0.03, 0.2))
        bus.append(Reverb(room_size=float(rng.uniform(0.1, 0.8)), wet_level=wet, dry_level=1.0 - wet))
    if rng.random() < 0.7:
        bus.append(Limiter(threshold_db=float(rng.uniform(-9, -1)), release_ms=float(rng.uniform(50, 200))))
    return bus


def coded(audio: np.ndarray, sample_rate: int, rng: np.random.Generator, *, chance: float) -> np.ndarray:
    """With the given chance, mono `(frames,)` through Vorbis or MP3 at some quality; as long as before."""
    drawn, codec, quality = (
        rng.random(),
        CODECS[int(rng.integers(len(CODECS)))],
        float(rng.uniform(0.2, 0.95)),
    )
    if drawn >= chance:
        return audio
    file = io.BytesIO()
    kind, subtype = codec
    soundfile.write(file, audio, sample_rate, format=kind, subtype=subtype, compression_level=quality)
    file.seek(0)
    decoded, _ = soundfile.read(file, dtype="float32")
    result: np.ndarray = np.pad(decoded[: len(audio)], (0, max(0, len(audio) - len(decoded))))
    return result
