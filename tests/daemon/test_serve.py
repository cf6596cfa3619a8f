"""The daemon as a process of its own: its life, its end, and what it leaves behind."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from daemon_thread import Daemon
from fake_plugin import FakePlugin
from library_of_tones import tone
from waiting import wait_for

from timbred.claim import LOCK_NAME
from timbred_bridge import osc
from timbred_bridge.runtime import DaemonAddress
from timbred_bridge.writer import RingWriter

RESTART_SECONDS = 8.0
"""From a new process to its first list; four times what an idle machine takes (live_latency.py)."""


def timbred(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end."""
    command = [sys.executable, "-m", "timbred", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def serving(folders: Daemon, *before: str) -> Iterator[subprocess.Popen[bytes]]:
    """A daemon of its own process, killed in the end; `before` is a program that becomes it."""
    command = [*before, sys.executable, "-m", "timbred", "serve", "--catalog", str(folders.catalog)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: address_pid(folders.folder) == process.pid, 30)
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()


def address_pid(folder: Path) -> int:
    """The process in daemon.json; 0 where there is none."""
    address = DaemonAddress.read(folder)
    return address.pid if address else 0


@pytest.mark.slow
def test_sigterm_and_stop_end_it_in_order(daemon_folders: Daemon) -> None:
    with serving(daemon_folders) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert address_pid(daemon_folders.folder) == 0
    with serving(daemon_folders) as process:
        report = timbred("status", "--json")
        assert json.loads(report.stdout)["pid"] == process.pid
        assert "stopped" in timbred("stop").stdout
        assert process.wait(10) == 0
    none = timbred("status")
    assert (none.returncode, none.stdout) == (2, "")
    assert none.stderr == "timbred: no daemon runs: 'timbred serve' starts one\n"


def test_a_second_serve_says_who_serves(daemon_folders: Daemon) -> None:
    with serving(daemon_folders) as process:
        second = timbred("serve")
        assert second.returncode == 2
        assert second.stderr.count("\n") == 1
        assert f"a daemon runs already (process {process.pid}, port" in second.stderr
        assert process.poll() is None
        assert address_pid(daemon_folders.folder) == process.pid


def test_a_closed_terminal_ends_it_in_order(daemon_folders: Daemon) -> None:
    with serving(daemon_folders, "env", "--default-signal=HUP") as process:  # the tests may run under nohup
        process.send_signal(signal.SIGHUP)
        assert process.wait(10) == 0
    assert address_pid(daemon_folders.folder) == 0


def test_status_says_why_there_are_no_sounds(daemon_folders: Daemon) -> None:
    shutil.rmtree(daemon_folders.catalog)
    with serving(daemon_folders):
        wait_for(lambda: "there is no catalogue at" in timbred("status").stdout)


def test_under_nohup_a_closed_terminal_changes_nothing(daemon_folders: Daemon) -> None:
    with serving(daemon_folders, "nohup") as process:
        process.send_signal(signal.SIGHUP)
        time.sleep(1.0)
        assert process.poll() is None and address_pid(daemon_folders.folder) == process.pid


@pytest.mark.slow
def test_a_daemon_whose_folder_is_swept_is_found_stopped_and_alone(daemon_folders: Daemon) -> None:
    with serving(daemon_folders) as process:
        shutil.rmtree(daemon_folders.folder)
        wait_for(lambda: address_pid(daemon_folders.folder) == process.pid)
        assert f"a daemon runs already (process {process.pid}, port" in timbred("serve").stderr
        assert json.loads(timbred("status", "--json").stdout)["pid"] == process.pid
        assert f"stopped process {process.pid}" in timbred("stop").stdout
        assert process.wait(10) == 0
    assert address_pid(daemon_folders.folder) == 0


@pytest.mark.slow
def test_a_daemon_whose_folder_another_has_ends_in_order(daemon_folders: Daemon) -> None:
    folder = daemon_folders.folder
    with serving(daemon_folders) as process, (folder / "other").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        (folder / "other").rename(folder / LOCK_NAME)
        assert process.wait(30) == 0
        assert address_pid(folder) == 0


def test_a_dead_daemons_address_is_replaced(daemon_folders: Daemon) -> None:
    dead = subprocess.Popen([sys.executable, "-c", "pass"])
    dead.wait()
    DaemonAddress(dead.pid, 9, "t" * 32, osc.PROTOCOL, "0").write(daemon_folders.folder)
    assert "no daemon runs" in timbred("status").stderr
    with serving(daemon_folders) as process:
        assert address_pid(daemon_folders.folder) == process.pid


def test_a_daemon_of_another_protocol_is_one_sentence(daemon_folders: Daemon) -> None:
    DaemonAddress(os.getppid(), 9, "t" * 32, osc.PROTOCOL + 1, "9.9").write(daemon_folders.folder)
    for command in ("status", "stop", "watch"):
        answer = timbred(command)
        assert answer.returncode == 2
        assert answer.stderr.startswith("timbred: the daemon (process")
        assert f"must speak protocol {osc.PROTOCOL}, not {osc.PROTOCOL + 1}" in answer.stderr
        assert answer.stderr.count("\n") == 1


def test_a_plugin_of_another_protocol_is_told_what_to_do(daemon: Daemon) -> None:
    plugin = FakePlugin(daemon.folder, np.zeros((1, 100), np.float32))
    plugin.address = DaemonAddress.read(daemon.folder)
    port = plugin.socket.getsockname()[1]
    plugin.send("/timbred/hello", port, osc.PROTOCOL + 1, str(plugin.writer.path), "host", "9")
    plugin.socket.setblocking(True)
    plugin.socket.settimeout(5)
    message = osc.decode(plugin.socket.recv(65536))
    assert message.address == "/timbred/error"
    assert "timbred plugin install" in message.text("message")
    plugin.writer.close()
    plugin.socket.close()


@pytest.mark.slow
def test_after_a_kill_the_list_is_back_with_nothing_set_again(daemon_folders: Daemon) -> None:
    audio = tone(400, 2.0, 48_000)[None]
    plugin = FakePlugin(daemon_folders.folder, audio)
    plugin.settings = [("/timbred/slots", "bass"), ("/timbred/more", "bass", 2)]
    plugin.start()
    try:
        with serving(daemon_folders) as process:
            wait_for(lambda: len(plugin.rows) == 2)
            process.kill()
            process.wait()
        before = len(plugin.lists)
        started_at = time.monotonic()
        with serving(daemon_folders):
            wait_for(lambda: len(plugin.lists) > before, 30)
            assert plugin.lists[before][0] - started_at < RESTART_SECONDS
            wait_for(lambda: [row["slot"] for row in plugin.rows] == ["bass", "bass"])
            assert plugin.names("bass")[0] == "bass 400 Hz tone"
        assert plugin.lists[-1][1] > plugin.lists[0][1]
    finally:
        plugin.stop()


@pytest.mark.slow
def test_a_killed_hosts_ring_is_gone_within_ten_seconds(daemon: Daemon) -> None:
    make = (
        "import sys; from pathlib import Path; from timbred_bridge.writer import RingWriter;"
        "RingWriter(Path(sys.argv[1]), 2, 48000); import os; os._exit(9)"
    )
    ring = daemon.folder / "dead.ring"
    subprocess.run([sys.executable, "-c", make, str(ring)], check=False)
    alive = RingWriter(daemon.folder / "alive.ring", 1, 8_000)
    died_at = time.monotonic()
    wait_for(lambda: not ring.exists(), 10)
    assert time.monotonic() - died_at < 10
    assert alive.path.exists()
    alive.close()


def test_a_runtime_folder_that_cannot_be_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TIMBRED_RUNTIME_DIR", str(tmp_path / "file" / "run"))
    answer = timbred("serve")
    assert answer.returncode == 2 and answer.stderr.count("\n") == 1


def test_faulty_settings_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMBRED_CONFIG", str(tmp_path / "timbred.toml"))
    (tmp_path / "timbred.toml").write_text("[daemon]\nports = 3\n")
    answer = timbred("serve")
    assert answer.returncode == 2 and "there is no setting daemon.ports" in answer.stderr
