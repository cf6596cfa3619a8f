"""A model file by the contract of the embedding spaces: its vectors are the mean of the audio."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RATE = 8_000


def write_toy_model(path: Path, space: str, roles: Sequence[str] = (), scale: float = 1.0) -> Path:
    """Writes a model `(batch, frames)` to `(batch, 1)`, and `(batch, roles, 1)` where roles are given.

    All answers are multiplied by `scale`.
    """
    constants = {"scale": np.full((1, 1), scale), "spread": np.ones((1, len(roles), 1))}
    nodes = [
        helper.make_node("ReduceMean", ["audio"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Mul", ["mean", "scale"], ["embedding"]),
    ]
    outputs: dict[str, list[str | int | None]] = {"embedding": ["batch", 1]}
    if roles:
        nodes.append(helper.make_node("Mul", ["embedding", "spread"], ["embedding_by_role"]))
        outputs["embedding_by_role"] = ["batch", len(roles), 1]
    graph = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info("audio", TensorProto.FLOAT, ["batch", "frames"])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(value.astype(np.float32), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    metadata = {
        "timbred.space": space,
        "timbred.model_id": "toy-1-0",
        "timbred.sample_rate": str(RATE),
        "timbred.window_seconds": "1.0",
        "timbred.roles": ",".join(roles),
    }
    helper.set_model_props(model, metadata)
    onnx.save(model, path)
    return path
