"""An exported live encoder back as a run: whoever has only the file can refit it, or train it further."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import NodeProto, numpy_helper
from torch import nn

from timbred_training.encoder import ROLES, Block, Encoder
from timbred_training.encoders import make_encoder
from timbred_training.errors import TrainingError
from timbred_training.frontend import SAMPLE_RATE
from timbred_training.norms import make_idle
from timbred_training.onnx_encoder import OnnxEncoder
from timbred_training.run_folder import refuse_run, write_run
from timbred_training.settings import Settings, plain_values
from timbred_training.timbre import SHIPPED_ROLES, TimbreModel

FARTHEST = 1e-4  # between the file's answers and those of the encoder that its weights make


def import_model(model: Path, settings: Settings, out: Path) -> Path:
    """Writes a run whose encoder answers as an exported file does.

    What only training knows is not in a file: the inverse temperature is `nce_scale` of the settings again.
    Batch norms and scales that exporting took into the weights come back as such that change nothing. Role
    queries that the file does not hold stay as a new encoder has them.

    Args:
        model: the `.onnx` file, in floats, as `timbred-train export` writes it.
        settings: of the new run; its encoder must be of the file's widths, depths, expansions and dim.
        out: the new run's folder: to refit, to export, or to start another training from.

    Returns: the new checkpoint.

    Raises:
        TrainingError: if the file is no live encoder in floats, if its sizes are not those of the settings,
            or if `out` holds a run.
    """
    refuse_run(out)
    if settings.encoder != "live" or settings.objective not in ("timbre", "held"):
        raise TrainingError(
            "settings to import a model by must be of the encoder live and the objective timbre or held, not "
            f"{settings.encoder} and {settings.objective}"
        )
    encoder = make_encoder(settings)
    assert isinstance(encoder, Encoder)
    exported = OnnxEncoder(model)
    unknown = [role for role in exported.roles if role not in ROLES]
    if unknown:
        raise TrainingError(f"roles of a model to import must be of {', '.join(ROLES)}, not {unknown[0]}")
    _Filling(model, onnx.load(model).graph).fill(encoder, exported.roles)
    _refuse_other_answers(TimbreModel(encoder).eval(), exported, model)
    return write_run(
        out,
        {
            "settings": plain_values(settings),
            "instruments": [],
            "objective": {"log_scale": torch.tensor(settings.nce_scale).log()},
            "average": encoder.state_dict(),
        },
    )


class _Filling:
    """Fills an encoder from a file's graph, by its layers' order: the exporter renames and shares weights."""

    def __init__(self, model: Path, graph: onnx.GraphProto) -> None:
        self._model = model
        self._held = {tensor.name: tensor for tensor in graph.initializer}
        self._maker = {name: node for node in graph.node for name in node.output}
        self._convolutions = self._of(graph, "Conv")
        self._norms = self._of(graph, "BatchNormalization")
        self._products = self._of(graph, "Gemm")

    @torch.no_grad()
    def fill(self, encoder: Encoder, roles: list[str]) -> None:
        """Fills the trunk, the last layers, and all that asks for the roles."""
        for part in encoder.modules():
            if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
                make_idle(part)
        for part in (*encoder.stem, *encoder.stages):
            if isinstance(part, Block):
                self._block(part)
            elif isinstance(part, nn.Conv2d):
                self._convolution(part)
        self._norm(encoder.norm)
        for row in map(ROLES.index, roles):
            self._role(encoder, row)
        if roles:
            self._product(encoder.role_project.weight, encoder.project_norm.bias)
        self._product(encoder.project.weight, encoder.project_norm.bias)
        for kind in (self._convolutions, self._norms, self._products):
            if next(kind, None) is not None:
                raise self._other("has more layers")

    def _role(self, encoder: Encoder, row: int) -> None:
        width, block, focus = encoder.role_gate.in_channels, encoder.role_block, encoder.role_focus
        rows = slice(row * width, (row + 1) * width)
        self._put(
            self._next(self._convolutions),
            encoder.role_gate.weight[rows],
            encoder.role_gate.get_parameter("bias")[rows],
        )
        shift = self._next(self._convolutions)  # by 1, with what is added as its bias
        self._put(shift, torch.ones(width, 1, 1, 1), encoder.role_shift[row].view(width))
        self._put(self._next(self._convolutions), block.depthwise.weight, None)
        self._norm(block.norm)
        self._after_depthwise(block)
        one = slice(row, row + 1)
        self._put(self._next(self._convolutions), focus.weight[one], focus.get_parameter("bias")[one])

    def _block(self, block: Block) -> None:
        self._put(self._next(self._convolutions), block.depthwise.weight, block.norm.bias)
        self._after_depthwise(block)

    def _after_depthwise(self, block: Block) -> None:
        self._convolution(block.widen)
        self._convolution(block.narrow)  # which holds the scale
        nn.init.ones_(block.get_parameter("scale"))

    def _convolution(self, part: nn.Module) -> None:
        """A convolution whose bias holds that of the norm after it, too."""
        self._put(self._next(self._convolutions), part.get_parameter("weight"), part.get_parameter("bias"))

    def _norm(self, norm: nn.Module) -> None:
        node = self._next(self._norms)
        names = ("weight", "bias", "running_mean", "running_var")
        for key, name in zip(names, node.input[1:], strict=True):
            self._take(getattr(norm, key), name)

    def _product(self, weight: torch.Tensor, bias: torch.Tensor) -> None:
        self._put(self._next(self._products), weight, bias)

    def _put(self, node: NodeProto, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        self._take(weight, node.input[1])
        if bias is not None and len(node.input) > 2:
            self._take(bias, node.input[2])
        elif bias is not None:
            bias.zero_()

    def _take(self, target: torch.Tensor, name: str) -> None:
        values = self._tensor(name)
        if values.shape != tuple(target.shape):
            raise self._other(f"has {values.shape} for {tuple(target.shape)}")
        target.copy_(torch.from_numpy(values.copy()))

    def _tensor(self, name: str) -> np.ndarray:
        """A weight, or the rows that a graph cuts out of one."""
        if name in self._held:
            return numpy_helper.to_array(self._held[name])
        cut = self._maker.get(name)
        if cut is None or cut.op_type != "Slice":
            raise self._other(f"computes {name}")
        whole, begin, end = (self._tensor(part) for part in cut.input[:3])
        return whole[int(begin[0]) : int(end[0])]

    def _next(self, nodes: Iterator[NodeProto]) -> NodeProto:
        node = next(nodes, None)
        if node is None:
            raise self._other("has fewer layers")
        return node

    def _of(self, graph: onnx.GraphProto, kind: str) -> Iterator[NodeProto]:
        return iter([node for node in graph.node if node.op_type == kind])

    def _other(self, difference: str) -> TrainingError:
        return TrainingError(
            "a model to import must be the settings' encoder, exported in floats, and "
            f"{self._model} {difference}"
        )


@torch.no_grad()
def _refuse_other_answers(restored: TimbreModel, exported: OnnxEncoder, model: Path) -> None:
    """Makes sure that nothing was misread, on a second of noise that fades.

    Raises:
        TrainingError: if the answers differ.
    """
    rng = np.random.default_rng(0)
    audio = (rng.standard_normal(SAMPLE_RATE) * np.geomspace(1.0, 1e-3, SAMPLE_RATE)).astype(np.float32)
    told = exported(audio)
    vector, by_role = (part[0].numpy() for part in restored(torch.from_numpy(audio)[None]))
    off = [told.vector - vector]
    if told.by_role is not None:
        rows = {role: row for row, role in enumerate(SHIPPED_ROLES)}
        off += [
            ours - by_role[rows[role]]
            for role, ours in zip(exported.roles, told.by_role, strict=True)
            if role in rows
        ]
    farthest = max(float(np.abs(part).max()) for part in off)
    if not farthest <= FARTHEST:
        raise TrainingError(
            f"the weights of {model} must make an encoder that answers within {FARTHEST} of it, and it is "
            f"{farthest:.2g} off"
        )
