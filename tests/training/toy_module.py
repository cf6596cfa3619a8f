"""A four-channel MOD file made in code: a kick, a hat and a lead with samples of known content."""

import struct
from pathlib import Path

import numpy as np

PERIOD = 214  # the note at which a sample of 16,574 Hz plays at its own speed
ROWS, CHANNELS = 64, 4


def kick() -> np.ndarray:
    """A decaying low tone, `(frames,)`, -1..1."""
    t = np.arange(4000) / 16_574
    return np.sin(2 * np.pi * 60 * t) * np.exp(-t * 20)


def hat() -> np.ndarray:
    """Decaying noise."""
    t = np.arange(1500) / 16_574
    noise = np.diff(np.random.default_rng(1).standard_normal(len(t) + 1))
    return np.clip(0.3 * noise * np.exp(-t * 60), -1, 1)


def lead() -> np.ndarray:
    """A steady square tone of 1.2 s."""
    return 0.5 * np.sign(np.sin(2 * np.pi * 440 * np.arange(20_000) / 16_574))


def write_module(path: Path) -> None:
    """Writes the module: kick on every 8th row, hat on every 4th, a lead's note on every 16th."""
    samples = {"kick": kick(), "closed hat": hat(), "lead": lead()}
    data = b"toy".ljust(20, b"\0")
    for name in [*samples, *[""] * (31 - len(samples))]:
        words = len(samples[name]) // 2 if name else 0
        data += name.encode().ljust(22, b"\0") + struct.pack(">HBBHH", words, 0, 64, 0, 1)
    data += bytes([4, 127]) + bytes(128) + b"M.K."
    for row in range(ROWS):
        for channel, every in enumerate((8, 4, 16, ROWS + 1)):
            data += _cell(channel + 1) if row % every == 0 and channel < 3 else bytes(4)
    for sound in samples.values():
        data += (np.clip(sound, -1, 1) * 127).astype(np.int8).tobytes()[: len(sound) // 2 * 2]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _cell(sample: int) -> bytes:
    return bytes([(sample & 0xF0) | PERIOD >> 8, PERIOD & 0xFF, (sample & 0x0F) << 4, 0])
