"""The VST3 in pedalboard: audio bit for bit, the ring, the daemon, settings, the session's state."""

import gc
from pathlib import Path

import numpy as np
import pytest
import vst3_state
from host_daemon import HostDaemon, Row
from pedalboard_host import load
from waiting import wait_for

from timbred_bridge.ring import RingReader

pytestmark = pytest.mark.host
BLOCK_SIZES = (1, 2, 16, 33, 64, 128, 511, 512, 1024, 4096, 8192)


def only_ring(folder: Path) -> Path:
    (path,) = folder.glob("*.ring")
    return path


@pytest.mark.parametrize("block_frames", BLOCK_SIZES)
def test_the_output_and_the_ring_are_the_input_bit_for_bit(
    plugin_folder: Path, runtime_folder: Path, noise: np.ndarray, block_frames: int
) -> None:
    plugin = load(plugin_folder)
    audio = noise[:, : min(noise.shape[1], 2_000 * block_frames)]
    heard = plugin.process(audio, 48_000, buffer_size=block_frames, reset=True)
    np.testing.assert_array_equal(heard, audio)
    with RingReader(only_ring(runtime_folder)) as reader:
        chunk = reader.read(reader.written_frames() - audio.shape[1])
        assert reader.format.sample_rate == 48_000
    np.testing.assert_array_equal(chunk.audio, audio)


def test_an_offline_render_keeps_the_ring_and_its_count(
    plugin_folder: Path, runtime_folder: Path, noise: np.ndarray
) -> None:
    plugin = load(plugin_folder)
    for _ in range(3):
        plugin.process(noise, 48_000, buffer_size=512, reset=True)
    with RingReader(only_ring(runtime_folder)) as reader:
        assert reader.written_frames() >= 3 * noise.shape[1]


def test_a_changed_sample_rate_makes_a_new_ring_of_that_rate(
    plugin_folder: Path, runtime_folder: Path, noise: np.ndarray
) -> None:
    plugin = load(plugin_folder)
    for rate in (48_000, 44_100, 96_000):
        heard = plugin.process(noise, rate, buffer_size=256, reset=True)
        np.testing.assert_array_equal(heard, noise)
        with RingReader(only_ring(runtime_folder)) as reader:
            assert reader.format.sample_rate == rate
            np.testing.assert_array_equal(reader.read(reader.written_frames() - noise.shape[1]).audio, noise)


def test_a_list_arrives_without_an_editor_and_the_settings_are_told(
    plugin_folder: Path, runtime_folder: Path, noise: np.ndarray, suggestions: list[Row]
) -> None:
    with HostDaemon(runtime_folder, suggestions) as daemon:
        plugin = load(plugin_folder)
        plugin.mode = "Fit"
        plugin.context = "8 s"
        plugin.process(noise, 48_000)
        wait_for(daemon.has_list)
        wait_for(lambda: daemon.of("mode")[-1].text("mode") == "fit")
        wait_for(lambda: daemon.of("context")[-1].text("context_unit") == "seconds")
        assert daemon.of("context")[-1].number("context_length") == 8.0
        plugin.freeze = 1.0
        plugin.process(noise, 48_000, reset=False)
        wait_for(lambda: daemon.of("freeze")[-1].integer("frozen") == 1)


def test_the_sessions_state_brings_everything_back_with_the_editor_closed(
    plugin_folder: Path, runtime_folder: Path, noise: np.ndarray
) -> None:
    plugin = load(plugin_folder)
    plugin.mode, plugin.context = "Fit", "2 bars"
    plugin.process(noise, 48_000)
    state = vst3_state.component(plugin.raw_state)
    chosen = b"words warm tape\nslot kick\ncount kick 7\npin id0\n"
    again = load(plugin_folder)
    again.raw_state = vst3_state.with_component(plugin.raw_state, state.replace(b"words \n", chosen))
    with HostDaemon(runtime_folder) as daemon:
        again.process(noise, 48_000)
        session = wait_for(lambda: daemon.of("more"))[-1].text("session")
    said = {message.address: message for message in daemon.messages if message.text("session") == session}
    assert said["/timbred/mode"].text("mode") == "fit"
    assert said["/timbred/context"].number("context_length") == 2.0
    assert said["/timbred/words"].text("words") == "warm tape"
    assert said["/timbred/slots"].text("slots") == "kick"
    assert said["/timbred/more"].integer("count") == 7
    wait_for(lambda: vst3_state.component(again.raw_state).count(b"pin id0") == 1)


def test_two_instances_have_two_sessions_and_a_closed_one_says_bye_and_takes_its_ring(
    plugin_folder: Path, runtime_folder: Path, noise: np.ndarray, suggestions: list[Row]
) -> None:
    with HostDaemon(runtime_folder, suggestions) as daemon:
        first, second = load(plugin_folder), load(plugin_folder)
        for plugin in (first, second):
            plugin.process(noise, 48_000)
        wait_for(lambda: len({hello.text("session") for hello in daemon.of("hello")}) == 2)
        assert len(list(runtime_folder.glob("*.ring"))) == 2
        del first, plugin
        gc.collect()
        wait_for(lambda: len(daemon.of("bye")) == 1)
        gone = daemon.of("bye")[0].text("session")
        assert gone not in only_ring(runtime_folder).name


def test_without_a_usable_runtime_folder_audio_passes(
    plugin_folder: Path, runtime_folder: Path, noise: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    (runtime_folder / "file").write_text("in the way")
    monkeypatch.setenv("TIMBRED_RUNTIME_DIR", str(runtime_folder / "file"))
    plugin = load(plugin_folder)
    np.testing.assert_array_equal(plugin.process(noise, 48_000), noise)
