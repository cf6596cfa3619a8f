"""The live loop and its faults: a plugin by hand writes its ring, lists arrive at its socket."""

import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from daemon_thread import Daemon
from fake_plugin import FakePlugin
from library_of_tones import PITCHES_HZ, tone, write_library
from tiny_model import write_tiny_model
from waiting import wait_for

from timbred.encoder import Encoder
from timbred.sessions import TIMEOUT_SECONDS
from timbred_bridge import osc


def stereo(pitch_hz: float, sample_rate: int = 48_000) -> np.ndarray:
    """Two seconds of a tone, `(2, frames)`."""
    return np.stack([tone(pitch_hz, 2.0, sample_rate)] * 2)


def error_of(plugin: FakePlugin) -> str | None:
    """What the daemon could not take."""
    return next((m.text("message") for m in plugin.messages if m.address == "/timbred/error"), None)


def lost_frames(plugin: FakePlugin) -> int:
    """What the daemon was too slow to read."""
    status = plugin.status()
    return status.integer("lost_frames") if status else 0


def state(plugin: FakePlugin) -> str:
    """The last state that the daemon told."""
    status = plugin.status()
    return status.text("state") if status else ""


def told(plugin: FakePlugin, name: str) -> osc.Value:
    """A setting as the daemon last told it."""
    status = plugin.status()
    return status.values[name] if status else ""


def test_the_list_follows_what_plays(daemon: Daemon) -> None:
    plugin = FakePlugin(daemon.folder, stereo(400)).start()
    try:
        wait_for(lambda: plugin.names("bass"))
        assert plugin.names("bass")[0] == "bass 400 Hz tone"
        assert plugin.names("lead")[0] == "lead 400 Hz tone"
        assert "no kick among your sounds" in [row["why"] for row in plugin.rows]
        plugin.say("/timbred/context", "seconds", 2.0)
        plugin.audio = stereo(3300)
        wait_for(lambda: plugin.names("bass")[0] == "bass 3300 Hz tone", 20)
        plugin.audio = np.zeros_like(plugin.audio)
        wait_for(lambda: state(plugin) == "silent")
        assert plugin.names("bass")[0] == "bass 3300 Hz tone"
    finally:
        plugin.stop()


def test_what_the_user_sets_holds(daemon: Daemon) -> None:
    plugin = FakePlugin(daemon.folder, stereo(400)).start()
    try:
        plugin.say("/timbred/slots", "bass")
        plugin.say("/timbred/more", "bass", 2)
        wait_for(lambda: [row["slot"] for row in plugin.rows] == ["bass", "bass"])
        first, second = (str(row["sound"]) for row in plugin.rows)
        plugin.say("/timbred/feedback", first, "reject")
        wait_for(lambda: plugin.rows[0]["sound"] == second)
        plugin.say("/timbred/feedback", second, "pin")
        wait_for(lambda: plugin.rows[0]["pinned"] == 1)
        plugin.say("/timbred/freeze", 1)
        plugin.audio = stereo(5000)
        wait_for(lambda: state(plugin) == "frozen")
        revision = plugin.lists[-1][1]
        time.sleep(2.0)
        assert plugin.lists[-1][1] == revision
        plugin.say("/timbred/words", "5000")
        plugin.say("/timbred/freeze", 0)
        wait_for(lambda: "bass 5000 Hz tone" in plugin.names("bass"))
    finally:
        plugin.stop()


def test_a_broken_rule_is_answered_and_nothing_of_it_taken(daemon: Daemon) -> None:
    plugin = FakePlugin(daemon.folder, stereo(400)).start()
    try:
        wait_for(lambda: plugin.status())
        plugin.send("/timbred/context", "bars", 3.0)
        error = wait_for(lambda: error_of(plugin))
        assert error == "context length must be 1, 2, 4 or 8 bars, not 3"
        status = plugin.status()
        assert status is not None and status.number("context_length") == 4.0
    finally:
        plugin.stop()


