"""The tables of an evaluation: hand-placed vectors, drawn mixtures, and a real model file on toy notes."""

import io
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from rich.console import Console
from toy_notes import RATE, encoded
from toy_onnx import write_toy_model

from timbred_training import cli
from timbred_training.database import Database, Row
from timbred_training.errors import TrainingError
from timbred_training.evaluate import Report, evaluate, print_report
from timbred_training.fit import cli as fit_cli
from timbred_training.mixture_lines import draw_line, draw_mixture
from timbred_training.onnx_encoder import OnnxEncoder
from timbred_training.retrieval import Rate

DATABASE = Database(np.eye(4), np.array(["a", "b", "c", "d"]), np.array(["bass", "bass", "lead", "drum"]))


def test_a_query_counts_by_its_instrument_and_by_its_family() -> None:
    queries = np.array([[1.0, 0, 0, 0], [1.0, 0.5, 0, 0], [0, 0, 1.0, 0.9]])
    hits = DATABASE.hits(queries, np.array(["a", "b", "d"]), np.array(["bass", "bass", "drum"]))
    assert hits.top1.tolist() == [True, False, False]
    assert hits.top5.tolist() == [True, True, True]
    assert hits.family.tolist() == [True, True, False]


def test_a_role_is_searched_among_its_own_families() -> None:
    assert DATABASE.of(("bass",)).instruments.tolist() == ["a", "b"]


def test_a_row_holds_only_the_queries_it_is_about() -> None:
    queries, families = np.eye(4), DATABASE.families
    hits = DATABASE.hits(queries, np.array(["a", "x", "c", "x"]), families)
    row = hits.row("bass", DATABASE.instruments, families == "bass")
    assert (row.queries, row.top1.percent) == (2, 50.0)


def test_a_line_is_never_silent_and_plays_only_its_notes() -> None:
    notes = [np.full(100, 0.5, dtype=np.float32), np.full(70, 0.25, dtype=np.float32)]
    for seed in range(20):
        line = draw_line(notes, 1_000, np.random.default_rng(seed))
        assert len(line) == 1_000 and set(np.unique(line)) <= {0.0, 0.25, 0.5} and line.any()


def test_a_mixture_is_the_same_for_the_same_seed() -> None:
    note = [np.ones(500, dtype=np.float32)]
    pools = {"bass": {"a": note, "b": note}, "lead": {"c": note}, "percussion": {"d": note}}
    once, again = (draw_mixture(pools, 1_000, np.random.default_rng(3)) for _ in range(2))
    assert once.instruments == again.instruments and np.array_equal(once.audio, again.audio)
    assert 6_000 <= len(once.audio) <= 10_000 and np.abs(once.audio).max() <= 1.0


def test_any_split_in_the_tables_can_be_asked(exported: Path, toy_table: Path) -> None:
    report = evaluate(exported, [toy_table], "valid", mixtures=3)
    assert (report.model_id, report.entries, report.split) == ("toy-1-0", 36, "valid")
    assert [row.name for row in report.singles] == ["all", "bass", "drum", "lead"]
    assert report.singles[0].queries == sum(row.queries for row in report.singles[1:]) == 30
    assert report.mixtures is not None and report.mixtures.rows[0].queries == 9
    assert all(0 <= share.percent <= 100 for share in report.mixtures.stability.values())


