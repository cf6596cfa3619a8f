"""Where a test with Ardour happens: folders of its own, and programs that are always ended."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from processes import end

PROJECT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Place:
    """Folders of a test's own.

    Args:
        folder: All that the programs write lies in it; its path is short, since sockets lie in it too.
        data: timbred's data folder, with the catalogue.
    """

    folder: Path
    data: Path

    @property
    def home(self) -> Path:
        """The programs' home."""
        return self.folder / "home"

    @property
    def bundle(self) -> Path:
        """Where the plugin is installed."""
        return self.home / ".vst3" / "timbred.vst3"

    @property
    def runtime(self) -> Path:
        """timbred's runtime folder: rings and the daemon's address."""
        return self.folder / "run"

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """What every program here runs under: nothing of the user's but the search path."""
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.home),
            "TIMBRED_RUNTIME_DIR": str(self.runtime),
            "TIMBRED_DATA_DIR": str(self.data),
            "TIMBRED_CONFIG": str(self.folder / "timbred.toml"),
            **(more or {}),
        }

    def run(self, *command: str, seconds: float = 60, more: Mapping[str, str] | None = None) -> str:
        """Runs a program to its end; the test fails where it fails or takes too long.

        Returns:
            What it printed.
        """
        with self.started(*command, name="run", more=more) as process:
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                pytest.fail(f"{command[0]} must end within {seconds:g} s\n{self.log('run')[-4000:]}")
        if process.returncode != 0:
            pytest.fail(f"{' '.join(command)} ended with {process.returncode}\n{self.log('run')[-4000:]}")
        return self.log("run")

    def timbred(self, *arguments: str, seconds: float = 60) -> str:
        """Runs a command of timbred's to its end."""
        return self.run(sys.executable, "-m", "timbred", *arguments, seconds=seconds)

    @contextmanager
    def started(
        self, *command: str, name: str, more: Mapping[str, str] | None = None
    ) -> Iterator["subprocess.Popen[bytes]"]:
        """A running program; it and all that it started are gone afterwards. Its output is a log.

        Args:
            command: The program and its arguments.
            name: Of the log.
            more: What it finds in its environment beyond the place's.
        """
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment(more),
                cwd=self.folder,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            end(process)

    def log(self, name: str) -> str:
        """What a started program printed so far."""
        return (self.folder / f"{name}.log").read_text(errors="replace")


@contextmanager
def new_place(data: Path) -> Iterator[Place]:
    """A place, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="timbred-ardour-"))
    place = Place(folder, data)
    try:
        place.runtime.mkdir(mode=0o700)
        (place.home / ".vst3").mkdir(parents=True)
        yield place
    finally:
        shutil.rmtree(folder, ignore_errors=True)
