"""What the command line makes of the daemon's answers."""

import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from timbred.__main__ import main
from timbred.client import Client, find_daemon, music_plays
from timbred.errors import DaemonError
from timbred_bridge import osc
from timbred_bridge.runtime import ADDRESS_NAME, DaemonAddress, make_folder

REPORT = osc.encode("/timbred/report", "0.1.0", os.getpid(), 1.0, "/catalog", 3, "model", 0, "")
ERROR = osc.encode("/timbred/error", "", "/timbred/inspect", "a revision must be 1 or more, not -3")
STATUS = osc.encode(
    "/timbred/status", "s" * 32, "waiting", "", "match", "bars", 4.0, "", "", 0, 0, 3, "model", 0, 0
)


@dataclass
class AnsweringDaemon:
    """Answers each message with one packet, or none where it hangs."""

    answer: bytes = REPORT
    silent: bool = False
    listening: socket.socket = field(default_factory=lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    def run(self) -> None:
        """Answers until it gets a packet without a message."""
        while packet := self.listening.recv(65536):
            port = osc.decode(packet).integer("reply_port")
            if self.silent:
                continue
            self.listening.sendto(self.answer, ("127.0.0.1", port))


@pytest.fixture
def answering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AnsweringDaemon]:
    """The daemon that the client finds."""
    monkeypatch.setenv("TIMBRED_RUNTIME_DIR", str(tmp_path / "run"))
    daemon = AnsweringDaemon()
    daemon.listening.bind(("127.0.0.1", 0))
    port = daemon.listening.getsockname()[1]
    DaemonAddress(os.getpid(), port, "t" * 32, osc.PROTOCOL, "0.1.0").write(make_folder())
    thread = threading.Thread(target=daemon.run)
    thread.start()
    yield daemon
    daemon.listening.sendto(b"", ("127.0.0.1", port))
    thread.join()
    daemon.listening.close()


def test_a_report_is_the_answer(answering: AnsweringDaemon) -> None:
    with Client(find_daemon()) as client:
        assert client.report().text("catalog") == "/catalog"


def test_an_error_is_raised_with_what_the_daemon_said(answering: AnsweringDaemon) -> None:
    answering.answer = ERROR
    with Client(find_daemon()) as client, pytest.raises(DaemonError) as raised:
        client.report()
    said = "did not report: a revision must be 1 or more, not -3"
    assert str(raised.value) == f"the daemon (process {os.getpid()}) {said}"


def test_another_message_is_no_report(answering: AnsweringDaemon) -> None:
    answering.answer = STATUS
    with Client(find_daemon()) as client, pytest.raises(DaemonError, match="not report: /timbred/status"):
        client.report()


