"""The daemon follows the folders of the settings with a process of its own, which ends with it."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from catalog_program import write_tone
from daemon_thread import Daemon
from fake_plugin import FakePlugin
from library_of_tones import tone
from waiting import wait_for

from timbred.client import Client, find_daemon, music_plays
from timbred.config import Cataloguing
from timbred.watcher import Watcher

SECONDS = 100.0


def _sounds() -> int:
    with Client(find_daemon()) as client:
        return client.report().integer("sounds")


def _watchers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "watch" in child.cmdline()]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_daemon_takes_up_what_lands_in_a_folder_of_its_settings(
    daemon_folders: Daemon, tmp_path: Path
) -> None:
    folder = tmp_path / "Samples"
    write_tone(folder / "kick.wav", 100.0)
    (tmp_path / "timbred.toml").write_text(f'[catalog]\nwatch = ["{folder}"]\n')
    daemon_folders.start()
    try:
        wait_for(lambda: _sounds() == 1, SECONDS)  # the library of tones has no files: they are missing now
        write_tone(folder / "snare.wav", 200.0)
        wait_for(lambda: _sounds() == 2, SECONDS)
        [watcher] = _watchers()
        watcher.kill()
        watcher.wait(SECONDS)
        write_tone(folder / "clap.wav", 300.0)
        wait_for(lambda: _sounds() == 3, SECONDS)
    finally:
        daemon_folders.stop()
    assert _watchers() == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_watching_ends_with_a_daemon_that_was_killed(daemon_folders: Daemon, tmp_path: Path) -> None:
    folder = tmp_path / "Samples"
    write_tone(folder / "kick.wav", 100.0)
    owner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    words = ["catalog", "watch", str(folder), "--catalog", str(daemon_folders.catalog)]
    command = [sys.executable, "-m", "timbred", *words, "--owner", str(owner.pid)]
    watching = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert watching.stdout is not None
        assert watching.stdout.readline().startswith("1 added")
        owner.kill()
        owner.wait()
        assert watching.wait(SECONDS) == 0
    finally:
        owner.kill()
        watching.kill()


@pytest.mark.timeout(200)
def test_music_plays_while_a_plugin_hears_some(daemon_folders: Daemon) -> None:
    assert not music_plays(), "without a daemon"
    daemon_folders.start()
    plugin = FakePlugin(daemon_folders.folder, np.stack([tone(400, 2.0, 48_000)] * 2)).start()
    try:
        wait_for(music_plays, SECONDS)
        plugin.audio = np.zeros_like(plugin.audio)
        wait_for(lambda: not music_plays(), SECONDS)
    finally:
        plugin.stop()
        daemon_folders.stop()


def test_a_process_that_fails_is_started_again_later_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []

    class Failing:
        pid = os.getpid()

        def __init__(self, command: list[str], **_: object) -> None:
            started.append(command)

        def poll(self) -> int:
            return 2

    monkeypatch.setattr("timbred.watcher.subprocess.Popen", Failing)
    monkeypatch.setattr("timbred.watcher.LOOK_SECONDS", 0.0)
    now = [0.0]
    monkeypatch.setattr("timbred.watcher.time.monotonic", lambda: now[0])
    watcher = Watcher(str(tmp_path), Cataloguing(("~/Samples",), True))
    starts = []
    for second in range(60):
        now[0] = float(second)
        watcher.turn()
        starts.append(len(started))
    assert [starts.index(count) for count in (1, 2, 3, 4)] == [0, 6, 17, 38]
    assert started[0][-6:-1] == ["~/Samples", "--pause-while-playing", "--catalog", str(tmp_path), "--owner"]
