"""SFZ texts as their makers write them sound as they do in a player."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from timbred_catalogs.decode import UndecodableError
from timbred_catalogs.instruments.sfz import regions_of
from timbred_catalogs.instruments.sfz_note import render

RATE = 22_050
HERTZ = {"low": 220.5, "high": 441.0}


@pytest.fixture
def sfz(tmp_path: Path) -> Path:
    (tmp_path / "samples").mkdir()
    for name, hertz in HERTZ.items():
        tone = 0.25 * np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE)
        sf.write(tmp_path / "samples" / f"{name}.wav", tone, RATE)
    return tmp_path / "x.sfz"


def played(path: Path, text: str, note: int = 60) -> list[str]:
    """Which samples sound, for these are not tuned."""
    path.write_text(text.replace("<region>", "<region> pitch_keytrack=0"))
    audio = render(str(path), note).audio[0, :44_100]
    spectrum = np.abs(np.fft.rfft(audio)) / len(audio)
    return [name for name, hertz in HERTZ.items() if spectrum[round(hertz * len(audio) / 44_100)] > 0.01]


def test_a_definition_holds_until_the_next_of_its_name_also_in_what_is_included(sfz: Path) -> None:
    (sfz.parent / "key.sfz").write_text("<region> sample=samples/$NAME.wav key=$KEY\n")
    text = '#define $NAME low\n#define $KEY 48\n#include "key.sfz"\n'
    text += '#define $NAME high\n#define $KEY 60\n#include "key.sfz"\n'
    assert [played(sfz, text, note) for note in (48, 60)] == [["low"], ["high"]]


def test_a_definition_may_be_made_of_another(sfz: Path) -> None:
    text = "#define $MIDDLE 6\n#define $KEY $MIDDLE\n<region> sample=samples/low.wav key=$KEY0"
    assert played(sfz, text) == ["low"]
    assert regions_of(str(sfz))[0].keys() == range(60, 61)


def test_definitions_that_name_each_other_end(sfz: Path) -> None:
    sfz.write_text("#define $A0 x\n" + "".join(f"#define $A{n + 1} {f'$A{n}' * 10}\n" for n in range(9)))
    with pytest.raises(UndecodableError, match=r"\$A4 must be at most 1000 characters"):
        regions_of(str(sfz))


def test_an_include_in_a_comment_is_none(sfz: Path) -> None:
    assert played(sfz, '//#include "gone.sfz"\n<region> sample=samples/low.wav') == ["low"]


@pytest.mark.parametrize(
    "text",
    [
        "<global> sw_default=24\n<group> sw_last=c1\n{low}\n<group> sw_last=25\n{high}",
        "<group> sw_last=24\n{low}\n<group> sw_last=25\n{high}",
        "<group> sw_last=24 sw_default=24\n{low}\n<group> sw_last=25\n{high}",
        "{low}\n<group> sw_down=24\n{high}",
        "<group> locc4=0 hicc4=63\n{low}\n<group> locc4=64 hicc4=127\n{high}",
        "<control> set_cc4=100\n<group> locc4=64\n{low}\n<group> hicc4=63\n{high}",
        "<control> set_hdcc4=1\n<group> locc4=64\n{low}\n<group> hicc4=63\n{high}",
        "<group> locc7=90\n{low}\n<group> hicc7=89\n{high}",
        "{low}\n<group> end=-1\n{high}",
        "<control> note_offset=12\n{low} key=48\n{high} key=60",
        "<control> octave_offset=-1\n{low} key=c5\n{high} key=60",
        "<group> lokey=0 hikey=127\n{low} key=60\n{high} key=62",
    ],
)
def test_a_note_starts_only_what_a_player_starts(sfz: Path, text: str) -> None:
    regions = {name: f"<region> sample=samples/{name}.wav" for name in HERTZ}
    assert played(sfz, text.format(**regions)) == ["low"]


def test_an_instrument_that_waits_for_a_controller_is_heard(sfz: Path) -> None:
    text = "<group> locc32=1 hicc32=19\n{low}\n<group> locc32=20\n{high}"
    regions = {name: f"<region> sample=samples/{name}.wav" for name in HERTZ}
    assert played(sfz, text.format(**regions)) == ["low", "high"]


def test_a_regions_key_is_its_pitch_too_where_its_group_says_another(sfz: Path) -> None:
    sfz.write_text("<group> pitch_keycenter=48\n<region> sample=samples/low.wav key=60")
    assert regions_of(str(sfz))[0].key("pitch_keycenter", 60) == 60


def test_controls_say_of_the_regions_only_what_is_theirs_to_say(sfz: Path) -> None:
    sfz.write_text("<control> note_offset=12 volume=-20\n<region> sample=samples/low.wav")
    (region,) = regions_of(str(sfz))
    assert (region.number("note_offset", 0), region.number("volume", 0)) == (12, 0)


def test_names_may_differ_in_capitals_and_in_how_an_accent_is_written(sfz: Path) -> None:
    (sfz.parent / "samples" / "low.wav").rename(sfz.parent / "samples" / "Cafe\u0301.wav")
    assert played(sfz, "<region> sample=Samples\\CAF\u00c9.WAV") == ["low"]


@pytest.mark.parametrize("opcodes", ["loopmode=loop_continuous loopstart=500 loopend=1499", ""])
def test_a_loop_is_known_by_its_older_opcodes_and_by_the_samples_header(sfz: Path, opcodes: str) -> None:
    if opcodes:
        sf.write(sfz.parent / "short.wav", np.sin(np.arange(2205) * 2 * np.pi / 50), RATE)
    else:
        write_looped(sfz.parent / "short.wav", first=500, last=1499)
    sfz.write_text(f"<region> sample=short.wav key=60 {opcodes}")
    audio = render(str(sfz), 60).audio
    assert np.abs(audio[:, 80_000:88_000]).max() > 0.5
    assert np.abs(audio[:, 90_000:]).max() < 1e-6


def test_a_samples_own_root_is_taken_where_the_text_says_so(sfz: Path) -> None:
    write_looped(sfz.parent / "short.wav", first=500, last=1499, root=72)
    sfz.write_text("<region> sample=short.wav pitch_keycenter=sample")
    heard = [np.abs(np.fft.rfft(render(str(sfz), note).audio[0, :44_100])).argmax() for note in (60, 72)]
    assert heard == pytest.approx([220.5, 441], abs=1)


def write_looped(path: Path, first: int, last: int, root: int = 60) -> None:
    """A sine of 441 Hz whose `smpl` chunk says a loop."""
    audio = (20_000 * np.sin(np.arange(2205) * 2 * np.pi / 50)).astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16)
    sampler = struct.pack("<9I", 0, 0, 0, root, 0, 0, 0, 1, 0) + struct.pack("<6I", 0, 0, first, last, 0, 0)
    chunks = ((b"fmt ", form), (b"smpl", sampler), (b"data", audio))
    body = b"WAVE" + b"".join(name + struct.pack("<I", len(said)) + said for name, said in chunks)
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