def test_status_says_it_in_one_line(
    answering: AnsweringDaemon, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answering.answer = ERROR
    monkeypatch.setattr(sys, "argv", ["timbred", "status"])
    with pytest.raises(SystemExit) as ended:
        main()
    output = capsys.readouterr()
    assert (ended.value.code, output.out) == (2, "")
    assert output.err.count("\n") == 1 and "a revision must be 1 or more, not -3" in output.err


def test_what_others_send_is_passed_over(answering: AnsweringDaemon) -> None:
    answering.silent = True
    with Client(find_daemon()) as client, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        messages = client.watch()
        for packet in (b"", b"noise", REPORT, ERROR, STATUS):
            other.sendto(packet, ("127.0.0.1", client._port))
            answering.listening.sendto(packet[:7], ("127.0.0.1", client._port))
        answering.listening.sendto(STATUS, ("127.0.0.1", client._port))
        told = next(messages)
        assert told is not None and told.address == "/timbred/status"
        assert next(messages) is None


def test_noise_does_not_keep_a_client_waiting(
    answering: AnsweringDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timbred.client.ANSWER_SECONDS", 0.2)
    answering.silent, quiet = True, threading.Event()
    with Client(find_daemon()) as client, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        place = ("127.0.0.1", client._port)
        noise = threading.Thread(target=lambda: [other.sendto(b"x", place) for _ in iter(quiet.is_set, True)])
        noise.start()
        begun_at = time.monotonic()
        try:
            with pytest.raises(DaemonError, match="does not answer"):
                client.report()
            assert time.monotonic() - begun_at < 5
        finally:
            quiet.set()
            noise.join()


def watch_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *options: str
) -> tuple[object, str]:
    """The status and the error with which `timbred watch` ends."""
    monkeypatch.setattr(sys, "argv", ["timbred", "watch", *options])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code, capsys.readouterr().err


def test_watch_says_that_a_hanging_daemon_does_not_answer(
    answering: AnsweringDaemon, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("timbred.client.ANSWER_SECONDS", 0.1)
    answering.silent = True
    said = f"timbred: the daemon (process {os.getpid()}) does not answer\n"
    assert watch_says(monkeypatch, capsys, "--seconds=5") == (2, said)


def test_watch_ends_where_the_daemon_begins_to_hang(
    answering: AnsweringDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timbred.client.WATCH_SECONDS", 0.5)
    with Client(find_daemon()) as client:
        messages = client.watch()
        told = [next(messages), next(messages), next(messages)]
        assert [one and one.address for one in told] == ["/timbred/report", "/timbred/report", None]
        answering.silent = True
        monkeypatch.setattr("timbred.client._RENEW_SECONDS", 0.0)
        with pytest.raises(DaemonError, match="does not answer"):
            for _ in range(4):
                next(messages)


@pytest.mark.parametrize(
    ("session", "sentence"),
    [
        ("99fb", "there is no session '99fb': 'timbred status' lists them"),
        ("9" * 32, f"there is no session '{'9' * 32}': 'timbred status' lists them"),
        ("99", "'99' must begin the id of one session, not of 2"),
    ],
)
def test_watch_wants_a_session_that_there_is(
    session: str,
    sentence: str,
    answering: AnsweringDaemon,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answering.answer = report_of("99fa865d", "990")
    ended = watch_says(monkeypatch, capsys, "--session", session, "--seconds=0.1")
    assert ended == (2, f"timbred: {sentence}\n")


def test_a_session_is_known_by_the_beginning_that_status_shows(answering: AnsweringDaemon) -> None:
    answering.answer = report_of("99fa865d", "990")
    with Client(find_daemon()) as client:
        assert client.session_beginning("99fa865d") == "99fa865d".ljust(32, "0")
        assert client.session_beginning("") == ""


def report_of(*beginnings: str) -> bytes:
    """A daemon's report with sessions whose ids begin so."""
    groups = [(text.ljust(32, "0"), "host", "listening", "match", 48_000, 0, 0, 0) for text in beginnings]
    return osc.encode(
        "/timbred/report", "0.1.0", os.getpid(), 1.0, "/catalog", 3, "model", 0, "", groups=groups
    )


@pytest.mark.parametrize("seconds", ["nan", "-1", "inf"])
def test_a_span_that_never_ends_is_refused(
    seconds: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["timbred", "watch", f"--seconds={seconds}"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert (ended.value.code, said) == (2, f"timbred: --seconds must be 0 or more, not {seconds}\n")


def test_another_process_with_the_number_of_a_killed_daemon_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMBRED_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setattr("timbred.client.ANSWER_SECONDS", 0.1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        folder = make_folder()
        DaemonAddress(os.getpid(), deaf.getsockname()[1], "t" * 32, osc.PROTOCOL, "0.1.0").write(folder)
        assert find_daemon().pid == os.getpid()
        os.utime(folder / ADDRESS_NAME, (0, 0))
        with pytest.raises(DaemonError, match="no daemon runs: 'timbred serve' starts one"):
            find_daemon()


def test_a_daemon_that_answers_is_one_whatever_the_clock_says(answering: AnsweringDaemon) -> None:
    os.utime(make_folder() / ADDRESS_NAME, (0, 0))
    assert find_daemon().pid == os.getpid()


def test_no_music_is_known_of_where_the_daemon_can_not_report(answering: AnsweringDaemon) -> None:
    answering.answer = ERROR
    assert not music_plays()
