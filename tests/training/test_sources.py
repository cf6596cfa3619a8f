"""What the sources read, and what they refuse."""

import io
import json
import logging
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
import soxr.soxr_ext
from toy_notes import encoded, write_toy_table
from toy_scores import write_score

from timbred_training import prepare_cli
from timbred_training.errors import TrainingError
from timbred_training.note_table import UNSEEN, decode, read_note_tables, write_note_table
from timbred_training.prepare import prepare, refuse_no_train
from timbred_training.sources.amsynth import read_bank
from timbred_training.sources.dssi import DssiSource
from timbred_training.sources.folder import FolderSource
from timbred_training.sources.notes import RawNote, family_of, notes_to_play
from timbred_training.sources.nsynth import NsynthSource
from timbred_training.sources.parquet import ParquetSource
from timbred_training.sources.vst3 import Vst3Source
from timbred_training.store import read_notes
from timbred_training.training_notes import TrainingNotes

TONE = (0.1 * np.sin(np.arange(4_000) / 10)).astype(np.float32)


@pytest.fixture
def nsynth(tmp_path: Path) -> Path:
    """Three notes of one keyboard in NSynth's layout."""
    (tmp_path / "audio").mkdir()
    examples = {}
    for pitch in (40, 60, 80):
        note = f"keyboard_electronic_000-{pitch:03d}-100"
        soundfile.write(tmp_path / "audio" / f"{note}.wav", TONE, 16_000)
        examples[note] = {
            "instrument_str": "keyboard_electronic_000",
            "instrument_family_str": "keyboard",
            "pitch": pitch,
            "velocity": 100,
        }
    (tmp_path / "examples.json").write_text(json.dumps(examples))
    return tmp_path


def test_nsynth_is_read_with_its_middle_note_as_the_reference(nsynth: Path) -> None:
    source = NsynthSource(nsynth, "nsynth", "CC-BY-4.0")
    notes = source.render(source.instruments()[0])
    assert [(note.pitch, note.reference) for note in notes] == [(40, False), (60, True), (80, False)]
    assert notes[0].family == "keys" and notes[0].sample_rate == 16_000 and notes[0].audio.shape == (4_000,)


def test_nsynth_without_its_listing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"examples\.json"):
        NsynthSource(tmp_path, "nsynth", "CC-BY-4.0")


def test_nsynth_with_a_missing_file_names_the_file(nsynth: Path) -> None:
    (nsynth / "audio" / "keyboard_electronic_000-060-100.wav").unlink()
    source = NsynthSource(nsynth, "nsynth", "CC-BY-4.0")
    with pytest.raises(TrainingError, match=r"060-100\.wav"):
        source.render("keyboard_electronic_000")


def test_nsynth_goes_on_past_a_note_without_sound(nsynth: Path, caplog: pytest.LogCaptureFixture) -> None:
    soundfile.write(nsynth / "audio" / "keyboard_electronic_000-060-100.wav", TONE[:0], 16_000)
    (nsynth / "audio" / "keyboard_electronic_000-040-100.wav").write_bytes(b"nothing")
    with caplog.at_level(logging.WARNING):
        notes = NsynthSource(nsynth, "nsynth", "CC-BY-4.0").render("keyboard_electronic_000")
    assert [(note.pitch, note.reference) for note in notes] == [(80, True)]
    assert ["040-100.wav" in caplog.messages[0], "060-100.wav" in caplog.messages[1]] == [True, True]


