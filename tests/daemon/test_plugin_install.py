"""The plugin's formats are copied to where hosts look."""

from pathlib import Path

import pytest

from timbred.errors import TimbredError
from timbred.plugin_install import install_plugins


def build(folder: Path, content: str) -> Path:
    """What a build leaves: two bundles and a file."""
    for bundle in ("timbred.vst3/Contents/x86_64-linux", "timbred.lv2"):
        (folder / bundle).mkdir(parents=True, exist_ok=True)
        (folder / bundle / "timbred.so").write_text(content)
    (folder / "timbred.clap").write_text(content)
    (folder / "timbred").write_text("the standalone is no plugin")
    return folder


def test_each_format_lies_where_hosts_look(tmp_path: Path) -> None:
    done = install_plugins(build(tmp_path / "bin", "one"), tmp_path / "home")
    names = [str(path.relative_to(tmp_path / "home")) for path in done]
    assert sorted(names) == [".clap/timbred.clap", ".lv2/timbred.lv2", ".vst3/timbred.vst3"]
    inside = tmp_path / "home/.vst3/timbred.vst3/Contents/x86_64-linux/timbred.so"
    assert inside.read_text() == "one"


def test_a_newer_build_replaces_an_older_one(tmp_path: Path) -> None:
    install_plugins(build(tmp_path / "old", "one"), tmp_path / "home")
    install_plugins(build(tmp_path / "new", "two"), tmp_path / "home")
    files = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert len(files) == 3 and {path.read_text() for path in files} == {"two"}


def test_without_a_build_it_says_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(TimbredError, match="run scripts/setup"):
        install_plugins(tmp_path, tmp_path / "home")


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".clap").touch()
    with pytest.raises(TimbredError, match="can't be written"):
        install_plugins(build(tmp_path / "bin", "one"), tmp_path / "home")
