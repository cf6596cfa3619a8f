"""Writes an encoder as one ONNX file that carries its own sample rate, window and names."""

import copy
import hashlib
from collections.abc import Sequence
from pathlib import Path

import onnx
import torch
from torch import nn

from timbred_training.encoder import Block
from timbred_training.errors import TrainingError

OPSET = 18
SHORTEST_SECONDS = 0.1


def weights_hash(module: nn.Module, without: Sequence[str] = ()) -> str:
    """Returns 8 hex digits that change with any weight or buffer of the module.

    Args:
        module: whose weights.
        without: names of its parts that do not count.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        if name.split(".")[0] in without:
            continue
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:8]


def export_encoder(
    module: nn.Module,
    path: Path,
    *,
    space: str,
    model_id: str,
    sample_rate: int,
    window_seconds: float,
    embedding_dim: int,
    roles: Sequence[str] = (),
) -> None:
    """Exports an encoder of raw audio to `path`, by way of a `.tmp` file beside it.

    Args:
        module: maps float32 audio `(batch, frames)` to unit vectors `(batch, embedding_dim)`, or, where
            `roles` are given, to a pair of these and `(batch, roles, embedding_dim)`.
        path: the `.onnx` file to write.
        space: the embedding space that the vectors live in, e.g. `timbre`.
        model_id: the name, version and weights' hash that a catalogue keeps beside its vectors.
        sample_rate: what the audio must be sampled at, in hertz.
        window_seconds: the length that live audio is cut to.
        embedding_dim: the length of a vector.
        roles: the names of the second output's rows.

    Raises:
        TrainingError: if `path` can be no file, the sizes of the module's answer are not those given, or it
            is no number.
    """
    _make_way(path)
    module = folded(module.eval().cpu())
    example = 0.1 * torch.randn(2, int(sample_rate * window_seconds))
    _check_answer(module, example, embedding_dim, len(roles))
    outputs = ["embedding", "embedding_by_role"] if roles else ["embedding"]
    batch = torch.export.Dim("batch", min=1, max=65536)
    frames = torch.export.Dim("frames", min=int(SHORTEST_SECONDS * sample_rate), max=sample_rate * 3600)
    # Lengths that the exporter cannot prove to be whole hops are checked when the model runs.
    program = torch.export.export(
        module,
        (example,),
        dynamic_shapes=({0: batch, 1: frames},),
        strict=False,
        prefer_deferred_runtime_asserts_over_guards=True,
    )
    written = torch.onnx.export(
        program, dynamo=True, input_names=["audio"], output_names=outputs, opset_version=OPSET, verbose=False
    )
    if written is None:
        raise TrainingError(f"the exporter must return a program for {type(module).__name__}, not None")
    model = written.model_proto
    for axis, name in enumerate(("batch", "frames")):
        model.graph.input[0].type.tensor_type.shape.dim[axis].dim_param = name
    onnx.helper.set_model_props(
        model, _metadata(space, model_id, sample_rate, window_seconds, embedding_dim, roles)
    )
    temporary = path.with_suffix(path.suffix + ".tmp")
    temporary.write_bytes(model.SerializeToString())
    temporary.replace(path)


def folded(module: nn.Module) -> nn.Module:
    """A copy that answers the same with fewer operations."""
    lean = copy.deepcopy(module)
    for part in lean.modules():
        if isinstance(part, Block):
            part.fold_scale()
    return lean


def _metadata(
    space: str,
    model_id: str,
    sample_rate: int,
    window_seconds: float,
    embedding_dim: int,
    roles: Sequence[str],
) -> dict[str, str]:
    metadata = {
        "timbred.space": space,
        "timbred.model_id": model_id,
        "timbred.sample_rate": str(sample_rate),
        "timbred.window_seconds": str(window_seconds),
        "timbred.embedding_dim": str(embedding_dim),
    }
    return metadata | ({"timbred.roles": ",".join(roles)} if roles else {})


def _make_way(path: Path) -> None:
    """Makes the folder of a file that is to be written."""
    if path.is_dir():
        raise TrainingError(f"a model must be written to a file, and {path} is a folder")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"a model must be written into a folder, not {path.parent}: {error}") from error


def _check_answer(module: nn.Module, example: torch.Tensor, embedding_dim: int, roles: int) -> None:
    with torch.no_grad():
        answer = module(example)
    parts = answer if isinstance(answer, tuple) else (answer,)
    found = [tuple(part.shape) for part in parts]
    wanted: list[tuple[int, ...]] = [(len(example), embedding_dim)]
    if roles:
        wanted.append((len(example), roles, embedding_dim))
    if found != wanted:
        raise TrainingError(f"the encoder must return {wanted} for {tuple(example.shape)}, not {found}")
    if not all(bool(torch.isfinite(part).all()) for part in parts):
        raise TrainingError("the encoder must answer noise with numbers, and its weights make others")