def test_a_folder_of_two_samples_or_more_is_an_instrument(tmp_path: Path) -> None:
    for name in ("Bass 1/a", "Bass 1/b", "Lonely/a"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        soundfile.write(tmp_path / f"{name}.wav", TONE, 44_100)
    source = FolderSource(tmp_path, "mine", "own")
    assert source.instruments() == ["mine_Bass 1"]
    first, second = source.render("mine_Bass 1")
    assert first.reference and not second.reference and first.family == "bass"


def test_samples_without_sound_are_left_out_with_a_warning_each(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "samples" / "Bass 1"
    folder.mkdir(parents=True)
    soundfile.write(folder / "a.wav", TONE[:0], 44_100)
    (folder / "b.flac").write_bytes(b"")
    for name in ("c.wav", "d.wav"):
        soundfile.write(folder / name, TONE, 44_100)
    (folder / "._c.wav").write_bytes(b"Mac OS X")
    source = FolderSource(tmp_path / "samples", "mine", "own")
    with caplog.at_level(logging.WARNING):
        assert prepare(source, tmp_path / "mine.lance") == 2
    assert read_notes(tmp_path / "mine.lance", ["reference"])["reference"].tolist() == [True, False]
    assert [message.partition(" is left out")[0] for message in caplog.messages] == [
        str(folder / "a.wav"),
        str(folder / "b.flac"),
    ]


def test_a_note_without_frames_is_none(tmp_path: Path) -> None:
    class Halting(Silent):
        def render(self, instrument: str) -> list[RawNote]:
            return [
                RawNote(instrument, "unknown", "train", True, bool(len(tone)), 60, 100, tone, 16_000)
                for tone in (TONE[:0], TONE)
            ]

    assert prepare(Halting(), tmp_path / "x.lance") == 1
    assert write_note_table(Halting(), tmp_path / "x.parquet") == 1


def test_a_table_with_broken_audio_is_prepared_but_for_these_notes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    empty = io.BytesIO()
    soundfile.write(empty, TONE[:0], 16_000, format="FLAC")
    cells = [None, b"", b"nothing", empty.getvalue(), encoded(TONE)[:-900]]
    write_toy_table(tmp_path / "x.parquet", instruments=1, notes=8)
    rows = pq.read_table(tmp_path / "x.parquet").to_pylist()
    for row, cell in zip(rows[1:], cells, strict=False):
        row["audio"] = cell
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "x.parquet")
    source = ParquetSource(tmp_path, "toy", "CC0-1.0")
    with caplog.at_level(logging.WARNING):
        assert prepare(source, tmp_path / "x.lance") == 3
    assert [message.partition(", velocity")[0] for message in caplog.messages] == [
        f"the note toy_000, pitch {36 + 3 * number}" for number in range(1, 6)
    ]


def test_presets_of_the_same_name_in_two_folders_are_two_instruments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Synth:
        is_instrument = True

        def __init__(self, path: str) -> None:
            self.loaded = ""

        def load_preset(self, path: str) -> None:
            if not Path(path).stat().st_size:
                raise RuntimeError("no preset")
            self.loaded = Path(path).read_text()

        def __call__(self, *_: object, **__: object) -> np.ndarray:
            return np.stack([TONE, TONE]) * (1.0 if self.loaded == "loud" else 0.5)

    monkeypatch.setattr("pedalboard.VST3Plugin", Synth)
    for name, text in (("Bass/Init", "loud"), ("Pad/Init", "soft"), ("Pad/Broken", ""), ("Pad/._Init", "x")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.vstpreset").write_text(text)
    source = Vst3Source(tmp_path / "synth.vst3", tmp_path, "synth", "own")
    assert source.instruments() == ["synth_Bass/Init", "synth_Pad/Broken", "synth_Pad/Init"]
    loud, soft = (source.render(f"synth_{name}/Init")[0].audio for name in ("Bass", "Pad"))
    assert np.allclose(loud, 2.0 * soft)
    with caplog.at_level(logging.WARNING):
        assert source.render("synth_Pad/Broken") == []
    assert "Broken.vstpreset is left out: no preset" in caplog.text


def test_a_folder_without_presets_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pedalboard.VST3Plugin", lambda path: SimpleNamespace(is_instrument=True))
    with pytest.raises(TrainingError, match=r"must hold \.vstpreset files, and .*nowhere has none"):
        Vst3Source(tmp_path / "synth.vst3", tmp_path / "nowhere", "synth", "own")


def test_a_note_table_gives_all_notes_of_an_instrument(toy_table: Path) -> None:
    source = ParquetSource(toy_table, "toy", "CC0-1.0")
    notes = source.render("toy_000")
    assert len(source.instruments()) == 36
    assert [note.reference for note in notes] == [True, False, False, False]
    assert np.abs(notes[0].audio).max() > 0.5


def test_a_folder_without_note_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="has none"):
        ParquetSource(tmp_path, "toy", "CC0-1.0")


def test_a_folder_below_one_marked_no_train_is_refused(tmp_path: Path) -> None:
    inner = tmp_path / "pack" / "drums"
    inner.mkdir(parents=True)
    refuse_no_train(inner)
    (tmp_path / "pack" / "NO-TRAIN").touch()
    with pytest.raises(TrainingError, match="NO-TRAIN"):
        refuse_no_train(inner)


def test_a_folder_above_one_marked_no_train_is_refused(tmp_path: Path) -> None:
    inner = tmp_path / "pack" / "drums"
    inner.mkdir(parents=True)
    refuse_no_train(tmp_path)
    (inner / "NO-TRAIN").touch()
    for place in (tmp_path, tmp_path / "pack", inner):
        with pytest.raises(TrainingError, match=r"not be marked NO-TRAIN, but .*drums is"):
            refuse_no_train(place)


def test_marked_scores_and_presets_are_refused(tmp_path: Path, toy_notes_prepared: Path) -> None:
    marked = tmp_path / "marked"
    marked.mkdir()
    write_score(marked / "a.mid")
    TrainingNotes([toy_notes_prepared], scores=marked)
    (marked / "NO-TRAIN").touch()
    with pytest.raises(TrainingError, match="NO-TRAIN"):
        TrainingNotes([toy_notes_prepared], scores=marked)
    with pytest.raises(TrainingError, match="NO-TRAIN"):
        prepare_cli.vst3(tmp_path / "synth.vst3", tmp_path / "x.lance", "synth", "own", presets=marked)


def test_the_notes_of_an_instrument_are_always_the_same_and_in_its_range() -> None:
    notes = notes_to_play("zyn_001_002", "bass")
    assert notes == notes_to_play("zyn_001_002", "bass") != notes_to_play("zyn_001_003", "bass")
    assert (notes[0].pitch, notes[0].velocity, notes[0].hold_seconds, notes[0].reference) == (
        38,
        100,
        2.0,
        True,
    )
    assert all(28 <= note.pitch <= 50 and not note.reference for note in notes[1:])


@pytest.mark.parametrize(
    ("name", "family"), [("Slap Bass 2", "bass"), ("Grand Piano", "keys"), ("Zzyzx", "unknown")]
)
def test_a_preset_name_tells_its_family(name: str, family: str) -> None:
    assert family_of(name) == family


def test_a_bank_file_is_read_by_name_and_control() -> None:
    text = "amSynth\n<preset> <name> A B\n<parameter> amp_attack 0.5\n<preset> <name> C\n<parameter> x 1\nEOF"
    assert read_bank(text) == [("A B", {"amp_attack": 0.5}), ("C", {"x": 1.0})]


def test_a_source_becomes_a_note_table_to_measure_on(nsynth: Path, tmp_path: Path) -> None:
    table = tmp_path / "tables" / "nsynth.parquet"
    source = NsynthSource(nsynth, "nsynth", "CC-BY-4.0")
    assert write_note_table(source, table) == 3
    notes = read_note_tables(table)
    assert [(note.instrument, note.family, note.split, note.pitch, note.reference) for note in notes] == [
        ("keyboard_electronic_000", "keys", UNSEEN, pitch, pitch == 60) for pitch in (40, 60, 80)
    ]
    heard = decode(notes[1].audio, 16_000)
    assert heard.shape == TONE.shape and np.corrcoef(heard, TONE)[0, 1] > 0.999
    assert np.abs(heard).max() == pytest.approx(10 ** (-1 / 20), abs=1e-3)


class Silent:
    """A source none of whose instruments sounds."""

    name, licence, split = "silent", "none", None

    def instruments(self) -> list[str]:
        return ["nothing"]

    def render(self, instrument: str) -> list[RawNote]:
        return []


def test_an_instrument_that_sounds_as_one_before_is_left_out_of_a_note_table(tmp_path: Path) -> None:
    class Empty(Silent):
        def instruments(self) -> list[str]:
            return ["first", "the same", "another"]

        def render(self, instrument: str) -> list[RawNote]:
            tone = TONE[::-1] if instrument == "another" else TONE
            return [RawNote(instrument, "unknown", "train", True, True, 60, 100, tone, 16_000)]

    assert write_note_table(Empty(), tmp_path / "x.parquet") == 2
    assert [n.instrument for n in read_note_tables(tmp_path / "x.parquet")] == ["first", "another"]


def test_a_source_that_is_silent_makes_no_note_table(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="references that sound, and silent has none"):
        write_note_table(Silent(), tmp_path / "x.parquet")
    assert not list(tmp_path.iterdir())


def test_a_library_that_is_no_dssi_synthesizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"a DSSI synthesizer must lie at .*gone\.so"):
        DssiSource(tmp_path / "gone.so", "x", "CC0-1.0")
    another = Path(soxr.soxr_ext.__file__)
    with pytest.raises(TrainingError, match=r"a DSSI synthesizer must lie at .*dssi_descriptor"):
        DssiSource(another, "x", "CC0-1.0")
