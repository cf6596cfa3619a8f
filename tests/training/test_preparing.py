"""What `timbred-train prepare` takes from sources, says of the rest, and does with what lies there."""

import json
import logging
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from toy_notes import encoded, toy_note
from toy_sources import NOT_NUMBERS, NOTE, RATE, SILENCE, TONE, Given, run, write_sounds

from timbred_training.errors import TrainingError
from timbred_training.prepare import prepare
from timbred_training.progress import shown
from timbred_training.sources.folder import FolderSource
from timbred_training.sources.notes import family_of
from timbred_training.sources.nsynth import NsynthSource
from timbred_training.sources.sound_file import read_sound
from timbred_training.sources.vst3 import Vst3Source
from timbred_training.store import LevelReader, Note, read_notes, write_notes


def write_nsynth(folder: Path, instruments: tuple[str, ...] = ("bass_000",)) -> Path:
    """Two notes of each instrument in NSynth's layout."""
    (folder / "audio").mkdir(parents=True)
    examples = {}
    for name in instruments:
        for pitch in (40, 50):
            note = f"{name}-{pitch:03d}-100"
            soundfile.write(folder / "audio" / f"{note}.wav", TONE, RATE)
            examples[note] = {
                "instrument_str": name,
                "instrument_family_str": "bass",
                "pitch": pitch,
                "velocity": 100,
            }
    (folder / "examples.json").write_text(json.dumps(examples))
    return folder


def test_the_family_comes_from_the_folder_and_not_from_the_collections_name(tmp_path: Path) -> None:
    for name in ("Bells/Small", "Pads", "Things"):
        write_sounds(tmp_path / name, 2)
    source = FolderSource(tmp_path, "Drum Kits", "own")
    families = [source.render(name)[0].family for name in source.instruments()]
    assert families == ["bell", "pad", "unknown"]


def test_the_family_of_a_preset_comes_from_its_own_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Synth:
        is_instrument = True

        def __init__(self, path: str) -> None:
            self.load_preset = str

        def __call__(self, *_: object, **__: object) -> np.ndarray:
            return np.stack([TONE, TONE])

    monkeypatch.setattr("pedalboard.VST3Plugin", Synth)
    for name in ("Soft Pad", "Init"):
        (tmp_path / f"{name}.vstpreset").touch()
    source = Vst3Source(tmp_path / "x.vst3", tmp_path, "Bass Station", "own")
    plain = Vst3Source(tmp_path / "x.vst3", None, "Bass Station", "own")
    families = [kind.render(name)[0].family for kind in (source, plain) for name in kind.instruments()]
    assert families == ["unknown", "pad", "unknown"]


@pytest.mark.parametrize("name", ["Custom", "phantom", "Somewhat Silky", "ManToMouse", "Trainers", "Swarm"])
def test_a_word_hidden_in_another_tells_no_family(name: str) -> None:
    assert family_of(name) == "unknown"


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("openhat", "drum"),
        ("HihatClosed", "drum"),
        ("Rim+Tom 2", "drum"),
        ("RackTom", "drum"),
        ("bassdrum", "drum"),
        ("Bass Drum", "drum"),
        ("subbass", "bass"),
        ("Neurobass", "bass"),
        ("supersaw", "lead"),
        ("HARP", "pluck"),
        ("Sharp Atmosphere", "effects"),
    ],
)
def test_compound_words_tell_a_family(name: str, family: str) -> None:
    assert family_of(name) == family


def test_instruments_that_were_there_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.lance"
    for collection in ("one", "two"):
        write_sounds(tmp_path / collection / "Bass", 2)
        run("prepare", "folder", tmp_path / collection, out, "--name", "mine", "--licence", "own")
    lines = [line for line in capsys.readouterr().out.splitlines() if "written" in line or "already" in line]
    assert lines == [
        f"2 notes written to {out}",
        f"0 notes written to {out}",
        "1 of their instruments were there already and stay as they are; "
        "another collection needs another --name",
    ]


