"""Builds a real VST3 instrument with programs of every kind, out of `tiny_synth_source`, by DPF."""

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCES = Path(__file__).parent / "tiny_synth_source"
DPF = Path("/usr/share/dpf/distrho")


def build_tiny_synth(folder: Path) -> Path:
    """Returns: the bundle, in `folder`; skips the test where DPF or a compiler is missing."""
    compiler = shutil.which("g++")
    if compiler is None or not DPF.exists():
        pytest.skip(f"needs g++ and DPF in {DPF}: apt-get install g++ dpf-source")
    bundle = folder / "Tiny Synth.vst3"
    binary = bundle / "Contents" / f"{platform.machine()}-linux" / "Tiny Synth.so"
    binary.parent.mkdir(parents=True)
    sources = [str(SOURCES / "tiny_synth.cpp"), str(DPF / "DistrhoPluginMain.cpp")]
    flags = ["-std=c++17", "-O1", "-shared", "-fPIC", "-w", "-DDISTRHO_PLUGIN_TARGET_VST3"]
    includes = [f"-I{SOURCES}", f"-I{DPF}"]
    subprocess.run([compiler, *flags, *includes, *sources, "-o", str(binary)], check=True)
    return bundle
