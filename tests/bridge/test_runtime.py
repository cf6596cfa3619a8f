"""The runtime folder and the daemon's address in it."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from timbred_bridge import runtime
from timbred_bridge.errors import RuntimeFolderError

ADDRESS = runtime.DaemonAddress(4711, 57_000, "secret", 1, "0.1.0")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(runtime.FOLDER_VARIABLE, str(tmp_path / "run"))
    return runtime.make_folder()


def test_the_folder_is_the_users_alone(folder: Path) -> None:
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_may_write_to_is_refused(folder: Path) -> None:
    folder.chmod(0o777)
    with pytest.raises(RuntimeFolderError, match=r"must be yours alone, not owner .* mode 777"):
        runtime.make_folder()


def test_a_folder_that_can_not_be_made_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(runtime.FOLDER_VARIABLE, str(tmp_path / "file" / "run"))
    with pytest.raises(RuntimeFolderError, match="can't be made"):
        runtime.make_folder()


def test_without_the_variable_the_session_folder_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(runtime.FOLDER_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1234")
    monkeypatch.setattr("sys.platform", "linux")
    assert runtime.folder_path() == Path("/run/user/1234/timbred")


def test_without_a_session_folder_the_ring_lies_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(runtime.FOLDER_VARIABLE, raising=False)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    assert runtime.folder_path() == Path("/dev/shm") / f"timbred-{os.getuid()}"


def test_a_written_address_is_read_back_and_is_private(folder: Path) -> None:
    ADDRESS.write(folder)
    assert runtime.DaemonAddress.read(folder) == ADDRESS
    assert (folder / runtime.ADDRESS_NAME).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == [runtime.ADDRESS_NAME]


def test_no_file_is_no_address(folder: Path) -> None:
    assert runtime.DaemonAddress.read(folder) is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"pid": "one"}', "\x00\xff", "[" * 100_000])
def test_a_file_that_is_no_address_is_one_clear_error(folder: Path, content: str) -> None:
    (folder / runtime.ADDRESS_NAME).write_text(content, encoding="latin-1")
    with pytest.raises(RuntimeFolderError, match="no daemon's address"):
        runtime.DaemonAddress.read(folder)


@pytest.mark.parametrize(
    ("address", "rule"),
    [
        (replace(ADDRESS, port=0), "port must be 1..65535, not 0"),
        (replace(ADDRESS, port=65536), "port must be 1..65535, not 65536"),
        (replace(ADDRESS, pid=-1), "pid must be 1..2147483647, not -1"),
    ],
)
def test_an_address_that_no_process_or_socket_can_have_is_told_by_rule_and_value(
    folder: Path, address: runtime.DaemonAddress, rule: str
) -> None:
    address.write(folder)
    with pytest.raises(RuntimeFolderError, match=rule):
        runtime.DaemonAddress.read(folder)


def test_an_address_is_removed_only_by_its_own_process(folder: Path) -> None:
    ADDRESS.write(folder)
    runtime.DaemonAddress.remove(folder, pid=1)
    assert runtime.DaemonAddress.read(folder) == ADDRESS
    runtime.DaemonAddress.remove(folder, pid=ADDRESS.pid)
    assert runtime.DaemonAddress.read(folder) is None


def test_an_address_is_kept_where_it_is_missing_or_anothers(folder: Path) -> None:
    assert ADDRESS.keep(folder)
    assert not ADDRESS.keep(folder)
    runtime.DaemonAddress(1, 2, "other", 1, "0.1.0").write(folder)
    assert ADDRESS.keep(folder)
    (folder / runtime.ADDRESS_NAME).write_text("{")
    assert ADDRESS.keep(folder)
    assert runtime.DaemonAddress.read(folder) == ADDRESS


def test_an_address_that_can_not_be_put_in_place_leaves_nothing_behind(folder: Path) -> None:
    (folder / runtime.ADDRESS_NAME).mkdir()
    with pytest.raises(OSError):
        ADDRESS.write(folder)
    assert [path.name for path in folder.iterdir()] == [runtime.ADDRESS_NAME]
