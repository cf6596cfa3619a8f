"""How the program ends where its answer cannot go anywhere, and where Ctrl-C comes early."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from catalog_program import run, values, write_tone

from timbred.version import VERSION

PROGRAM = [sys.executable, "-m", "timbred"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("words", [["ls"], ["ls", "--json"]])
def test_a_full_disk_is_one_sentence(home: Path, words: list[str]) -> None:
    run("add", str(home / "Samples"))
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run([*PROGRAM, "catalog", *words], stdout=full, stderr=subprocess.PIPE, text=True)
    said = "timbred: cannot write: No space left on device\n"
    assert (ended.returncode, ended.stderr) == (2, said)


def test_a_reader_that_had_enough_is_told_nothing(home: Path) -> None:
    run("add", str(home / "Samples"))
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as broken:
        command = [*PROGRAM, "catalog", "ls"]
        ended = subprocess.run(command, stdout=broken, stderr=subprocess.PIPE, text=True)
    assert (ended.returncode, ended.stderr) == (1, "")


@pytest.mark.parametrize(("words", "status"), [("config", 0), ("catalog ls --role snair", 2)])
def test_a_program_that_nobody_hears_ends_as_ever(home: Path, words: str, status: int) -> None:
    shell = f"'{sys.executable}' -m timbred {words} >&-"
    ended = subprocess.run(["sh", "-c", shell], stderr=subprocess.PIPE, text=True)
    assert ended.returncode == status and "Traceback" not in ended.stderr


def test_letters_that_the_terminal_lacks_are_spelt_out(home: Path) -> None:
    write_tone(home / "Samples" / "キック.wav", 900.0)
    run("add", str(home / "Samples"))
    said = subprocess.run(
        [*PROGRAM, "catalog", "ls"],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    ).stdout
    assert rb"\u30ad\u30c3\u30af" in said


@pytest.mark.parametrize(
    "code", ["raise KeyboardInterrupt", "raise ImportError('initialization failed') from KeyboardInterrupt()"]
)
def test_ctrl_c_before_there_is_a_command_shows_no_stack(tmp_path: Path, code: str) -> None:
    (tmp_path / "typer.py").write_text(f"{code}\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    ended = subprocess.run([*PROGRAM, "--help"], capture_output=True, text=True, env=environment)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def test_the_version_is_one_line() -> None:
    said = subprocess.run([*PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout
    assert said == f"timbred {VERSION}\n"


@pytest.mark.parametrize("words", [["listen"], ["catalog", "watch"], ["plugin", "install", "--from"]])
def test_what_the_disk_refuses_is_one_sentence(home: Path, words: list[str]) -> None:
    ended = subprocess.run([*PROGRAM, *words, "x" * 300], capture_output=True, text=True)
    assert ended.returncode == 2
    assert ended.stderr == f"timbred: [Errno 36] File name too long: '{'x' * 300}'\n"


def test_a_preview_in_a_pipe_is_a_path_that_opens(home: Path) -> None:
    path = os.fsencode(home / "Samples") + b"/caf\xe9.wav"
    write_tone(home / "plain.wav", 901.0)
    (home / "plain.wav").rename(os.fsdecode(path))
    run("add", str(home / "Samples"))
    (sound,) = [value for value in values("ls") if "path_hex" in value]
    command = [*PROGRAM, "catalog", "preview", sound["id"]]
    assert subprocess.run(command, capture_output=True, check=True).stdout == path + b"\n"
    assert values("preview", sound["id"])[0]["file_hex"] == path.hex()
