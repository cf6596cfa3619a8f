"""From the bus to the list: a plugin by hand plays in real time, a daemon process answers its socket.

    python tests/benchmarks/live_latency.py --sounds 10000 --seconds 40

First list: from the first loud sample written, after silence, to the packet. Bus to list: from the moment
when the last sample of a hop is in the ring to the packet of the list that was made of it; the list's
steadiness is switched off so that each hop brings one.
"""

import argparse
import time

import numpy as np
from daemon_bench import RATE, Bench, music, serving, table
from fake_plugin import FakePlugin

FIRST_WINDOW_SECONDS, HOP_SECONDS = 0.75, 1.0
SETTINGS = f"""
[listening]
hop_seconds = {HOP_SECONDS}
first_window_seconds = {FIRST_WINDOW_SECONDS}
[suggesting]
hold_similarity = 0.0
"""


def first_list_seconds(bench: Bench, tries: int) -> list[float]:
    """Seconds from the music's start to the first list, each with an instance of its own."""
    found = []
    for number in range(tries):
        silence = np.zeros((2, RATE), np.float32)
        plugin = FakePlugin(bench.folder, silence).start()
        time.sleep(2.5 + 0.13 * number)
        plugin.audio = music(10, number)
        began_at = time.monotonic()
        while not plugin.lists and time.monotonic() - began_at < 10:
            time.sleep(0.002)
        found.append(plugin.lists[0][0] - began_at)
        plugin.stop()
    return found


def hop_latencies(bench: Bench, seconds: float) -> tuple[list[float], FakePlugin]:
    """Seconds from a hop's last sample to its list, while one instance plays from its ring's start on."""
    plugin = FakePlugin(bench.folder, music(seconds), link_seconds=1.0).start()
    time.sleep(seconds)
    plugin.stop()
    written = np.array(plugin.written)
    latencies = []
    for arrived_at, _, _ in plugin.lists:
        frame = np.interp(arrived_at, written[:, 0], written[:, 1])
        hop = np.floor((frame / RATE - FIRST_WINDOW_SECONDS) / HOP_SECONDS)
        due = round((FIRST_WINDOW_SECONDS + hop * HOP_SECONDS) * RATE)
        written_at = written[np.searchsorted(written[:, 1], due), 0]
        latencies.append(arrived_at - written_at)
    return latencies[2:], plugin  # the first come of what was in the ring before the hello


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sounds", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=40.0)
    arguments = parser.parse_args()
    with serving(arguments.sounds, SETTINGS) as bench:
        ready = FakePlugin(bench.folder, music(30)).start()
        while not ready.lists:
            time.sleep(0.005)
        start_seconds = ready.lists[0][0] - bench.started_at
        ready.stop()
        first = first_list_seconds(bench, 8)
        latencies, plugin = hop_latencies(bench, arguments.seconds)
    status = plugin.status()
    p50, p99 = np.percentile(np.array(latencies) * 1000, [50, 99])
    print(
        f"{arguments.sounds} sounds, model {status.text('model') if status else '?'}, {len(latencies)} hops"
    )
    table(
        [
            ("daemon's start to its first list, music playing", f"{start_seconds:.2f} s", "2 s"),
            ("first list after the music starts, median", f"{np.median(first):.2f} s", "1.5 s"),
            ("first list after the music starts, worst of 8", f"{max(first):.2f} s", "1.5 s"),
            ("bus to list, p50", f"{p50:.0f} ms", "60 ms"),
            ("bus to list, p99", f"{p99:.0f} ms", "150 ms"),
        ]
    )


if __name__ == "__main__":
    main()
