"""What the daemon costs: share of a core while one session plays and while all are silent, and memory.

python tests/benchmarks/daemon_cost.py --sounds 10000 --large 100000 --seconds 20
"""

import argparse
import time

import numpy as np
import psutil
from daemon_bench import RATE, Bench, music, serving, table
from fake_plugin import FakePlugin

PINNED = f"{0:032x}"
"""The id of the first of a bench's sounds."""


def share(
    bench: Bench, audio: np.ndarray, instances: int, seconds: float, pinned: tuple[str, ...] = ()
) -> float:
    """Share of one core that the daemon takes while so many instances play the audio and pin these sounds."""
    plugins = [FakePlugin(bench.folder, audio, link_seconds=1.0).start() for _ in range(instances)]
    for plugin in plugins:
        for sound in pinned:
            plugin.say("/timbred/feedback", sound, "pin")
    time.sleep(4.0)
    process = psutil.Process(bench.process.pid)
    before, begun_at = process.cpu_times(), time.monotonic()
    time.sleep(seconds)
    after = process.cpu_times()
    elapsed = time.monotonic() - begun_at
    for plugin in plugins:
        plugin.stop()
    time.sleep(5.0)  # until the sessions are dropped
    return float(after.user + after.system - before.user - before.system) / elapsed


def memory_megabytes(sounds: int) -> float:
    """The daemon's resident memory when it has made lists from so many sounds."""
    with serving(sounds) as bench:
        plugin = FakePlugin(bench.folder, music(10)).start()
        while not plugin.lists:
            time.sleep(0.05)
        time.sleep(3.0)
        resident = psutil.Process(bench.process.pid).memory_info().rss
        plugin.stop()
    return float(resident) / 1e6


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sounds", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    arguments = parser.parse_args()
    silence = np.zeros((2, RATE), np.float32)
    with serving(arguments.sounds) as bench:
        playing = share(bench, music(arguments.seconds + 10), 1, arguments.seconds)
        with_a_pin = share(bench, music(arguments.seconds + 10), 1, arguments.seconds, (PINNED,))
        silent = share(bench, silence, 1, arguments.seconds)
        many = share(bench, silence, 8, arguments.seconds)
    table(
        [
            ("one session plays", f"{playing:.1%}", "15 % of one core"),
            ("one session with a pinned sound plays", f"{with_a_pin:.1%}", "15 % of one core"),
            ("one session, silent", f"{silent:.2%}", "0.5 %"),
            ("eight sessions, all silent", f"{many:.2%}", "0.5 %"),
            (
                f"memory with {arguments.large} sounds",
                f"{memory_megabytes(arguments.large):.0f} MB",
                "500 MB",
            ),
        ]
    )


if __name__ == "__main__":
    main()
