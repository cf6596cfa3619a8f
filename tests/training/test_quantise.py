"""The int8 variant keeps the contract and answers near the float model."""

from pathlib import Path

import numpy as np
import onnx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from toy_notes import toy_note, write_toy_table

from timbred_training.errors import TrainingError
from timbred_training.evaluate import evaluate
from timbred_training.onnx_encoder import OnnxEncoder
from timbred_training.quantise import quantise


@pytest.fixture(scope="module")
def int8(exported: Path, toy_table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("int8") / "timbre-int8.onnx"
    assert quantise(exported, path, toy_table, clips=12) == "toy-1-0-int8"
    return path


def test_the_metadata_are_those_of_the_float_model_but_for_the_id(exported: Path, int8: Path) -> None:
    floats, ints = ({p.key: p.value for p in onnx.load(file).metadata_props} for file in (exported, int8))
    assert ints == floats | {"timbred.model_id": "toy-1-0-int8"}


def test_the_weights_but_not_the_front_end_are_in_eight_bits(int8: Path) -> None:
    kinds = {t.name: t.data_type for t in onnx.load(int8).graph.initializer}
    assert any("widen.weight" in name and kind == onnx.TensorProto.INT8 for name, kind in kinds.items())
    front_end = [kind for name, kind in kinds.items() if "cosines" in name]
    assert front_end and set(front_end) == {onnx.TensorProto.FLOAT}


def test_answers_are_near_those_of_the_float_model(exported: Path, int8: Path) -> None:
    floats, ints = OnnxEncoder(exported), OnnxEncoder(int8)
    for instrument in range(6):
        sound = toy_note(instrument, ("bass", "lead", "drum")[instrument % 3], 1)
        expected, found = floats(sound), ints(sound)
        assert found.vector @ expected.vector > 0.97
        assert expected.by_role is not None and found.by_role is not None
        assert np.sum(expected.by_role * found.by_role, axis=1).min() > 0.97


def test_it_is_evaluated_like_any_other(int8: Path, toy_table: Path) -> None:
    assert evaluate(int8, [toy_table], "valid", mixtures=0).model_id == "toy-1-0-int8"


def test_only_train_notes_are_heard(exported: Path, tmp_path: Path) -> None:
    write_toy_table(tmp_path / "toy.parquet", instruments=3, valid_share=1.0)
    with pytest.raises(TrainingError, match="needs train notes"):
        quantise(exported, tmp_path / "x.onnx", tmp_path)


def test_marked_tables_are_not_calibrated_on(exported: Path, tmp_path: Path) -> None:
    write_toy_table(tmp_path / "toy.parquet", instruments=3)
    (tmp_path / "NO-TRAIN").touch()
    with pytest.raises(TrainingError, match="NO-TRAIN"):
        quantise(exported, tmp_path / "x.onnx", tmp_path)


def test_notes_without_sound_are_not_calibrated_on(exported: Path, tmp_path: Path) -> None:
    write_toy_table(tmp_path / "toy.parquet", instruments=3, valid_share=0.0)
    rows = pq.read_table(tmp_path / "toy.parquet").to_pylist()
    for row in rows[::2]:
        row["audio"] = None
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "toy.parquet")
    assert quantise(exported, tmp_path / "x.onnx", tmp_path, clips=8) == "toy-1-0-int8"
    pq.write_table(pa.Table.from_pylist(rows[::2]), tmp_path / "toy.parquet")
    with pytest.raises(TrainingError, match="none that was drawn"):
        quantise(exported, tmp_path / "x.onnx", tmp_path, clips=8)
