"""One SoundFont (.sf2, .sf3) opened in tinysoundfont, which plays its presets note by note."""

from pathlib import Path

import numpy as np

from timbred_training.errors import TrainingError

RATE = 44_100
DRUM_BANK = 128


class SoundFontPlayer:
    """A SoundFont ready to be played.

    Args:
        path: The font's file.

    Raises:
        TrainingError: if there is none, it can't be read, or the package that plays it is missing.
    """

    def __init__(self, path: Path) -> None:
        try:
            import tinysoundfont  # pyright: ignore[reportMissingImports]
        except ImportError as error:
            raise TrainingError("SoundFonts need a package: 'pip install --no-deps tinysoundfont'") from error

        if not path.is_file():
            raise TrainingError(f"a SoundFont must lie at {path}")
        self._synth = tinysoundfont.Synth(samplerate=RATE, gain=-6)
        try:
            self._font = self._synth.sfload(str(path))
        except RuntimeError as error:
            raise TrainingError(f"a SoundFont must be a readable .sf2 or .sf3 file, not {path}") from error

    def presets(self) -> dict[tuple[int, int], str]:
        """Names by bank and number; the bank of the drum kits is DRUM_BANK."""
        places = ((bank, number) for bank in range(DRUM_BANK + 1) for number in range(128))
        named = ((place, self._synth.sfpreset_name(self._font, *place)) for place in places)
        return {place: str(name) for place, name in named if name}

    def play(
        self, preset: tuple[int, int], pitch: int, velocity: int, hold_seconds: float, tail_seconds: float
    ) -> np.ndarray:
        """One note, mono float32 (frames,) at RATE: the key held, then let go."""
        bank, number = preset
        self._synth.program_select(0, self._font, bank, number, bank == DRUM_BANK)
        self._synth.sounds_off()
        self._synth.noteon(0, pitch, velocity)
        held = self._generate(hold_seconds)
        self._synth.noteoff(0, pitch)
        return np.concatenate([held, self._generate(tail_seconds)])

    def _generate(self, seconds: float) -> np.ndarray:
        stereo = np.frombuffer(self._synth.generate(int(seconds * RATE)), dtype=np.float32)
        mono: np.ndarray = stereo.reshape(-1, 2).mean(axis=1)
        return mono