def test_a_slot_named_again_and_again_is_one_slot(daemon: Daemon) -> None:
    plugin = FakePlugin(daemon.folder, stereo(400)).start()
    try:
        wait_for(lambda: plugin.status())
        plugin.send("/timbred/slots", ",".join(["kick"] * 1605))
        wait_for(lambda: told(plugin, "slots") == "kick")
        plugin.send("/timbred/slots", "lead, bass,lead,bass")
        wait_for(lambda: told(plugin, "slots") == "lead,bass")
        assert error_of(plugin) is None
    finally:
        plugin.stop()


def test_the_longest_settings_that_are_taken_leave_a_status_that_fits(daemon: Daemon) -> None:
    plugin = FakePlugin(daemon.folder, stereo(400)).start()
    try:
        wait_for(lambda: plugin.status())
        plugin.send("/timbred/slots", ",".join(osc.SLOT_NAMES))
        for slot in osc.SLOT_NAMES:
            plugin.send("/timbred/more", slot, 32)
        plugin.send("/timbred/feedback", "\N{OGHAM LETTER BEITH}" * 2000, "pin")
        plugin.send("/timbred/words", "\N{MUSICAL SYMBOL G CLEF} " * 256)
        wait_for(lambda: told(plugin, "words") == " ".join("\N{MUSICAL SYMBOL G CLEF}" * 256))
        assert told(plugin, "slots") == ",".join(osc.SLOT_NAMES)
        assert error_of(plugin) is None
        plugin.send("/timbred/words", "\N{MUSICAL SYMBOL G CLEF}" * 257)
        error = wait_for(lambda: error_of(plugin))
        assert error == "words must have at most 256 characters in all, not 257"
        assert told(plugin, "words") == " ".join("\N{MUSICAL SYMBOL G CLEF}" * 256)
    finally:
        plugin.stop()


def test_fit_without_a_model_is_unavailable_and_nothing_stands_in_for_it(daemon: Daemon) -> None:
    plugin = FakePlugin(daemon.folder, stereo(400)).start()
    try:
        plugin.say("/timbred/mode", "fit")
        wait_for(lambda: state(plugin) == "unavailable")
        status = plugin.status()
        assert status is not None and "fit.context.onnx" in status.text("detail")
        time.sleep(1.5)
        assert plugin.lists == []
    finally:
        plugin.stop()


def test_a_ring_elsewhere_is_refused(daemon: Daemon, tmp_path: Path) -> None:
    plugin = FakePlugin(daemon.folder, stereo(400))
    plugin.writer.close()
    (tmp_path / "elsewhere").mkdir()
    plugin.folder = tmp_path / "elsewhere"
    plugin.writer = plugin.new_ring(48_000)
    plugin.folder = daemon.folder
    plugin.start()
    try:
        error = wait_for(lambda: error_of(plugin))
        assert "a ring must lie in" in error
        assert state(plugin) == ""
    finally:
        plugin.stop()


def test_another_sample_rate_while_it_plays_keeps_list_and_settings(daemon: Daemon) -> None:
    plugin = FakePlugin(daemon.folder, stereo(400)).start()
    try:
        plugin.send("/timbred/ping", 0)
        wait_for(lambda: plugin.names("bass"))
        plugin.send("/timbred/slots", "bass")  # not said again: the daemon has to keep it
        wait_for(lambda: {row["slot"] for row in plugin.rows} == {"bass"})
        revision = plugin.lists[-1][1]
        plugin.stopping.set()
        plugin.thread.join()
        plugin.audio = stereo(2000, 96_000)
        plugin.change_rate(96_000)
        plugin.restart()
        wait_for(lambda: plugin.names("bass")[0] == "bass 2000 Hz tone")
        assert {row["slot"] for row in plugin.rows} == {"bass"}
        assert plugin.lists[-1][1] > revision
    finally:
        plugin.stop()


