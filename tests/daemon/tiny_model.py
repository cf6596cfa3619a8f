"""A tiny encoder file that fulfils the models' contract: a seeded filter bank, rectified and averaged."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SAMPLE_RATE = 16_000
WINDOW_SECONDS = 1.0
DIM = 16
_TAPS, _STRIDE = 64, 32


def write_tiny_model(
    path: Path,
    *,
    space: str = "descriptors",
    model_id: str = "tiny-1",
    roles: tuple[str, ...] = (),
    metadata: dict[str, str] | None = None,
) -> Path:
    """Writes a model whose vectors are the levels of 16 bands, so that other tones get other vectors.

    Args:
        path: The file to write.
        space: The space that it says it is of.
        model_id: The id that it says it has.
        roles: Names of the rows of a second output, each a turned copy of the first.
        metadata: What to say instead of the contract's keys.
    """
    nodes = [
        helper.make_node("Unsqueeze", ["audio", "axis1"], ["wide"]),
        helper.make_node("Conv", ["wide", "bank"], ["bands"], strides=[_STRIDE]),
        helper.make_node("Abs", ["bands"], ["levels"]),
        helper.make_node("ReduceMean", ["levels", "axis2"], ["means"], keepdims=0),
        helper.make_node("LpNormalization", ["means"], ["embedding"], axis=-1, p=2),
    ]
    outputs = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", DIM])]
    weights = {"bank": _bank(), "axis1": np.array([1]), "axis2": np.array([2])}
    if roles:
        nodes += [
            helper.make_node("Unsqueeze", ["embedding", "axis1"], ["row"]),
            helper.make_node("Mul", ["row", "turns"], ["turned"]),
            helper.make_node("LpNormalization", ["turned"], ["embedding_by_role"], axis=-1, p=2),
        ]
        shape: list[str | int | None] = ["batch", len(roles), DIM]
        outputs.append(helper.make_tensor_value_info("embedding_by_role", TensorProto.FLOAT, shape))
        turns = np.random.default_rng(2).uniform(0.5, 1.5, (1, len(roles), DIM))
        weights["turns"] = turns.astype(np.float32)
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("audio", TensorProto.FLOAT, ["batch", "frames"])],
        outputs,
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    facts = _metadata(space, model_id, roles) if metadata is None else metadata
    helper.set_model_props(model, facts)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))
    return path


def _bank() -> np.ndarray:
    """Windowed cosines at 16 pitches from 100 Hz up, shape `(DIM, 1, _TAPS)`."""
    time = np.arange(_TAPS) / SAMPLE_RATE
    pitches = np.geomspace(200, 7000, DIM)[:, None]
    return (np.hanning(_TAPS) * np.cos(2 * np.pi * pitches * time))[:, None].astype(np.float32)


def _metadata(space: str, model_id: str, roles: tuple[str, ...]) -> dict[str, str]:
    facts = {
        "timbred.space": space,
        "timbred.model_id": model_id,
        "timbred.sample_rate": str(SAMPLE_RATE),
        "timbred.window_seconds": str(WINDOW_SECONDS),
        "timbred.embedding_dim": str(DIM),
    }
    return facts | ({"timbred.roles": ",".join(roles)} if roles else {})