def test_nsynths_valid_and_test_notes_fit_in_one_dataset(tmp_path: Path) -> None:
    out = tmp_path / "nsynth.lance"
    for split in ("valid", "test", "test"):
        folder = tmp_path / split
        source = NsynthSource(folder if folder.exists() else write_nsynth(folder), "nsynth", "own", split)
        prepare(source, out)
    assert read_notes(out, ["split"])["split"].tolist() == ["valid", "valid", "test", "test"]


@pytest.mark.parametrize(
    ("name", "options", "split"),
    [
        ("nsynth-train", [], "train"),
        ("nsynth-valid", [], "valid"),
        ("nsynth-test", [], "test"),
        ("NSynth", [], "train"),
        ("nsynth-test", ["--split", "valid"], "valid"),
    ],
)
def test_an_nsynth_folders_name_tells_its_split(
    tmp_path: Path, name: str, options: list[str], split: str
) -> None:
    run("prepare", "nsynth", write_nsynth(tmp_path / name), tmp_path / "out.lance", *options)
    assert set(read_notes(tmp_path / "out.lance", ["split"])["split"]) == {split}


def test_an_instrument_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []

    def write(folder: Path, notes: list[Note], *, batch: int) -> int:
        batches.append(batch)
        return write_notes(folder, notes, batch=batch)

    monkeypatch.setattr("timbred_training.prepare.write_notes", write)
    prepare(Given(*[replace(NOTE, pitch=pitch) for pitch in range(30, 42)]), tmp_path / "x.lance")
    assert batches == [12]


@pytest.mark.parametrize(
    ("audio", "rule"),
    [
        (NOT_NUMBERS, "must hold finite samples, and one is nan"),
        (np.where(np.isnan(NOT_NUMBERS), np.inf, TONE), "must hold finite samples, and one is inf"),
        (SILENCE, "must peak at 0.0001 or more, and it peaks at 0"),
        (1e-4 * TONE, "must peak at 0.0001 or more, and it peaks at 5e-05"),
    ],
)
def test_a_file_without_sound_is_refused(tmp_path: Path, audio: np.ndarray, rule: str) -> None:
    file = write_sounds(tmp_path, 1, audio.astype(np.float32)) / "000.wav"
    with pytest.raises(TrainingError, match=rule):
        read_sound(file)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="a sound must be a readable file"):
        read_sound(tmp_path)


