"""From the bus to the list: a plugin by hand plays in real time, a daemon process answers its socket.

    python tests/benchmarks/live_latency.py --sounds 10000 --seconds 40

First list: from the first loud sample written, after silence, to the packet. Bus to list: from the moment
when the last sample of a hop is in the ring to the packet of the list that was made of it; the list's
steadiness is switched off so that each hop brings one. Start to list: from the start of a process, with all
that it imports and opens, to the packet, while the plugin plays on.
"""

import argparse
import time

import numpy as np
from daemon_bench import RATE, Bench, music, serving, table
from fake_plugin import FakePlugin
from live_stages import stage_milliseconds

FIRST_WINDOW_SECONDS, HOP_SECONDS = 0.75, 1.0
LINK_SECONDS = 0.5
"""How often the real plugin looks for a daemon."""
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


def restart_seconds(bench: Bench, tries: int) -> list[float]:
    """Seconds from a daemon's start, after a kill -9 while the music plays, to its first list."""
    plugin = FakePlugin(bench.folder, music(30), link_seconds=LINK_SECONDS).start()
    found = []
    for _ in range(tries):
        _wait_for_lists(plugin, len(plugin.lists) + 1)
        known = len(plugin.lists)
        started_at = bench.kill_and_start_again()
        _wait_for_lists(plugin, known + 1)
        found.append(plugin.lists[known][0] - started_at)
    plugin.stop()
    return found


def _wait_for_lists(plugin: FakePlugin, count: int) -> None:
    while len(plugin.lists) < count:
        time.sleep(0.005)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sounds", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--tries", type=int, default=8)
    arguments = parser.parse_args()
    with serving(arguments.sounds, SETTINGS) as bench:
        restarts = restart_seconds(bench, arguments.tries)
        first = first_list_seconds(bench, arguments.tries)
        latencies, plugin = hop_latencies(bench, arguments.seconds)
        stages = stage_milliseconds(bench.catalog, arguments.seconds)
    status = plugin.status()
    p50, p99 = np.percentile(np.array(latencies) * 1000, [50, 99])
    print(
        f"{arguments.sounds} sounds, model {status.text('model') if status else '?'}, {len(latencies)} hops"
    )
    table(
        [
            ("start after a kill -9 to the list, median", f"{np.median(restarts):.2f} s", "2 s"),
            (f"start after a kill -9 to the list, worst of {len(first)}", f"{max(restarts):.2f} s", "2 s"),
            ("first list after the music starts, median", f"{np.median(first):.2f} s", "1.5 s"),
            (f"first list after the music starts, worst of {len(first)}", f"{max(first):.2f} s", "1.5 s"),
            ("bus to list, p50", f"{p50:.0f} ms", "60 ms"),
            ("bus to list, p99", f"{p99:.0f} ms", "150 ms"),
        ]
    )
    print("\nwhere it goes: the same modules one after the other in this process, at its own priority")
    for stage, times in stages.items():
        middle, late = np.percentile(times, [50, 99])
        print(f"  {stage:<50} p50 {middle:6.1f} ms   p99 {late:6.1f} ms")


if __name__ == "__main__":
    main()
