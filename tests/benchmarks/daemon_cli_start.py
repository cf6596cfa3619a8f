"""How long `timbred --help` takes, beside the interpreter alone.

python tests/benchmarks/daemon_cli_start.py
"""

import subprocess
import sys
import time
from statistics import median

TRIES = 15


def seconds(command: list[str]) -> float:
    """The median wall time of a command."""
    found = []
    for _ in range(TRIES):
        begun_at = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        found.append(time.perf_counter() - begun_at)
    return median(found)


def main() -> None:
    """Measures and prints."""
    alone = seconds([sys.executable, "-c", "pass"])
    full = seconds([sys.executable, "-m", "timbred", "--help"])
    print(f"python -c pass    {alone:.3f} s")
    print(f"timbred --help    {full:.3f} s   ({full / alone:.1f} times; to reach: 0.3 s)")


if __name__ == "__main__":
    main()
