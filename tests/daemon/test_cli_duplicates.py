"""`timbred catalog duplicates` on copies as they come about: another gain, another format, another name."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from catalog_program import run, values, write_tone

RATE = 22_050


@pytest.fixture
def library(home: Path) -> Path:
    """A kick and a snare with copies, and another sound."""
    folder = home / "Samples" / "Dusty"
    kick, snare = folder / "Kicks" / "Kick 01.wav", folder / "Snares" / "SD 01.wav"
    shutil.copy(kick, folder / "Kicks" / "the same.wav")
    (folder / "Pads" / "Pad Am.wav").unlink()  # as low a tone as the kick's: the tiny model knows no other
    write_tone(snare, 3300.0)
    audio, rate = sf.read(snare)
    sf.write(folder / "quieter.wav", 0.25 * audio, rate)
    sf.write(folder / "smaller.ogg", audio, rate)
    sf.write(folder / "smallest.mp3", audio, rate)
    sf.write(folder / "longer.wav", np.concatenate([audio, audio]), rate)
    write_tone(folder / "other.wav", 1000.0)
    run("add", str(home / "Samples"))
    return folder


def test_copies_and_near_copies_are_told_apart(library: Path) -> None:
    copies, near = values("duplicates")
    assert (copies["group"], copies["name"]) == ("copies", "Kick 01")
    assert [Path(path).name for path in copies["paths"]] == ["Kick 01.wav", "the same.wav"]
    assert copies["spare_bytes"] == (library / "Kicks" / "Kick 01.wav").stat().st_size
    assert near["group"] == "near"
    assert {s["name"] for s in near["sounds"]} == {"SD 01", "quieter", "smaller", "smallest"}
    assert all(s["similarity"] >= 0.97 for s in near["sounds"])
    assert len(list(library.rglob("*.*"))) == 8, "nothing is deleted"


def test_the_report_names_files_and_what_they_cost(library: Path) -> None:
    said = run("duplicates").stdout
    assert said.startswith("1 sound with several files of one content; 0.0 MB more than once each takes\n")
    assert f"    {library}/Kicks/the same.wav\n" in said
    assert "1 group of nearly the same (descriptors cosine of 0.97, nearly one length)" in said
    assert f"{library}/smallest.mp3" in said
    assert "smallest.mp3" not in run("duplicates", "--copies").stdout
