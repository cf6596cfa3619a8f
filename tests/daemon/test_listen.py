"""`timbred listen`: a file goes the way of the plugin's audio."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from daemon_thread import Daemon
from library_of_tones import tone

from timbred.__main__ import main
from timbred.config import load_config
from timbred.errors import TimbredError
from timbred.listen import Moment, listen
from timbred.settings import ContextLength, Settings

BASS = Settings("match", ContextLength("seconds", 2.0), ("bass",))


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """Six seconds of a low tone, six of a high one, three of silence, in stereo."""
    parts = [tone(400, 6.0, 44_100), tone(3300, 6.0, 44_100), np.zeros(3 * 44_100, np.float32)]
    path = tmp_path / "song.flac"
    soundfile.write(path, np.stack([np.concatenate(parts)] * 2, axis=1), 44_100)
    return path


@pytest.fixture
def config_of_tones(daemon_folders: Daemon, tmp_path: Path) -> Path:
    """Settings that name the library of tones."""
    path = tmp_path / "timbred.toml"
    path.write_text(f'[daemon]\ncatalog = "{daemon_folders.catalog}"\n')
    return path


def best(moment: Moment) -> str:
    """The name on top."""
    sound = moment.rows[0].sound
    return sound.name if sound else ""


def test_the_list_follows_the_song(config_of_tones: Path, song: Path) -> None:
    moments = list(listen(song, load_config(config_of_tones), BASS, every_seconds=5.0))
    assert [round(moment.seconds) for moment in moments] == [5, 10, 15]
    assert [best(moment) for moment in moments[:2]] == ["bass 400 Hz tone", "bass 3300 Hz tone"]
    assert [moment.silent for moment in moments] == [False, False, True]
    assert [moment.changed for moment in moments[:2]] == [True, True]


def test_bars_follow_the_tempo(config_of_tones: Path, song: Path) -> None:
    settings = Settings("match", ContextLength("bars", 1.0), ("bass",))
    *_, last = listen(song, load_config(config_of_tones), settings, every_seconds=60, tempo_bpm=120)
    assert best(last) == "bass 3300 Hz tone"


def test_json_has_a_line_for_each_moment(
    config_of_tones: Path, song: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TIMBRED_CONFIG", str(config_of_tones))
    monkeypatch.setattr(sys, "argv", ["timbred", "listen", str(song), "--slots", "bass", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [round(line["seconds"]) for line in lines] == [4, 8, 12, 15]
    assert lines[0]["rows"][0]["name"] == "bass 400 Hz tone"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["none.wav"], "there is no file none.wav"),
        (["/"], "/ must be a plain file"),
        ([""], "a file or folder must have a name, not ''"),
        (["{song}", "--mode", "fit"], "no fit.context model is installed"),
        (["{song}", "--slots", "kazoo"], "not 'kazoo'"),
        (["{song}", "--bars", "3", "--tempo", "120"], "context length must be 1, 2, 4 or 8 bars, not 3"),
        (["{song}", "--catalog", "/nowhere"], "there is no catalogue at /nowhere"),
        (["{song}", "--tempo", "-1"], "--tempo must be 20..999, not -1"),
        (["{song}", "--tempo", "nan"], "--tempo must be 20..999, not nan"),
        (["{song}", "--bars", "4", "--seconds", "2"], "one of --bars and --seconds must be given, not both"),
        (["{song}", "--bars", "2"], "--bars needs --tempo"),
        (["{song}", "--every", "0"], "--every must be 0.25..86400, not 0"),
    ],
)
def test_what_a_user_can_mend_is_one_line(
    options: list[str],
    sentence: str,
    config_of_tones: Path,
    song: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TIMBRED_CONFIG", str(config_of_tones))
    arguments = [option.format(song=song) for option in options]
    monkeypatch.setattr(sys, "argv", ["timbred", "listen", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    output = capsys.readouterr()
    assert ended.value.code == 2
    assert output.err.startswith("timbred: ") and output.err.count("\n") == 1
    assert sentence in output.err


def test_a_rate_of_one_hertz_and_a_sound_too_short_are_refused(config_of_tones: Path, tmp_path: Path) -> None:
    config, slow, short = load_config(config_of_tones), tmp_path / "slow.wav", tmp_path / "short.wav"
    soundfile.write(slow, tone(400, 6.0, 44_100), 44_100)
    content = bytearray(slow.read_bytes())
    content[24:28] = (1).to_bytes(4, "little")
    slow.write_bytes(content)
    with pytest.raises(TimbredError, match=r"sample rate must be 1000\.\.768000 Hz, not 1$"):
        next(listen(slow, config, BASS))
    soundfile.write(short, tone(400, 0.45, 44_100), 44_100)
    with pytest.raises(TimbredError, match=r"must last at least 0\.75 s to be listened to, not 0\.45 s"):
        next(listen(short, config, BASS))


@pytest.mark.parametrize(("ending", "cut"), [("flac", True), ("flac", False), ("mp3", False)])
def test_a_damaged_file_is_one_line_with_the_second(
    ending: str,
    cut: bool,
    config_of_tones: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / f"damaged.{ending}"
    noise = np.random.default_rng(0)
    soundfile.write(path, noise.uniform(-0.5, 0.5, 6 * 44_100), 44_100)
    content = path.read_bytes()
    half = len(content) // 2
    path.write_bytes(
        content[:half] if cut else content[:half] + noise.bytes(20_000) + content[half + 20_000 :]
    )
    monkeypatch.setenv("TIMBRED_CONFIG", str(config_of_tones))
    monkeypatch.setattr(sys, "argv", ["timbred", "listen", str(path), "--slots", "bass"])
    with pytest.raises(SystemExit) as ended:
        main()
    output = capsys.readouterr()
    assert ended.value.code == 2
    assert output.err.startswith(f"timbred: {path} can't be read as audio from second 2.")
    assert output.err.count("\n") == 1


def test_a_mode_without_a_model_raises_before_anything_is_read(config_of_tones: Path, song: Path) -> None:
    with pytest.raises(TimbredError, match="fit"):
        next(listen(song, load_config(config_of_tones), Settings("fit")))
