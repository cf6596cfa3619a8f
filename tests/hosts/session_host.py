"""The session hosts beside this file: they tell the plugin of a meter, and hear of unsaved edits."""

import json
import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plugin_build import compile_host
from processes import ready_program

HERE = Path(__file__).parent
DPF_SOURCES = "/usr/share/dpf/distrho/src"
FORMATS = ("vst3", "clap")
Host = subprocess.Popen[str]


@contextmanager
def session_host(
    plugin_folder: Path, plugin_format: str, *words: str, environment: dict[str, str] | None = None
) -> Iterator[Host]:
    """One of `FORMATS` in its host, ready; it ends with the block.

    Args:
        plugin_folder: Where the plugin's formats lie.
        plugin_format: One of `FORMATS`.
        words: `editor`, or none for a host that takes orders.
        environment: The host's.
    """
    flags = ("-std=c++17", "-pthread", f"-I{DPF_SOURCES}")
    program = compile_host(HERE / f"session_{plugin_format}.cpp", "x11", flags=flags)
    bundle = plugin_folder / f"timbred.{plugin_format}"
    if plugin_format == "vst3":
        bundle = bundle / "Contents" / f"{platform.machine()}-linux" / "timbred.so"
    command = [str(program), str(bundle), *words]
    with ready_program(command, stdin=subprocess.PIPE, environment=environment) as host:
        yield host


def order(host: Host, *words: object) -> str:
    """What the host answers, empty where it has died."""
    assert host.stdin is not None
    assert host.stdout is not None
    host.stdin.write(" ".join(map(str, words)) + "\n")
    host.stdin.flush()
    return host.stdout.readline().strip()


def edits_told(host: Host) -> list[str]:
    """Ends a host that shows the editor; of which edits the plugin has told it."""
    told, _ = host.communicate(timeout=20)
    assert host.returncode == 0
    return told.splitlines()


def lv2_changes(plugin_folder: Path) -> dict[str, int]:
    """How often the LV2 told of a changed state, by what had gone before."""
    command = _lv2_host(plugin_folder)
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=20)
    return dict(json.loads(done.stdout))


@contextmanager
def lv2_editor(plugin_folder: Path, environment: dict[str, str]) -> Iterator[Host]:
    """The LV2's editor; at a line of input its host restores a state with the words "warm"."""
    command = [*_lv2_host(plugin_folder), "editor"]
    with ready_program(command, stdin=subprocess.PIPE, environment=environment) as host:
        yield host


def _lv2_host(plugin_folder: Path) -> list[str]:
    program = compile_host(HERE / "session_lv2.cpp", "lv2", "x11", flags=("-std=c++17",))
    return [str(program), str(plugin_folder / "timbred.lv2" / "timbred.so")]
