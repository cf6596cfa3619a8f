"""The daemon is killed while Ardour plays."""

import json
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from ardour_daemon import serving, wait_for
from ardour_engine import make_session, playing, read_audio
from ardour_place import Place
from ardour_session import SAMPLE_RATE, SessionFile
from ring_recorder import place_of

from timbred_bridge.osc import Message
from timbred_catalogs.starter import write_demo_song

pytestmark = [pytest.mark.host, pytest.mark.timeout(300)]

SECONDS = 24
LIST_BACK_SECONDS = 2.0


def lateness_here(place: Place) -> float:
    """How much later than on an idle machine a process here has its libraries, in seconds.

    Importing the database is most of the daemon's start, and takes a second where nothing else runs.
    """
    began = time.monotonic()
    place.run(sys.executable, "-c", "import lancedb, onnxruntime")
    return max(0.0, time.monotonic() - began - 1.0)


def a_pad(place: Place) -> str:
    """The id of a sound that the catalogue holds."""
    listed = place.timbred("catalog", "ls", "--role", "pad", "--limit", "1", "--json")
    return str(json.loads(listed)["id"])


def pins(sound: str) -> Callable[[Message], bool]:
    """Whether a part of a list holds a sound as pinned."""
    return lambda part: any(row["sound"] == sound and row["pinned"] for row in part.groups)


def tape_of(session: Path) -> npt.NDArray[np.float32]:
    """What was recorded off the master bus, but for its first and last second; `(2, frames)`."""
    files = session / "interchange" / session.name / "audiofiles"
    channels = [read_audio(next(files.glob(f"*Tape*%{side}.wav"))) for side in "LR"]
    recorded = np.concatenate(channels)[:, SAMPLE_RATE:-SAMPLE_RATE]
    assert recorded.shape[1] > (SECONDS - 4) * SAMPLE_RATE
    return recorded


def test_a_killed_daemon_leaves_the_music_alone_and_a_new_one_lists_again(place: Place, plugin: str) -> None:
    song = place.folder / "song.wav"
    write_demo_song(song)
    session = make_session(place, "killed", ["Song", "Tape"], plugin)
    edited = SessionFile(session)
    edited.put_on_tracks({"Song": song})
    pinned = a_pad(place)
    edited.set_choices(f"words \npin {pinned}\n")
    edited.save()
    patience_seconds = LIST_BACK_SECONDS + 2 * lateness_here(place)
    command, told = playing(session, SECONDS, record="Tape")
    with serving(place) as daemon, place.started(*command, name="ardour", more=told) as ardour:
        before = wait_for(place, "/timbred/suggestions", pins(pinned), seconds=30)
        daemon.send_signal(signal.SIGKILL)
        daemon.wait()
        time.sleep(1)
        with serving(place, "daemon-again"):
            after = wait_for(place, "/timbred/suggestions", pins(pinned), patience_seconds)
            assert ardour.wait(60) == 0, place.log("ardour")
    assert after.values["session"] == before.values["session"]
    assert place_of(tape_of(session), read_audio(song)) is not None
