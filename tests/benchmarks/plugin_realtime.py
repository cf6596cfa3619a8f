"""What the plugin costs on the audio thread: allocations, locks, system calls, and time against a memcpy.

python tests/benchmarks/plugin_realtime.py

The own part copies the block into the ring and to the output; run() of the LV2 adds what the plugin
framework does for each block. The memcpy goes to as much shared memory as a ring has, one block behind
the other, since that is the least that handing 20 s to another process costs.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "hosts"))

import plugin_build
import realtime

MAX_RATIO = 2.0
KINDS = ("allocations", "frees", "locks", "system_calls")


def main() -> None:
    plugin_folder = plugin_build.build("all") / "bin"
    print("20,000 random blocks      " + "".join(f"{kind.replace('_', ' '):>14}" for kind in KINDS))
    lv2 = realtime.lv2_counts(plugin_folder)
    print("LV2                       " + "".join(f"{lv2[kind]:14d}" for kind in KINDS))
    vst3 = realtime.vst3_counts(plugin_folder)["processing"]
    print("VST3 in pedalboard        " + "".join(f"{vst3[kind]:14d}" for kind in KINDS))
    print()
    print("frames   own part of process()   memcpy to shared memory   ratio   run() of the LV2   ratio")
    whole = {time.frames: time for time in realtime.lv2_times(plugin_folder)}
    missed: list[str] = []
    for own in realtime.core_times(plugin_folder.parent / "tests"):
        lv2_time = whole[own.frames]
        missed += [f"own part at {own.frames}"] * (own.process_ns > MAX_RATIO * own.memcpy_ns)
        missed += [f"run() at {own.frames}"] * (lv2_time.run_ns > MAX_RATIO * lv2_time.memcpy_ns)
        print(
            f"{own.frames:6d} {own.process_ns:20.0f} ns {own.memcpy_ns:22.0f} ns"
            f" {own.process_ns / own.memcpy_ns:7.2f} {lv2_time.run_ns:15.0f} ns"
            f" {lv2_time.run_ns / lv2_time.memcpy_ns:7.2f}"
        )
    print(
        f"at most {MAX_RATIO:g} times a memcpy: "
        + (f"missed by {', '.join(missed)} frames" if missed else "met")
    )


if __name__ == "__main__":
    main()
