"""The settings' file."""

from pathlib import Path

import pytest

from timbred.config import defaults_text, load_config
from timbred.errors import ConfigError


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    config = load_config(tmp_path / "none.toml")
    assert config.listening.hop_seconds == 1.0
    assert config.suggesting.per_slot == 5


def test_the_defaults_file_is_a_settings_file(tmp_path: Path) -> None:
    (tmp_path / "all.toml").write_text(defaults_text())
    assert load_config(tmp_path / "all.toml") == load_config(tmp_path / "none.toml")


def test_one_line_changes_one_setting(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("[listening]\nhop_seconds = 2\n")
    config = load_config(tmp_path / "own.toml")
    assert config.listening.hop_seconds == 2.0
    assert config.listening.gate_open_dbfs == -60.0


def test_all_faults_are_told_together(tmp_path: Path) -> None:
    text = '[daemon]\nprot = 1\nport = 70000\nlog_level = "loud"\n[extra]\n[listening]\nhop_seconds = "x"\n'
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(ConfigError) as raised:
        load_config(tmp_path / "bad.toml")
    for fault in (
        "there is no section [extra]",
        "there is no setting daemon.prot",
        "daemon.port must be 0..65535, not 70000",
        "daemon.log_level must be one of debug, info, warning, error, not 'loud'",
        "listening.hop_seconds must be a number, not 'x'",
    ):
        assert fault in str(raised.value)


def test_folders_to_watch_are_a_list_of_places(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('[catalog]\nwatch = ["~/Samples", "/mnt/disk"]\n')
    config = load_config(tmp_path / "own.toml")
    assert config.catalog.watch == ("~/Samples", "/mnt/disk")
    assert config.catalog.pause_while_playing
    (tmp_path / "bad.toml").write_text('[catalog]\nwatch = ["Samples"]\npause_while_playing = 1\n')
    with pytest.raises(ConfigError) as raised:
        load_config(tmp_path / "bad.toml")
    assert "catalog.watch must be folders from / or ~ on, not ['Samples']" in str(raised.value)
    assert "catalog.pause_while_playing must be true or false, not 1" in str(raised.value)


@pytest.mark.parametrize(
    "text",
    ["not toml", "daemon = 3", "[listening]\ngate_close_dbfs = -10.0", "[suggesting]\nper_slot = true"],
)
def test_what_is_no_setting_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(ConfigError):
        load_config(tmp_path / "bad.toml")


def test_folders_of_no_user_are_told_together(tmp_path: Path) -> None:
    text = '[daemon]\ncatalog = "~nosuchuser/a"\n[catalog]\nwatch = ["~/Samples", "~nosuchuser/b"]\n'
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(ConfigError) as raised:
        load_config(tmp_path / "bad.toml")
    assert "daemon.catalog must be of a user there is, not '~nosuchuser/a'" in str(raised.value)
    assert "catalog.watch must be of a user there is, not '~nosuchuser/b'" in str(raised.value)
