"""Plays a sound file through the built VST3 in a real host (pedalboard), in real time, and checks the output.

python scripts/play.py song.wav [--seconds 30] [--plugin build/plugin/bin/timbred.vst3]
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pedalboard
import soundfile

ROOT = Path(__file__).resolve().parent.parent
BUILT_PLUGIN = ROOT / "build" / "plugin" / "bin" / "timbred.vst3"
BLOCK_FRAMES = 512


def play(song: Path, plugin_path: Path, seconds: float | None) -> bool:
    """Plays at most so many seconds, no faster than they last.

    Returns:
        Whether the plugin's output was its input, bit for bit.
    """
    plugin: Any = pedalboard.VST3Plugin(str(plugin_path))  # the stubs lack its way of taking audio
    unchanged = True
    with soundfile.SoundFile(song) as file:
        frames = file.frames if seconds is None else min(file.frames, int(seconds * file.samplerate))
        began, played = time.monotonic(), 0
        for block in file.blocks(BLOCK_FRAMES, frames=frames, dtype="float32", always_2d=True):
            stereo = np.ascontiguousarray(np.broadcast_to(block[:, :2], (len(block), 2)).T)
            heard = plugin.process(stereo, file.samplerate, buffer_size=BLOCK_FRAMES, reset=False)
            unchanged &= np.array_equal(heard, stereo)
            played += len(block)
            time.sleep(max(0.0, began + played / file.samplerate - time.monotonic()))
    return unchanged


def main() -> int:
    """Returns: 0 where the output is the input, 1 where it is not, 2 where a file is missing or no sound."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("song", type=Path)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--plugin", type=Path, default=BUILT_PLUGIN)
    options = parser.parse_args()
    for path in (options.song, options.plugin):
        if not path.exists():
            print(f"there is no {path}", file=sys.stderr)
            return 2
    try:
        unchanged = play(options.song, options.plugin, options.seconds)
    except soundfile.LibsndfileError as error:
        print(f"{options.song} must be a sound file: {error}", file=sys.stderr)
        return 2
    print("output equals input, bit for bit" if unchanged else "the output differs from the input")
    return 0 if unchanged else 1


if __name__ == "__main__":
    sys.exit(main())
