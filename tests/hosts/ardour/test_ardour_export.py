"""Ardour exports a session with the plugin on the master bus."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from ardour_engine import export, make_session
from ardour_place import Place
from ardour_session import SAMPLE_RATE, SessionFile
from ring_recorder import RingRecorder, place_of

pytestmark = [pytest.mark.host, pytest.mark.timeout(300)]

SECONDS = 12


@pytest.fixture
def noise(place: Place) -> Path:
    """A stereo file in which no stretch is like another."""
    audio = np.random.default_rng(7).uniform(-0.5, 0.5, (SECONDS * SAMPLE_RATE, 2)).astype(np.float32)
    path = place.folder / "noise.wav"
    soundfile.write(path, audio, SAMPLE_RATE, subtype="FLOAT")
    return path


def session_of(place: Place, name: str, noise: Path, plugin: str) -> Path:
    """A session with the noise on one track."""
    folder = make_session(place, name, ["Noise"], plugin)
    session = SessionFile(folder)
    session.put_on_tracks({"Noise": noise})
    session.save()
    return folder


def test_the_ring_holds_exactly_what_ardour_exports(place: Place, plugin: str, noise: Path) -> None:
    session = session_of(place, "with-plugin", noise, plugin)
    with RingRecorder(place.runtime) as recorder:
        exported = export(place, session)
    assert recorder.lost_frames == 0
    assert exported.shape == (2, SECONDS * SAMPLE_RATE)
    heard = recorder.recordings()[-1]
    assert place_of(exported, heard) is not None
    assert not list(place.runtime.glob("*.ring"))


def test_the_plugin_leaves_ardours_export_as_it_is(place: Place, plugin: str, noise: Path) -> None:
    with_plugin = export(place, session_of(place, "with-plugin", noise, plugin))
    without = export(place, session_of(place, "without", noise, ""))
    assert np.abs(with_plugin).max() > 0.4
    np.testing.assert_array_equal(with_plugin, without)
