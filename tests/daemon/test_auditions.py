"""A sound of the list, made to be heard in the plugin that asks for it."""

import threading
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
from timbred.auditions import FAILED
from timbred.library import Library
from timbred_bridge import osc
from timbred_catalogs import playable
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.note_cache import NoteCache
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


def answers(plugin: FakePlugin) -> list[osc.Message]:
    """What came of its wishes so far."""
    return [message for message in list(plugin.messages) if message.address == "/timbred/audio"]


def ask(plugin: FakePlugin, sound_id: str, number: int) -> osc.Message:
    """The answer to one wish."""
    plugin.send("/timbred/audition", sound_id, number)
    wait_for(lambda: any(answer.integer("number") == number for answer in answers(plugin)), 30)
    return next(answer for answer in answers(plugin) if answer.integer("number") == number)


def test_a_sound_comes_at_the_rings_rate_and_bears_its_number(plugin: FakePlugin, sample: Sound) -> None:
    answer = ask(plugin, sample.id, 7)
    assert (answer.integer("sample_rate"), answer.text("trouble")) == (48_000, "")
    assert answer.text("file").startswith(f"{plugin.session}-")
    heard = np.fromfile(plugin.folder / answer.text("file"), np.float32).reshape(-1, 2)
    assert len(heard) == 24_000
    assert np.abs(np.fft.rfft(heard[:, 0])).argmax() == 200  # 400 Hz of half a second


def test_what_cannot_be_heard_is_answered_with_the_reason_and_leaves_no_file(
    plugin: FakePlugin, sample: Sound, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = ask(plugin, "nothing", 1)
    assert (answer.text("file"), answer.text("trouble")) == (
        "",
        "sound must be in the catalogue, not 'nothing'",
    )
    Path(sample.path).unlink()
    reason = f"{sample.path} cannot be played: file cannot be read: No such file or directory"
    assert ask(plugin, sample.id, 2).text("trouble") == reason
    monkeypatch.setattr(Library, "sound", broken)
    assert ask(plugin, sample.id, 3).text("trouble") == FAILED
    assert list(plugin.folder.glob("*.audio")) == []


def broken(library: Library, sound_id: str) -> Sound:
    """As lancedb, where files vanish under it."""
    raise RuntimeError("lance error")


def test_what_no_plugin_takes_is_removed(
    plugin: FakePlugin, sample: Sound, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = plugin.folder / ask(plugin, sample.id, 1).text("file")
    (plugin.folder / "folder.audio").mkdir()  # nothing of ours, and no reason to stop
    assert file.exists()
    monkeypatch.setattr(caretaker, "UNHEARD_SECONDS", 1.0)
    wait_for(lambda: not file.exists(), 10)


def test_of_many_wishes_of_one_session_the_last_is_answered(plugin: FakePlugin, sample: Sound) -> None:
    ask(plugin, sample.id, 0)
    for number in range(1, 200):
        plugin.send("/timbred/audition", sample.id, number)
    wait_for(lambda: answers(plugin)[-1].integer("number") == 199, 30)
    assert len(answers(plugin)) < 100


def test_an_instrument_that_takes_long_keeps_no_sample_waiting(
    daemon: Daemon, tmp_path: Path, sample: Sound, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()

    def slow(sound: Sound, rate: int, to: Path, cache: NoteCache) -> None:
        if sound.path.endswith(".sfz"):
            released.wait(30)
        to.write_bytes(bytes(8))

    monkeypatch.setattr(playable, "write_audition", slow)
    instrument = replace(sample, path=str(tmp_path / "slow.sfz"))
    monkeypatch.setattr(Library, "sound", lambda _, wanted: instrument if wanted == "slow" else sample)
    plugins = [FakePlugin(daemon.folder, np.zeros((2, 48_000), np.float32)).start() for _ in range(2)]
    try:
        for plugin in plugins:
            wait_for(plugin.status)
        plugins[0].send("/timbred/audition", "slow", 1)
        assert ask(plugins[1], "sample", 1).text("file")
        assert ask(plugins[0], "sample", 2).text("file")
        assert [answer.integer("number") for answer in answers(plugins[0])] == [2]
        released.set()
        wait_for(lambda: len(answers(plugins[0])) == 2)
    finally:
        released.set()
        for plugin in plugins:
            plugin.stop()
