"""What the commands of the fit model pass on."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from toy_sources import run, write_sounds

from timbred_training import cli
from timbred_training.errors import TrainingError


def test_a_bank_is_written_into_a_folder_that_is_there(tmp_path: Path) -> None:
    line = ["fit", "bank", "songs.lance", "--out", str(tmp_path / "nowhere" / "b.npz"), "--trunk", "run"]
    with pytest.raises(TrainingError, match=r"into a folder that is there, not .*nowhere$"):
        cli.app(line, standalone_mode=False)


def test_how_many_songs_ask_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def make_bank(songs: object, encoder: object, **options: Any) -> SimpleNamespace:
        asked.update(options)
        return SimpleNamespace(write=lambda out: None, name=[], shot_song=[], mix_song=[])

    monkeypatch.setattr("torch.set_num_threads", lambda threads: None)
    monkeypatch.setattr("timbred_training.fit.bank.make_bank", make_bank)
    monkeypatch.setattr("timbred_training.fit.song_set.read_song_set", lambda folders: None)
    monkeypatch.setattr(
        "timbred_training.export_timbre.load_run", lambda run: SimpleNamespace(encoder=Path(run).name)
    )
    line = "fit bank songs.lance --out bank.npz --trunk run --mixes 3 --random-mixes 4 --variants 5"
    cli.app([*line.split(), "--ask-every", "6", "--seed", "7"], standalone_mode=False)
    assert asked == {"real_mixes": 3, "other_mixes": 4, "variants": 5, "ask_every": 6, "seed": 7}


@pytest.mark.parametrize(
    ("count", "out", "rule"), [(1, ".", "two at least"), (2, "nowhere", "that is there")]
)
def test_what_tells_drums_apart_needs_two_kits_and_a_place(
    tmp_path: Path, count: int, out: str, rule: str
) -> None:
    for kit in range(count):
        for role in ("Kick", "Snare"):
            write_sounds(tmp_path / f"kit {kit}", 1)
            (tmp_path / f"kit {kit}" / "000.wav").rename(tmp_path / f"kit {kit}" / f"{role}.wav")
    with pytest.raises(TrainingError, match=rule):
        run("fit", "drum-sounds", tmp_path, "--out", tmp_path / out / "drums.json")
