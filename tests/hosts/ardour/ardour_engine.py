"""Ardour's engine without a screen: finds the plugin, makes sessions, plays them, exports them."""

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from ardour_place import Place
from plugin_build import need

SCANNER = Path("/usr/lib/ardour7/ardour-vst3-scanner")
SCRIPTS = Path(__file__).resolve().parent


def install(place: Place, bundle: Path) -> str:
    """Installs the built plugin and has Ardour look at it, as it must after every build.

    Returns:
        The plugin's id.
    """
    if not SCANNER.exists():
        pytest.fail(f"{SCANNER} does not exist: run scripts/setup --tests")
    place.bundle.symlink_to(bundle)
    place.run(str(SCANNER), "-f", str(place.bundle), more={"LD_LIBRARY_PATH": str(SCANNER.parent)})
    (found,) = (place.home / ".cache" / "ardour7" / "vst").glob("*.v3i")
    (plugin,) = re.findall(r'uid="(\w+)" name="timbred"', found.read_text())
    return str(plugin)


def make_session(
    place: Place,
    name: str,
    tracks: Sequence[str],
    plugin: str,
    parameters: Mapping[int, float] | None = None,
    tempo_bpm: float = 120.0,
) -> Path:
    """Makes a session with stereo tracks and, unless its id is empty, the plugin on the master bus.

    Returns:
        The session's folder.
    """
    folder = place.folder / name
    told = {
        "TIMBRED_SESSION": str(folder),
        "TIMBRED_TRACKS": "\n".join(tracks),
        "TIMBRED_PLUGIN": plugin,
        "TIMBRED_PARAMETERS": " ".join(f"{index}={value}" for index, value in (parameters or {}).items()),
        "TIMBRED_TEMPO": str(tempo_bpm),
    }
    _made(place, folder, [need("ardour7-lua"), str(SCRIPTS / "make_session.lua")], told)
    return folder


def playing(session: Path, seconds: float, record: str = "") -> tuple[list[str], dict[str, str]]:
    """The command and the environment that play a session in real time."""
    told = {"TIMBRED_SESSION": str(session), "TIMBRED_SECONDS": str(seconds), "TIMBRED_RECORD": record}
    return [need("ardour7-lua"), str(SCRIPTS / "play_session.lua")], told


def export(place: Place, session: Path) -> npt.NDArray[np.float32]:
    """Exports a session in float32.

    Returns:
        float32, shape `(2, frames)`.
    """
    path = place.folder / f"{session.name}.wav"
    command = [need("ardour7-export"), "-b", "float", "-o", str(path), str(session), "song"]
    _made(place, path, command)
    return read_audio(path)


def _made(place: Place, path: Path, command: Sequence[str], more: Mapping[str, str] | None = None) -> None:
    """Runs a program of Ardour's that makes a file or folder; from the start once more where it crashes.

    One start in fifty does by itself, without any plugin, too.
    """
    for name in ("made", "made-again"):
        with place.started(*command, name=name, more=more) as process:
            if process.wait(60) == 0:
                return
        if path.is_dir():
            shutil.rmtree(path)
    pytest.fail(f"{command[0]} failed twice\n{place.log('made')[-2000:]}\n{place.log('made-again')[-2000:]}")


def read_audio(path: Path) -> npt.NDArray[np.float32]:
    """A sound file, float32, shape `(channels, frames)`."""
    audio, _ = soundfile.read(path, dtype="float32", always_2d=True)
    return np.ascontiguousarray(audio.T, dtype=np.float32)