def test_without_role_queries_a_mixture_is_asked_by_its_own_vector(
    exported: Path, toy_table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audio = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    by_role, alone = OnnxEncoder(exported), OnnxEncoder(exported, role_queries=False)
    assert by_role.roles and by_role(audio).by_role is not None
    assert alone.roles == [] and alone(audio).by_role is None
    np.testing.assert_array_equal(alone(audio).vector, by_role(audio).vector)
    asked: list[OnnxEncoder] = []
    monkeypatch.setattr("timbred_training.evaluate.ask_mixtures", lambda encoder, *_: asked.append(encoder))
    evaluate(exported, [toy_table], "valid", mixtures=3, one_vector=True)
    assert [encoder.roles for encoder in asked] == [[]]


def test_mixtures_are_separated_or_asked_by_one_vector(toy_table: Path, tmp_path: Path) -> None:
    line = ["evaluate", "x.onnx", "--data", str(toy_table), "--demucs", str(tmp_path), "--one-vector"]
    with pytest.raises(TrainingError, match="not by both"):
        cli.app(line, standalone_mode=False)


def test_a_split_that_is_not_there_is_refused_with_those_that_are(exported: Path, toy_table: Path) -> None:
    with pytest.raises(TrainingError, match=r"\['train', 'valid'\].*not test"):
        evaluate(exported, [toy_table], "test")


def test_a_line_of_empty_notes_is_refused() -> None:
    empty = np.zeros(0, dtype=np.float32)
    with pytest.raises(TrainingError, match="none of 2 does"):
        draw_line([empty, empty], 100, np.random.default_rng(0))


def changed(table: Path, file: Path, change: dict[tuple[str, int], dict[str, Any]]) -> Path:
    """A copy of the toy table; keys are an instrument and the number of one of its notes."""
    rows = pq.read_table(table / "toy.parquet").to_pylist()
    for (instrument, number), values in change.items():
        [row for row in rows if row["instrument_id"] == instrument][number].update(values)
    pq.write_table(pa.Table.from_pylist(rows), file)
    return file


def printed(report: Report) -> str:
    text = io.StringIO()
    print_report(report, Console(file=text, width=110))
    return text.getvalue()


@pytest.mark.parametrize("change", [{"reference": False}, {"fx": False}, {"family": "keys"}])
def test_a_query_that_nothing_could_find_is_left_out_and_counted(
    exported: Path, toy_table: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    bass, lead = "toy_030", "toy_031"  # valid, with three notes each beside the reference
    table = changed(toy_table, tmp_path / "x.parquet", {(bass, 0): change, (lead, 0): change})
    report = evaluate(exported, [table], "valid", mixtures=12)
    noted = 2 if "reference" in change else 0  # a reference that is none is a query
    assert report.left_out == 6 + noted
    assert report.singles[0].queries == 24
    assert report.mixtures is not None and report.mixtures.rows[0].queries == 36
    assert f"{6 + noted} queries are left out" in printed(report)


def test_a_split_whose_instruments_have_no_reference_is_refused(
    exported: Path, toy_table: Path, tmp_path: Path
) -> None:
    valid = [f"toy_{k:03d}" for k in range(26, 36)]
    table = changed(toy_table, tmp_path / "x.parquet", {(name, 0): {"fx": False} for name in valid})
    with pytest.raises(TrainingError, match="none of the 30 of the split valid"):
        evaluate(exported, [table], "valid")
    table = changed(toy_table, table, {(f"toy_{k:03d}", 0): {"fx": False} for k in range(36)})
    with pytest.raises(TrainingError, match="must hold a reference with its effects on"):
        evaluate(exported, [table], "valid")


@pytest.mark.parametrize("audio", [None, b"", b"no sound", encoded(np.ones(8_000, np.float32))[:-900]])
def test_notes_that_cannot_be_decoded_are_left_out_with_a_warning_each(
    exported: Path, toy_table: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, audio: bytes | None
) -> None:
    broken = {("toy_000", 0): {"audio": audio}, ("toy_030", 2): {"audio": audio}}
    table = changed(toy_table, tmp_path / "x.parquet", broken)
    with caplog.at_level(logging.WARNING):
        report = evaluate(exported, [table], "valid", mixtures=0)
    assert (report.entries, report.left_out, report.singles[0].queries) == (35, 1, 29)
    assert [record.getMessage().partition(" is left out")[0] for record in caplog.records] == [
        "the note toy_000, pitch 36, velocity 100",
        "the note toy_030, pitch 42, velocity 100",
    ]


@pytest.mark.parametrize("sound", [np.zeros(9_000), np.append(np.ones(9_000), np.nan)])
def test_silence_and_what_is_no_number_is_left_out(
    exported: Path, toy_table: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, sound: np.ndarray
) -> None:
    audio = io.BytesIO()
    soundfile.write(audio, sound, RATE, format="WAV", subtype="FLOAT")
    mute = {"audio": audio.getvalue()}
    table = changed(toy_table, tmp_path / "x.parquet", {("toy_000", 0): mute, ("toy_030", 2): mute})
    with caplog.at_level(logging.WARNING):
        report = evaluate(exported, [table], "valid", mixtures=0)
    assert (report.entries, report.left_out, report.singles[0].queries) == (35, 1, 29)
    assert "left out" in caplog.text


def test_a_role_of_ten_references_has_no_first_ten_in_common(
    exported: Path, toy_table: Path, tmp_path: Path
) -> None:
    bass = {(name, 0): {"fx": False} for name in ("toy_000", "toy_003")}
    report = evaluate(exported, [changed(toy_table, tmp_path / "x.parquet", bass)], "valid", mixtures=2)
    assert report.mixtures is not None and list(report.mixtures.stability) == ["lead", "percussion"]
    both = bass | {(f"toy_{k:03d}", 0): {"fx": False} for k in (1, 2, 4, 5)}
    report = evaluate(exported, [changed(toy_table, tmp_path / "x.parquet", both)], "valid", mixtures=2)
    assert "in common" not in printed(report)


def test_names_are_printed_as_they_are() -> None:
    sure = Rate(50.0, 40.0, 60.0)
    rows = [Row(name, 3, sure, sure, sure) for name in ("all", "le[/b]ad", "synth [warm]")]
    text = printed(Report("toy-1-0", "ünseen [test]", 0, 3, 0, rows, 1.0, 0, None))
    assert "split ünseen [test], 3" in text and "le[/b]ad" in text and "synth [warm]" in text


def test_of_no_mixtures_nothing_is_said_unless_some_were_wanted() -> None:
    sure = Rate(50.0, 40.0, 60.0)
    for drawn, said in ((0, False), (3, True)):
        report = Report("toy-1-0", "valid", 0, 3, 0, [Row("all", 3, sure, sure, sure)], 1.0, drawn, None)
        assert ("mixtures: they need" in printed(report)) == said


def parted(table: Path, file: Path, reference: bool, **values: Any) -> Path:
    """A copy of the toy table with its references alone, or with all but these."""
    rows = [row for row in pq.read_table(table / "toy.parquet").to_pylist() if row["reference"] == reference]
    file.parent.mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist([row | values for row in rows]), file)
    return file


def test_an_instrument_may_be_spread_over_tables_and_folders(
    exported: Path, toy_table: Path, tmp_path: Path
) -> None:
    files = [parted(toy_table, tmp_path / f"train-{k}.parquet", k == 0) for k in range(2)]
    elsewhere = parted(toy_table, tmp_path / "references" / "x.parquet", True)
    for data in ([tmp_path], files, [files[1], elsewhere.parent]):
        assert evaluate(exported, data, "valid", mixtures=0).singles[0].queries == 30


def test_a_half_of_a_fit_model_is_not_asked_for_notes(toy_table: Path, tmp_path: Path) -> None:
    model = write_toy_model(tmp_path / "x.onnx", "fit.sample")
    with pytest.raises(TrainingError, match=r"one space for all, and .*x\.onnx is of fit\.sample$"):
        evaluate(model, [toy_table], "valid")


def test_an_answer_is_a_number(tmp_path: Path) -> None:
    audio = np.ones(2_000, np.float32)
    assert OnnxEncoder(write_toy_model(tmp_path / "x.onnx", "timbre"))(audio).vector == 1.0
    broken = OnnxEncoder(write_toy_model(tmp_path / "x.onnx", "timbre", scale=np.nan))
    with pytest.raises(TrainingError, match="must answer with numbers, and toy-1-0 does not for 2000 frames"):
        broken(audio)


@pytest.mark.parametrize(
    "line",
    [
        "evaluate model.onnx --data notes --mixtures -3",
        "evaluate model.onnx --data notes --seed -1",
        "fit evaluate songs --fit model --seed -1",
        "listening-test make songs page --fit model --seed -1",
    ],
)
def test_numbers_of_draws_are_not_negative(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.app(line.split())
    assert f"'{line.split()[-2]}'" in capsys.readouterr().err


def test_a_table_that_is_reached_twice_is_read_once(exported: Path, toy_table: Path, tmp_path: Path) -> None:
    folder, link = tmp_path / "tables", tmp_path / "linked"
    folder.mkdir()
    table = changed(toy_table, folder / "toy.parquet", {})
    (folder / "._toy.parquet").write_bytes(b"Mac OS X")
    link.symlink_to(folder)
    report = evaluate(exported, [folder, table, link], "valid", mixtures=0)
    assert (report.entries, report.singles[0].queries) == (36, 30)


def test_two_tables_of_the_same_instruments_are_refused(
    exported: Path, toy_table: Path, tmp_path: Path
) -> None:
    copy = changed(toy_table, tmp_path / "copy.parquet", {})
    with pytest.raises(TrainingError, match=r"one reference .* 36 have more: toy_000, toy_001, "):
        evaluate(exported, [toy_table, copy], "valid")


def test_a_table_that_is_no_parquet_file_is_named(exported: Path, tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"nothing")
    with pytest.raises(TrainingError, match=r"readable Parquet file, not .*x\.parquet"):
        evaluate(exported, [tmp_path], "valid")


def test_a_fit_model_is_measured_by_either_command(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(fit_cli, "evaluate", lambda *arguments: asked.append(arguments))
    line = "evaluate songs --fit model --beside timbre.onnx --layout stems --author heroes --seed 3"
    cli.app(line.split(), standalone_mode=False)
    assert asked == [(Path("songs"), Path("model"), [Path("timbre.onnx")], "stems", ["heroes"], 3)]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("evaluate model.onnx", "--data must name"),
        ("evaluate songs --fit model --data notes", "without --fit: --data$"),
        ("evaluate songs --fit model --split valid --one-vector", "without --fit: --split, --one-vector$"),
        ("evaluate model.onnx --data notes --author heroes", "with --fit: --author$"),
        ("evaluate model.onnx --data notes --layout modules", "with --fit: --layout$"),
    ],
)
def test_what_a_fit_model_is_measured_on_is_not_mixed_with_note_tables(line: str, rule: str) -> None:
    with pytest.raises(TrainingError, match=rule):
        cli.app(line.split(), standalone_mode=False)