def test_an_overtaken_ring_loses_old_audio_and_counts_it(daemon: Daemon) -> None:
    plugin = FakePlugin(daemon.folder, stereo(400)).start()
    try:
        wait_for(lambda: plugin.names("bass"))
        for _ in range(2):  # faster than any daemon reads: 43 s at once
            plugin.writer.write(np.zeros((2, plugin.writer.format.capacity_frames), np.float32))
        wait_for(lambda: lost_frames(plugin) >= plugin.writer.format.capacity_frames)
        plugin.audio = stereo(2000)
        plugin.say("/timbred/context", "seconds", 2.0)
        wait_for(lambda: plugin.names("bass")[0] == "bass 2000 Hz tone")
    finally:
        plugin.stop()


@pytest.mark.parametrize("count", [2, pytest.param(32, marks=pytest.mark.slow)])
def test_each_instance_gets_its_own_list(daemon: Daemon, count: int) -> None:
    pitches = [PITCHES_HZ[number % len(PITCHES_HZ)] for number in range(count)]
    plugins = [FakePlugin(daemon.folder, stereo(pitch)[:1], tempo_bpm=None).start() for pitch in pitches]
    try:
        for plugin, pitch in zip(plugins, pitches, strict=True):
            wait_for(partial(plugin.names, "bass"), 30)
            assert plugin.names("bass")[0] == f"bass {pitch} Hz tone"
            assert {m.values["session"] for m in plugin.messages} == {plugin.session}
    finally:
        for plugin in plugins:
            plugin.stop()


def test_a_dead_hosts_session_goes_within_ten_seconds(daemon: Daemon) -> None:
    plugin = FakePlugin(daemon.folder, stereo(400)).start()
    other = FakePlugin(daemon.folder, stereo(700)).start()
    wait_for(lambda: plugin.status() and other.status())
    plugin.stop(unlink=False)
    killed_at = time.monotonic()
    try:
        wait_for(lambda: daemon.sessions() == [other.session], TIMEOUT_SECONDS + 4)
        assert time.monotonic() - killed_at < 10
        assert plugin.writer.path.exists()  # its process, this one, lives: the ring may be taken up again
    finally:
        other.stop()


def test_a_list_that_got_lost_comes_again_with_the_next_ping(daemon: Daemon) -> None:
    plugin = FakePlugin(daemon.folder, stereo(400)).start()
    try:
        wait_for(lambda: plugin.names("bass"))
        revision = plugin.lists[-1][1]
        plugin.lists, plugin.revision = [], 0
        wait_for(lambda: plugin.lists)
        assert plugin.lists[0][1] >= revision
    finally:
        plugin.stop()


def test_a_catalogue_of_another_model_names_the_command_and_mends_itself(
    daemon_folders: Daemon, tmp_path: Path
) -> None:
    other = Encoder.load(write_tiny_model(tmp_path / "other.onnx", space="timbre", model_id="other-9"))
    daemon_folders.catalog = tmp_path / "other"
    write_library(daemon_folders.catalog, other)
    daemon_folders.start()
    plugin = FakePlugin(daemon_folders.folder, stereo(400)).start()
    try:
        wait_for(lambda: state(plugin) == "unavailable")
        status = plugin.status()
        assert status is not None and "timbred catalog rebuild" in status.text("detail")
        assert plugin.lists == []
    finally:
        plugin.stop()
        daemon_folders.stop()


def test_a_catalogue_that_appears_later_is_taken_up(daemon_folders: Daemon, tmp_path: Path) -> None:
    daemon_folders.catalog = tmp_path / "later"
    daemon_folders.start()
    plugin = FakePlugin(daemon_folders.folder, stereo(400)).start()
    try:
        wait_for(lambda: state(plugin) == "empty")
        status = plugin.status()
        assert status is not None and "timbred catalog add" in status.text("detail")
        write_library(daemon_folders.catalog, daemon_folders.encoder)
        wait_for(lambda: plugin.names("bass") and plugin.names("lead"))
        wait_for(lambda: state(plugin) == "listening")
    finally:
        plugin.stop()
        daemon_folders.stop()
