"""What the plugin costs on the audio thread: allocations, locks, system calls, and time against a memcpy.

python tests/benchmarks/plugin_realtime.py
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "hosts"))

import plugin_build
import realtime

KINDS = ("allocations", "frees", "locks", "system_calls")


def main() -> None:
    plugin_folder = plugin_build.build("all") / "bin"
    print("20,000 random blocks      " + "".join(f"{kind.replace('_', ' '):>14}" for kind in KINDS))
    lv2 = realtime.lv2_counts(plugin_folder)
    print("LV2                       " + "".join(f"{lv2[kind]:14d}" for kind in KINDS))
    vst3 = realtime.vst3_counts(plugin_folder)["processing"]
    print("VST3 in pedalboard        " + "".join(f"{vst3[kind]:14d}" for kind in KINDS))
    print()
    print("frames   run() of the LV2   memcpy to shared memory   ratio   memcpy in the first cache   ratio")
    for time in realtime.lv2_times(plugin_folder):
        ratio, hot_ratio = time.run_ns / time.memcpy_ns, time.run_ns / time.hot_memcpy_ns
        print(
            f"{time.frames:6d} {time.run_ns:15.0f} ns {time.memcpy_ns:20.0f} ns {ratio:7.2f}"
            f" {time.hot_memcpy_ns:24.0f} ns {hot_ratio:7.2f}"
        )


if __name__ == "__main__":
    main()
