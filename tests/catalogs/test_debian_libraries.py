"""Libraries as distributions ship them, each catalogued by one command."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from timbred_catalogs.catalogue import Catalogue

# Package: where it puts its sounds, how many there are at least, and what is rightly left out: silent samples
# that kits use as blanks, a kit that names samples it lacks, and a cycle of 1.75 ms.
LIBRARIES = {
    "hydrogen-drumkits": (
        "/usr/share/hydrogen/data/drumkits",
        500,
        ("silent", "samples of the kit are missing"),
    ),
    "sonic-pi-samples": ("/usr/share/sonic-pi/samples", 120, ()),
    "lmms-common": ("/usr/share/lmms/samples", 150, ("too short",)),
    "fluid-soundfont-gm": ("/usr/share/sounds/sf2/FluidR3_GM.sf2", 189, ()),
}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def test_setup_installs_every_library() -> None:
    setup = (Path(__file__).parents[2] / "scripts" / "setup").read_text()
    assert [package for package in LIBRARIES if package not in setup] == []


def add(place: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "timbred", "catalog", "add", place, "--json"]
    environment = {**os.environ, "TIMBRED_DATA_DIR": str(folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


@pytest.mark.parametrize("package", LIBRARIES)
def test_a_librarys_sounds_are_all_taken_by_one_command(package: str, tmp_path: Path) -> None:
    place, least, left_out = LIBRARIES[package]
    if not Path(place).exists():
        pytest.skip(f"{package} is not installed")
    if package == "fluid-soundfont-gm":
        pytest.importorskip("tinysoundfont")
    first = add(place, tmp_path)
    assert first["added"] >= least
    catalogue = Catalogue.open(tmp_path / "catalog")
    reasons = [file.reason for file in catalogue.unreadable()]
    assert len(reasons) == first["unreadable"] <= 6
    assert all(reason.startswith(left_out) for reason in reasons), reasons
    assert catalogue.count() == first["added"]
    again = add(place, tmp_path)
    assert (again["added"], again["unchanged"]) == (0, first["unchanged"] + first["added"] + first["copies"])
