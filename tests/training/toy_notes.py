"""Toy instruments made in code: additive tones that differ in partials, decay and noise."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile

RATE = 32_000
FAMILIES = ("bass", "lead", "drum")
PITCHES = {"bass": 36, "lead": 66, "drum": 55}


def toy_note(instrument: int, family: str, note: int) -> np.ndarray:
    """One note, mono `(frames,)`: the instrument sets the timbre, `note` the pitch and the length."""
    timbre = np.random.default_rng(instrument)
    shape = np.random.default_rng([instrument, note])
    seconds = np.arange(int(RATE * shape.uniform(0.5, 0.9))) / RATE
    hz = 440.0 * 2.0 ** ((PITCHES[family] + 3 * note - 69) / 12)
    partials = timbre.uniform(0, 1, 12) ** 3 * (timbre.uniform(size=12) < 0.6)
    partials[0] += 0.2
    tone = sum(
        a * np.sin(2 * np.pi * (k + 1) * hz * seconds)
        for k, a in enumerate(partials)
        if (k + 1) * hz < 14_000
    )
    decay = np.exp(-seconds * timbre.uniform(1.0, 12.0 if family != "drum" else 30.0))
    noise = timbre.uniform(0, 0.5 if family == "drum" else 0.05) * shape.normal(size=len(seconds))
    audio = (tone + noise) * decay
    scaled: np.ndarray = (0.8 * audio / np.abs(audio).max()).astype(np.float32)
    return scaled


def write_toy_table(file: Path, instruments: int = 36, notes: int = 4, valid_share: float = 0.3) -> None:
    """Writes a note table of toy instruments; the first note of each is its reference."""
    rows = []
    for instrument in range(instruments):
        family = FAMILIES[instrument % 3]
        split = "valid" if instrument >= instruments * (1 - valid_share) else "train"
        for note in range(notes):
            rows.append(
                {
                    "instrument_id": f"toy_{instrument:03d}",
                    "family": family,
                    "split": split,
                    "fx": True,
                    "reference": note == 0,
                    "pitch": PITCHES[family] + 3 * note,
                    "velocity": 100,
                    "audio": encoded(toy_note(instrument, family, note)),
                }
            )
    pq.write_table(pa.Table.from_pylist(rows), file)


def encoded(audio: np.ndarray) -> bytes:
    """The audio as a FLAC file in memory."""
    file = io.BytesIO()
    soundfile.write(file, audio, RATE, format="FLAC")
    return file.getvalue()
