"""The small CLAP host beside this file, running with the built plugin."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plugin_build import compile_host

HERE = Path(__file__).parent
DPF_SOURCES = "/usr/share/dpf/distrho/src"


@contextmanager
def clap_host(
    plugin_folder: Path, *words: str, stdin: int = subprocess.PIPE, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """The host, running until the end of the block at the latest."""
    program = compile_host(HERE / "clap_host.cpp", "x11", flags=("-std=c++17", f"-I{DPF_SOURCES}"))
    command = [str(program), str(plugin_folder / "timbred.clap"), *words]
    host = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        yield host
    finally:
        host.kill()
        host.communicate()