@pytest.mark.parametrize("audio", [NOT_NUMBERS, SILENCE, TONE[:0]])
def test_what_a_source_gives_without_sound_is_left_out_with_a_warning(
    tmp_path: Path, audio: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert prepare(Given(NOTE, replace(NOTE, audio=audio, pitch=61)), tmp_path / "x.lance") == 1
    assert [text.partition(":")[0] for text in caplog.messages] == [
        "the note one, pitch 61, velocity 100 is left out"
    ]


def test_a_sound_shorter_than_a_frame_at_the_models_rate_is_left_out(tmp_path: Path) -> None:
    click = replace(NOTE, audio=np.full(1, 0.5, np.float32), sample_rate=192_000)
    assert prepare(Given(NOTE, click), tmp_path / "x.lance") == 1


def test_a_note_that_begins_with_three_seconds_of_silence_is_heard_from_its_onset(tmp_path: Path) -> None:
    late = replace(NOTE, audio=np.concatenate([SILENCE, TONE]), instrument="late")
    prepare(Given(NOTE, late), tmp_path / "x.lance")
    levels = LevelReader([tmp_path / "x.lance"]).take(np.arange(2))
    assert len(levels[0]) == len(levels[1])
    assert np.abs(levels[0].astype(float) - levels[1]).max() < 3.0


def test_a_source_nothing_of_which_sounds_makes_no_dataset(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="some instrument of given must sound, and none of 1 does"):
        prepare(Given(replace(NOTE, audio=SILENCE)), tmp_path / "x.lance")


@pytest.mark.parametrize("left", ["", "data/half.lance", "_versions/.tmp_1.manifest_half"])
def test_a_first_write_that_was_broken_off_is_done_again(tmp_path: Path, left: str) -> None:
    folder = tmp_path / "x.lance"
    (folder / left).parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(exist_ok=True)
    if left:
        (folder / left).write_bytes(b"half")
    with pytest.raises(TrainingError, match="timbred-train prepare"):
        read_notes(folder, ["instrument"])
    assert prepare(Given(NOTE), folder) == 1
    assert read_notes(folder, ["instrument"])["instrument"].tolist() == ["one"]


def test_what_is_no_dataset_of_notes_is_refused(tmp_path: Path) -> None:
    file, damaged = tmp_path / "file.lance", tmp_path / "damaged.lance"
    file.touch()
    prepare(Given(NOTE), damaged)
    for version in (damaged / "_versions").iterdir():
        version.write_bytes(b"damaged")
    with pytest.raises(TrainingError, match=r"must be a folder, and .*file\.lance is a file"):
        prepare(Given(NOTE), file)
    with pytest.raises(TrainingError, match=r"must be readable, not .*damaged\.lance"):
        prepare(Given(NOTE), damaged)


def test_names_are_no_markup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert prepare(Given(NOTE, name="a[/b]"), tmp_path / "x.lance") == 1
    assert "a[/b]" in capsys.readouterr().out
    assert list(shown([1, 2], "a[/b]")) == [1, 2]


def test_folders_that_are_no_instruments_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_sounds(tmp_path / "Right", 3)
    write_sounds(tmp_path / "One", 1)
    write_sounds(tmp_path / "Collection", 4)
    with caplog.at_level(logging.WARNING):
        assert FolderSource(tmp_path, "mine", "own", most=3).instruments() == ["mine_Right"]
    assert caplog.messages == [
        "Collection is left out: an instrument's folder must hold 2 to 3 sound files, not 4",
        "One is left out: an instrument's folder must hold 2 to 3 sound files, not 1",
    ]


def test_a_collection_without_instruments_is_refused(tmp_path: Path) -> None:
    write_sounds(tmp_path / "One", 1)
    with pytest.raises(TrainingError, match=r"must hold 2 to 100 sound files, and none of .* does"):
        FolderSource(tmp_path, "mine", "own")


def test_a_folder_whose_name_is_no_utf_8_is_an_instrument(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path / "samples") + b"/Bass caf\xe9"))
    try:
        folder.mkdir(parents=True)
    except OSError:
        pytest.skip("the file system takes UTF-8 names only")
    for number in range(2):
        (folder / f"{number}.flac").write_bytes(encoded(toy_note(0, "bass", number)))
    run("prepare", "folder", folder.parent, tmp_path / "x.lance", "--name", "mine", "--licence", "own")
    assert "  mine_Bass caf\\xe9\n" in capsys.readouterr().out
    assert set(read_notes(tmp_path / "x.lance", ["family"])["family"]) == {"bass"}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('{"a": {"pitch"', r"must be readable JSON, not .*examples\.json"),
        ("[1]", r"must be an object of notes, and .*examples\.json is none"),
        ('{"a": 1}', r"must have instrument_str, .* not a's instrument_str None"),
    ],
)
def test_a_listing_of_another_layout_is_refused(tmp_path: Path, text: str, rule: str) -> None:
    (write_nsynth(tmp_path / "nsynth") / "examples.json").write_text(text)
    with pytest.raises(TrainingError, match=rule):
        NsynthSource(tmp_path / "nsynth", "nsynth", "own")


@pytest.mark.parametrize("value", ["40", 40.5, None, True])
def test_a_listed_pitch_that_is_no_whole_number_is_refused(tmp_path: Path, value: object) -> None:
    listing = write_nsynth(tmp_path / "nsynth") / "examples.json"
    examples = json.loads(listing.read_text())
    examples["bass_000-040-100"]["pitch"] = value
    listing.write_text(json.dumps(examples))
    with pytest.raises(TrainingError, match=rf"numbers whole, not bass_000-040-100's pitch {value!r}"):
        NsynthSource(tmp_path / "nsynth", "nsynth", "own")
