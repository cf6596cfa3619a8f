"""The claim on the runtime folder, also where what lies in it is swept away."""

import fcntl
import logging
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from timbred.claim import LOCK_NAME, Claim, ClaimKeeper
from timbred.errors import DaemonError
from timbred_bridge import osc
from timbred_bridge.errors import RuntimeFolderError
from timbred_bridge.runtime import ADDRESS_NAME, DaemonAddress, make_folder

ADDRESS = DaemonAddress(os.getpid(), 57_000, "t" * 32, osc.PROTOCOL, "0.1.0")
OTHER = DaemonAddress(os.getppid(), 57_001, "u" * 32, osc.PROTOCOL, "0.1.0")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A runtime folder."""
    return make_folder(tmp_path / "run")


@pytest.fixture
def claim(folder: Path) -> Iterator[Claim]:
    """An announced daemon's."""
    claim = Claim(folder)
    claim.announce(ADDRESS)
    yield claim
    claim.release()


@contextmanager
def another_has_the_lock(folder: Path) -> Iterator[None]:
    """Another lock file lies in the folder, locked before anybody can see it."""
    descriptor = os.open(folder / "other", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    (folder / "other").rename(folder / LOCK_NAME)
    yield
    os.close(descriptor)


def test_a_folder_is_claimed_once(folder: Path, claim: Claim) -> None:
    with pytest.raises(DaemonError, match=rf"runs already \(process {ADDRESS.pid}, port 57000\)"):
        Claim(folder)


def test_a_released_folder_can_be_claimed(folder: Path) -> None:
    Claim(folder).release()
    Claim(folder).release()


def test_a_swept_address_is_written_again(folder: Path, claim: Claim) -> None:
    (folder / ADDRESS_NAME).unlink()
    claim.keep()
    assert DaemonAddress.read(folder) == ADDRESS


@pytest.mark.parametrize("content", ["", "{}"])
def test_what_is_no_address_is_replaced(folder: Path, claim: Claim, content: str) -> None:
    (folder / ADDRESS_NAME).write_text(content)
    claim.keep()
    assert DaemonAddress.read(folder) == ADDRESS


def test_anothers_address_is_replaced_by_who_has_the_lock(folder: Path, claim: Claim) -> None:
    OTHER.write(folder)
    claim.keep()
    assert DaemonAddress.read(folder) == ADDRESS


def test_an_address_that_is_there_is_left_as_it_is(folder: Path, claim: Claim) -> None:
    before = (folder / ADDRESS_NAME).stat()
    claim.keep()
    assert os.path.samestat((folder / ADDRESS_NAME).stat(), before)


def test_a_swept_lock_is_taken_anew(folder: Path, claim: Claim) -> None:
    (folder / LOCK_NAME).unlink()
    claim.keep()
    with pytest.raises(DaemonError, match="runs already"):
        Claim(folder)


def test_a_swept_folder_is_made_anew(folder: Path, claim: Claim) -> None:
    shutil.rmtree(folder)
    claim.keep()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert DaemonAddress.read(folder) == ADDRESS
    with pytest.raises(DaemonError, match="runs already"):
        Claim(folder)


def test_who_finds_anothers_lock_leaves_the_folder_to_it(folder: Path, claim: Claim) -> None:
    OTHER.write(folder)
    with another_has_the_lock(folder):
        for _ in range(2):
            with pytest.raises(DaemonError, match="runs already"):
                claim.keep()
        claim.withdraw()
        assert DaemonAddress.read(folder) == OTHER


def test_a_daemon_that_lost_the_folder_before_its_address_stood_there_never_announces(folder: Path) -> None:
    claim = Claim(folder)
    with another_has_the_lock(folder):
        with pytest.raises(DaemonError, match="runs already"):
            claim.announce(ADDRESS)
        assert DaemonAddress.read(folder) is None
    claim.release()


def test_a_folder_that_can_not_be_made_anew_is_one_clear_error(folder: Path, claim: Claim) -> None:
    shutil.rmtree(folder)
    folder.write_text("in the way")
    with pytest.raises(RuntimeFolderError, match="can't be made"):
        claim.keep()
    folder.unlink()
    claim.keep()
    assert DaemonAddress.read(folder) == ADDRESS


def test_a_withdrawn_address_stays_away(folder: Path, claim: Claim) -> None:
    claim.withdraw()
    claim.keep()
    assert DaemonAddress.read(folder) is None


@pytest.fixture
def stop() -> threading.Event:
    """Set when the daemon shall end."""
    return threading.Event()


@pytest.fixture
def keeper(claim: Claim, stop: threading.Event, monkeypatch: pytest.MonkeyPatch) -> ClaimKeeper:
    """The thread's work, turn by turn, without its sleep."""
    monkeypatch.setattr("timbred.claim.KEEP_SECONDS", 0.0)
    return ClaimKeeper(claim, stop)


def test_each_turn_puts_back_what_was_swept(folder: Path, keeper: ClaimKeeper, stop: threading.Event) -> None:
    for _ in range(2):
        shutil.rmtree(folder)
        keeper.turn()
        assert DaemonAddress.read(folder) == ADDRESS
    assert not stop.is_set()


def test_a_daemon_ends_where_another_has_the_folder(
    folder: Path, keeper: ClaimKeeper, stop: threading.Event
) -> None:
    with another_has_the_lock(folder):
        keeper.turn()
    assert stop.is_set()


def test_a_folder_in_trouble_is_told_once_and_does_not_end_the_daemon(
    folder: Path, keeper: ClaimKeeper, stop: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        (folder / ADDRESS_NAME).unlink()
        (folder / ADDRESS_NAME).mkdir()
        for _ in range(3):
            keeper.turn()
        (folder / ADDRESS_NAME).rmdir()
        keeper.turn()
    assert DaemonAddress.read(folder) == ADDRESS
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == 2 and not stop.is_set()
