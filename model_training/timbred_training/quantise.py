"""An int8 variant of a model file: convolutions and products in 8 bits, the front end as it is."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from timbred_training.errors import TrainingError
from timbred_training.note_table import TableNote, decoded, read_note_tables
from timbred_training.onnx_encoder import OnnxEncoder
from timbred_training.prepare import refuse_no_train

OPERATORS = ["Conv", "Gemm", "MatMul"]
FRONT_END = "power."  # in the names of its weights
MODEL_ID = "timbred.model_id"
MOST_SOUNDS = 3  # in one clip, since the model hears mixtures too


def quantise(model: Path, path: Path, data: Path, *, clips: int = 64, seed: int = 0) -> str:
    """Writes the int8 variant of `model` to `path`; returns its model id, the float one's with `-int8`.

    Activations are calibrated on sums of one to three train notes; weights are rounded channel by channel, to
    7 bits, since processors without VNNI would overflow with 8.

    Args:
        model: a model file by the contract, in floats.
        path: the `.onnx` file to write.
        data: a folder of note tables; only their train split is heard.
        clips: how many clips to calibrate on.
        seed: of the choice of notes.

    Raises:
        TrainingError: if the tables hold no train notes, or must not be trained on.
    """
    refuse_no_train(data)
    encoder = OnnxEncoder(model)
    notes = [note for note in read_note_tables(data) if note.split == "train"]
    if not notes:
        raise TrainingError(f"int8 needs train notes to calibrate on, and {data} holds none")
    drawn = list(_drawn(notes, encoder.sample_rate, clips, np.random.default_rng(seed)))
    if not drawn:
        raise TrainingError(
            f"int8 needs train notes to calibrate on, and none that was drawn of {data} sounds"
        )
    with TemporaryDirectory() as folder:
        folded, rounded = Path(folder) / "folded.onnx", Path(folder) / "int8.onnx"
        quant_pre_process(str(model), str(folded), skip_symbolic_shape=True)
        quantize_static(
            folded,
            rounded,
            _Clips(iter(drawn)),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=OPERATORS,
            nodes_to_exclude=_kept_in_floats(onnx.load(folded)),
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        result = onnx.load(rounded)
    metadata: dict[str, str] = {entry.key: entry.value for entry in onnx.load(model).metadata_props}
    metadata[MODEL_ID] += "-int8"
    onnx.helper.set_model_props(result, metadata)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(path.suffix + ".tmp")
    temporary.write_bytes(result.SerializeToString())
    temporary.replace(path)
    return metadata[MODEL_ID]


class _Clips(CalibrationDataReader):  # type: ignore[misc]
    """The clips one by one, as the calibrator asks for them."""

    def __init__(self, clips: Iterator[np.ndarray]) -> None:
        self._clips = clips

    def get_next(self) -> Any:
        """The next clip by the input's name; None after the last."""
        clip = next(self._clips, None)
        return None if clip is None else {"audio": clip[None]}


def _drawn(
    notes: list[TableNote], sample_rate: int, clips: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    for _ in range(clips):
        count = int(rng.integers(1, MOST_SOUNDS + 1))
        chosen = [notes[int(k)] for k in rng.integers(len(notes), size=count)]
        sounds = [sound for _, sound in decoded(chosen, sample_rate)]
        if not sounds:
            continue
        clip = np.zeros(max(map(len, sounds)), dtype=np.float32)
        for sound in sounds:
            clip[: len(sound)] += sound / len(sounds)
        yield clip


def _kept_in_floats(model: onnx.ModelProto) -> list[str]:
    """The nodes of the front end, whose powers span 120 dB, and products of what is no weight."""
    weights = {tensor.name for tensor in model.graph.initializer}
    return [
        node.name
        for node in model.graph.node
        if node.op_type in OPERATORS
        and (any(FRONT_END in name for name in node.input) or not weights.intersection(node.input))
    ]
