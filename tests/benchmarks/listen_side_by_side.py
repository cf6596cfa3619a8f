"""What two models say of one song: where in the lists the song's own sounds stand.

    python tests/benchmarks/listen_side_by_side.py [--every 16] [--seconds 4]

The demo's song plays sounds of the starter library beside some that are in no library. A slot's rank is that
of the best-placed file of the voice that plays it; a dash, that none of its files is listed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from timbred_catalogs.starter import write_demo_song, write_starter_library

SPACES = ("timbre", "descriptors")
SLOTS = {"closed_hat": "hat", "open_hat": "hat"}  # a role's slot, where it has another name


def main() -> None:
    """Writes library and song into a temporary folder, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--every", type=float, default=16.0, help="seconds from list to list")
    parser.add_argument("--seconds", type=float, default=4.0, help="heard for a list")
    arguments = parser.parse_args()
    hearing = ["--every", str(arguments.every), "--seconds", str(arguments.seconds)]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_starter_library(folder / "starter")
        facts = write_demo_song(folder / "song.wav")
        catalog = ["--catalog", str(folder / "catalog")]
        _timbred("catalog", "add", str(folder / "starter"), *catalog)
        for space in SPACES[1:]:
            _timbred("catalog", "rebuild", "--space", space, *catalog)
        heard = {space: _heard(folder / "song.wav", space, [*hearing, *catalog]) for space in SPACES}
        _print(facts, heard)


def _timbred(*arguments: str) -> str:
    command = [sys.executable, "-m", "timbred", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _heard(song: Path, space: str, options: list[str]) -> dict[float, list[dict[str, Any]]]:
    """The rows of the list by the second at which it was printed."""
    lines = _timbred("listen", str(song), "--space", space, "--json", *options).splitlines()
    return {line["seconds"]: line["rows"] for line in map(json.loads, lines)}


def _print(facts: dict[str, Any], heard: dict[str, dict[float, list[dict[str, Any]]]]) -> None:
    listed = dict.fromkeys(SPACES, 0)
    asked = 0
    print("second slot        voice                " + " ".join(f"{space:>12}" for space in SPACES))
    for second in heard[SPACES[0]]:
        for name in _playing(facts, second):
            voice = facts["voices"][name]
            slot = str(SLOTS.get(voice["role"], voice["role"]))
            ranks = [_rank(heard[space].get(second, []), slot, voice["library_files"]) for space in SPACES]
            for space, rank in zip(SPACES, ranks, strict=True):
                listed[space] += rank is not None
            asked += 1
            print(
                f"{second:6.0f} {slot:11} {voice['title']:20} " + " ".join(f"{r or '-':>12}" for r in ranks)
            )
    print(f"listed, of {asked}: " + ", ".join(f"{space} {count}" for space, count in listed.items()))


def _playing(facts: dict[str, Any], second: float) -> list[str]:
    for section in facts["sections"]:
        if section["start_seconds"] < second <= section["end_seconds"]:
            return list(section["in_library"])
    return []


def _rank(rows: list[dict[str, Any]], slot: str, files: list[str]) -> int | None:
    found = [
        row["rank"]
        for row in rows
        if row["slot"] == slot and row.get("path") and row["path"].endswith(tuple(files))
    ]
    return min(found, default=None)


if __name__ == "__main__":
    main()
