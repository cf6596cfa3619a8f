"""The copy of DPF that the plugin is built from: mended once, from a DPF that is known."""

import shutil
import subprocess
from pathlib import Path

import pytest
from plugin_build import SOURCE, need

DPF = Path("/usr/share/dpf")
CLAP = Path("distrho/src/DistrhoPluginCLAP.cpp")
VST3 = Path("distrho/src/DistrhoPluginVST3.cpp")


def mend(source: Path, mended: Path) -> subprocess.CompletedProcess[str]:
    """Runs the build's own script."""
    command = [need("cmake"), f"-DDPF_FOLDER={source}", f"-DDPF_MENDED={mended}", "-P"]
    return subprocess.run([*command, str(SOURCE / "mend_dpf.cmake")], capture_output=True, text=True)


@pytest.fixture
def dpf(tmp_path: Path) -> Path:
    """A DPF that may be changed."""
    copy = tmp_path / "dpf"
    shutil.copytree(DPF, copy, symlinks=True)
    return copy


def test_a_dpf_that_is_mended_already_stays_as_it_is(tmp_path: Path) -> None:
    once, twice = tmp_path / "once", tmp_path / "twice"
    assert mend(DPF, once).returncode == 0
    assert mend(once, twice).returncode == 0
    for file in (CLAP, VST3):
        assert (once / file).read_text() != (DPF / file).read_text()
        assert (twice / file).read_text() == (once / file).read_text()


def test_a_second_run_writes_nothing_so_nothing_is_compiled_anew(tmp_path: Path) -> None:
    mend(DPF, tmp_path)
    before = (tmp_path / VST3).stat().st_mtime_ns
    assert mend(DPF, tmp_path).returncode == 0
    assert (tmp_path / VST3).stat().st_mtime_ns == before


def test_an_unknown_dpf_stops_the_build_and_is_named(dpf: Path, tmp_path: Path) -> None:
    text = (dpf / VST3).read_text()
    (dpf / VST3).write_text(text.replace("const int    ppqPerBar", "const auto ppqPerBar"))
    done = mend(dpf, tmp_path / "mended")
    assert done.returncode != 0
    said = " ".join(done.stderr.split())
    assert f"{dpf / VST3} is not the one of DPF 1.6" in said
    assert "bars shorter than a quarter note divide by zero" in said
    assert not (tmp_path / "mended").exists()
