"""Run with count_calls preloaded: what the VST3 does on the audio thread while pedalboard processes.

python vst3_realtime.py PLUGIN.vst3

Prints JSON: what was done with the plugin's code on the call stack, in 20,000 random blocks and, as proof
that the counting works, in one activation at another sample rate, which makes a new ring.
"""

import ctypes
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pedalboard

BLOCKS = 20_000
MAX_FRAMES = 256
KINDS = ("allocations", "frees", "locks", "system_calls")
Counts = dict[str, int]


def code_range(name: str) -> tuple[int, int]:
    """The addresses at which a library of this file name is mapped."""
    lines = [line for line in Path("/proc/self/maps").read_text().splitlines() if line.endswith(name)]
    bounds = [int(text, 16) for line in lines for text in line.split()[0].split("-")]
    return min(bounds), max(bounds)


def count_begin() -> None:
    """Counts on this thread from now on."""
    begin, end = code_range("/timbred.so")
    ctypes.CDLL(None).count_begin(ctypes.c_ulong(begin), ctypes.c_ulong(end))


def count_end() -> tuple[Counts, Counts]:
    """What came by the plugin's code, and what came at all."""
    library, anywhere = (ctypes.c_long * len(KINDS))(), (ctypes.c_long * len(KINDS))()
    ctypes.CDLL(None).count_end(library, anywhere)
    return dict(zip(KINDS, library, strict=True)), dict(zip(KINDS, anywhere, strict=True))


def main() -> None:
    plugin: Any = pedalboard.VST3Plugin(sys.argv[1])
    plugin.process(np.zeros((2, 480), np.float32), 48_000, buffer_size=MAX_FRAMES)
    random = np.random.default_rng(1)
    blocks = [
        random.standard_normal((2, frames)).astype(np.float32)
        for frames in random.integers(1, MAX_FRAMES, size=BLOCKS)
    ]
    count_begin()
    for block in blocks:
        plugin.process(block, 48_000, buffer_size=MAX_FRAMES, reset=False)
    processing, with_host = count_end()
    count_begin()
    plugin.process(blocks[0], 44_100, buffer_size=MAX_FRAMES)
    activation, _ = count_end()
    print(json.dumps({"processing": processing, "with_host": with_host, "activation": activation}))


if __name__ == "__main__":
    main()
