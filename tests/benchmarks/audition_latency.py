"""From a click to the sound: a plugin by hand asks a daemon process for samples of its catalogue, one by one.

    python tests/benchmarks/audition_latency.py --sounds 10000 --times 200

Each answer is a file of frames at the ring's rate, which the plugin plays with its next block. The first
click of a while starts the process that decodes.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile as sf
from daemon_bench import RATE, Bench, music, serving, table
from fake_plugin import FakePlugin
from library_of_tones import sound

from timbred.models import default_encoder
from timbred_catalogs.catalogue import Catalogue

FILE_RATE = 44_100
FIRST_NUMBER = 10_000_000
ONE_SHOT_SECONDS, LOOP_SECONDS = 0.5, 16.0
DIFFERENT = 16


def add_samples(bench: Bench, seconds: float, first_number: int) -> list[str]:
    """Stereo WAV files of that length in the catalogue; their ids."""
    encoder = default_encoder()
    samples = []
    for number in range(first_number, first_number + DIFFERENT):
        path = bench.folder.parent / f"{number}.wav"
        audio = music(seconds, number)[:, : round(seconds * FILE_RATE)]
        sf.write(path, audio.T, FILE_RATE, subtype="PCM_24")
        samples.append(replace(sound(number), path=str(path), size_bytes=path.stat().st_size))
    vectors = np.tile(encoder.embed(music(1.0)[0]), (DIFFERENT, 1))
    Catalogue.open(bench.catalog).add(samples, {encoder.space: vectors})
    return [sample.id for sample in samples]


def answer_seconds(plugin: FakePlugin, sound_id: str, number: int) -> float:
    """From the packet that asks to the one that answers."""
    asked_at = time.monotonic()
    plugin.send("/timbred/audition", sound_id, number)
    while time.monotonic() - asked_at < 10.0:
        for message in reversed(plugin.messages[-8:]):
            if message.address == "/timbred/audio" and message.integer("number") == number:
                arrived_at = time.monotonic()
                if message.text("trouble"):
                    raise SystemExit(message.text("trouble"))
                Path(plugin.folder / message.text("file")).unlink()
                return arrived_at - asked_at
        time.sleep(0.0005)
    raise SystemExit("no answer within 10 s")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sounds", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=200)
    arguments = parser.parse_args()
    with serving(arguments.sounds) as bench:
        one_shots = add_samples(bench, ONE_SHOT_SECONDS, FIRST_NUMBER)
        loops = add_samples(bench, LOOP_SECONDS, FIRST_NUMBER + DIFFERENT)
        plugin = FakePlugin(bench.folder, music(4.0)).start()
        time.sleep(6.0)  # the daemon takes up what was added, and the music plays
        first = answer_seconds(plugin, one_shots[0], 0)
        found = [
            [answer_seconds(plugin, ids[n % DIFFERENT], 1 + n) for n in range(arguments.times)]
            for ids in (one_shots, loops)
        ]
        plugin.stop()
    rows = [("first click, a one-shot", f"{first * 1000:.0f} ms", "")]
    for name, times in zip((f"{ONE_SHOT_SECONDS} s", f"15 s of {LOOP_SECONDS} s"), found, strict=True):
        p50, p99 = np.percentile(np.array(times) * 1000, [50, 99])
        rows += [(f"{name}, p50", f"{p50:.0f} ms", ""), (f"{name}, p99", f"{p99:.0f} ms", "")]
    print(f"{arguments.sounds} sounds, {arguments.times} clicks each, ring at {RATE} Hz")
    table(rows)


if __name__ == "__main__":
    main()
