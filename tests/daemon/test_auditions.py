"""A sound of the list, made to be heard in the plugin that asks for it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from daemon_thread import Daemon
from fake_plugin import FakePlugin
from library_of_tones import sound, tone
from waiting import wait_for

from timbred import caretaker
from timbred_bridge import osc
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.sound import Sound


def write_sample(daemon: Daemon, folder: Path, number: int, pitch_hz: float) -> Sound:
    """A tone of half a second in the daemon's catalogue."""
    sample = replace(sound(number, name=f"Tone {number}"), path=str(folder / f"{number}.wav"))
    audio = tone(pitch_hz, 0.5, 22_050)
    sf.write(sample.path, audio, 22_050)
    vectors = daemon.encoder.embed_batch([tone(pitch_hz, 1.0, daemon.encoder.sample_rate)])
    Catalogue.open(daemon.catalog).add([sample], {daemon.encoder.space: vectors})
    return sample


@pytest.fixture
def sample(daemon_folders: Daemon, tmp_path: Path) -> Sound:
    """In the catalogue before the daemon starts."""
    return write_sample(daemon_folders, tmp_path, 500, 400.0)


@pytest.fixture
def plugin(sample: Sound, daemon: Daemon) -> Iterator[FakePlugin]:
    """Connected; it plays nothing."""
    plugin = FakePlugin(daemon.folder, np.zeros((2, 48_000), np.float32)).start()
    wait_for(lambda: (status := plugin.status()) is not None and status.integer("sounds"))
    yield plugin
    plugin.stop()


def answers(plugin: FakePlugin, address: str) -> list[osc.Message]:
    """What came of it so far."""
    return [message for message in list(plugin.messages) if message.address == f"/timbred/{address}"]


def ask(plugin: FakePlugin, sound_id: str, number: int) -> osc.Message:
    """The answer: audio or error."""
    before = len(answers(plugin, "audio")) + len(answers(plugin, "error"))
    plugin.send("/timbred/audition", sound_id, number)
    wait_for(lambda: len(answers(plugin, "audio")) + len(answers(plugin, "error")) > before, 30)
    return next(m for m in reversed(plugin.messages) if m.address in ("/timbred/audio", "/timbred/error"))


def test_a_sound_comes_at_the_rings_rate_and_bears_its_number(plugin: FakePlugin, sample: Sound) -> None:
    answer = ask(plugin, sample.id, 7)
    assert answer.address == "/timbred/audio"
    assert (answer.integer("number"), answer.integer("sample_rate")) == (7, 48_000)
    heard = np.fromfile(plugin.folder / answer.text("file"), np.float32).reshape(-1, 2)
    assert len(heard) == 24_000
    assert np.abs(np.fft.rfft(heard[:, 0])).argmax() == 200  # 400 Hz of half a second


def test_what_cannot_be_heard_is_answered_with_the_reason_and_leaves_no_file(
    plugin: FakePlugin, sample: Sound
) -> None:
    answer = ask(plugin, "nothing", 1)
    assert answer.text("address") == "/timbred/audition"
    assert answer.text("message") == "sound must be in the catalogue, not 'nothing'"
    Path(sample.path).unlink()
    reason = ask(plugin, sample.id, 2).text("message")
    assert reason == f"{sample.path} cannot be played: file cannot be read: No such file or directory"
    assert list(plugin.folder.glob("*.audio")) == []


def test_what_no_plugin_takes_is_removed(
    plugin: FakePlugin, sample: Sound, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = plugin.folder / ask(plugin, sample.id, 1).text("file")
    assert file.exists()
    monkeypatch.setattr(caretaker, "UNHEARD_SECONDS", 1.0)
    wait_for(lambda: not file.exists(), 10)


def test_of_many_wishes_of_one_session_the_last_is_answered(plugin: FakePlugin, sample: Sound) -> None:
    ask(plugin, sample.id, 0)
    for number in range(1, 200):
        plugin.send("/timbred/audition", sample.id, number)
    wait_for(lambda: answers(plugin, "audio")[-1].integer("number") == 199, 30)
