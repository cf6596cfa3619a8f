"""The live encoder: a depthwise ConvNet on mel levels, with a query for each role."""

import torch
from torch import nn
from torch.nn import functional

from timbred_training.errors import TrainingError
from timbred_training.frontend import BANDS

ROLES = ("bass", "lead", "percussion", "keys", "pad", "pluck", "brass")
# The parts of an encoder that only role queries pass, but for their projection.
ROLE_QUERIES = ("role_gate", "role_shift", "role_block", "role_focus")
STEM = 4  # a patch is 4 bands by 4 columns
END_COLUMNS = 12  # of silence, so that the shortest sound still gives two columns of the last stage


class Block(nn.Module):
    """A 5 x 5 convolution of each channel alone, then two layers across channels, added to the input."""

    def __init__(self, channels: int, expansion: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 5, padding=2, groups=channels, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.widen = nn.Conv2d(channels, channels * expansion, 1)
        self.narrow = nn.Conv2d(channels * expansion, channels, 1)
        self.scale: nn.Parameter | None = nn.Parameter(torch.full((1, channels, 1, 1), 0.3))

    @torch.no_grad()
    def fold_scale(self) -> None:
        """Takes the scale into the last layer, for running: the same answers with one product less."""
        if self.scale is not None:
            self.narrow.weight.mul_(self.scale.view(-1, 1, 1, 1))
            self.narrow.get_parameter("bias").mul_(self.scale.flatten())
            self.scale = None

    @torch.no_grad()
    def take_strongest(self, other: "Block") -> None:
        """Takes the weights of a block that is as wide or wider inside: those of its strongest channels.

        Raises:
            TrainingError: for a block that is narrower.
        """
        if other.widen.out_channels < self.widen.out_channels:
            raise TrainingError(
                f"role_expansion must not exceed that of the run begun from, whose block has "
                f"{other.widen.out_channels} channels, not {self.widen.out_channels}"
            )
        self.load_state_dict(
            {k: v for k, v in other.state_dict().items() if k.split(".")[0] not in ("widen", "narrow")},
            strict=False,
        )
        strength = other.widen.weight.flatten(1).norm(dim=1) * other.narrow.weight.flatten(1).norm(dim=0)
        kept = strength.topk(self.widen.out_channels).indices
        self.widen.weight.copy_(other.widen.weight[kept])
        self.widen.get_parameter("bias").copy_(other.widen.get_parameter("bias")[kept])
        self.narrow.weight.copy_(other.narrow.weight[:, kept])
        self.narrow.get_parameter("bias").copy_(other.narrow.get_parameter("bias"))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        wide = functional.relu(self.widen(self.norm(self.depthwise(x))))
        added: torch.Tensor = self.narrow(wide)
        return x + (added if self.scale is None else self.scale * added)


class RoleEncoder(nn.Module):
    """What every encoder of mel levels shares: features pooled to one vector, or asked for one of each role.

    An encoder of its own kind makes its trunk, calls `make_heads`, and says how `trunk` and `joint_trunk` go.
    """

    def make_heads(self, width: int, rows: int, expansion: int, dim: int, dropout: float) -> None:
        """The parts after the trunk, whose features have `width` channels and `rows` rows."""
        self.dim = dim
        self.dropout = nn.Dropout(dropout)
        self.project = nn.Linear(2 * width * rows, dim, bias=False)
        self.project_norm = nn.BatchNorm1d(dim)
        self.role_project = nn.Linear(2 * width * rows, dim, bias=False)
        self.role_gate = nn.Conv2d(width, len(ROLES) * width, 1)
        self.role_shift = nn.Parameter(torch.zeros(len(ROLES), width, 1, 1))
        self.role_block = Block(width, expansion)
        self.role_focus = nn.Conv2d(width, len(ROLES), 1)
        nn.init.zeros_(self.role_focus.weight)
        nn.init.zeros_(self.role_focus.get_parameter("bias"))

    def trunk(self, level: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Features `(batch, channels, rows, t)`, and each column's weight `(batch, t)`, near 0 in silence."""
        raise NotImplementedError

    def joint_trunk(
        self, short: torch.Tensor, long: torch.Tensor
    ) -> tuple[tuple[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]:
        """`trunk` of two batches of clips, short and long, whose statistics are to be the same."""
        raise NotImplementedError

    @staticmethod
    def column_weight(loudest: torch.Tensor) -> torch.Tensor:
        """How much columns count, by their loudest band: half at -52 dB below that of the clip."""
        return torch.sigmoid(16.0 * (loudest + 0.3))

    def pool(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """Features and column weights from `trunk` to unit vectors `(batch, dim)`."""
        return self.embed(self.gather(x, weight))

    def gather(
        self, x: torch.Tensor, weight: torch.Tensor, focus: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Mean of the sounding columns and maximum of all, rows kept apart: `(batch, 2 channels rows)`.

        `focus` `(batch, rows, t)` says where the role that is asked for sounds; None is everywhere.
        """
        share = weight[:, None] if focus is None else weight[:, None] * focus  # (batch, 1 or rows, t)
        share = share / share.sum(dim=2).mean(dim=1).clamp_min(1e-3)[:, None, None]
        mean = (x * share[:, None]).sum(dim=-1)
        return torch.cat([mean, x.amax(dim=-1)], dim=1).flatten(1)

    def embed(self, gathered: torch.Tensor) -> torch.Tensor:
        """What `gather` gives to unit vectors `(batch, dim)`."""
        return functional.normalize(self.project_norm(self.project(self.dropout(gathered))), dim=-1)

    def embed_role(self, gathered: torch.Tensor) -> torch.Tensor:
        """What `gather` gives of a role to unit vectors `(batch, dim)`, in the space of `embed`."""
        return functional.normalize(self.project_norm(self.role_project(self.dropout(gathered))), dim=-1)

    def role_features(
        self, x: torch.Tensor, mixture: torch.Tensor, role: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """What each role holds, and where; pair i asks mixture `mixture[i]` for role `role[i]`.

        Returns: features `(pairs, channels, rows, t)` and the focus for `gather`, `(pairs, rows, t)`.
        """
        channels = x.shape[1]
        gate_bias: torch.Tensor = self.role_gate.get_parameter("bias")
        weight = self.role_gate.weight.view(len(ROLES), channels, channels)[role]  # (pairs, out, in)
        bias = gate_bias.view(len(ROLES), channels, 1)[role]
        asked = x[mixture]
        gate = torch.sigmoid(torch.baddbmm(bias, weight, asked.flatten(2))).view_as(asked)
        answer: torch.Tensor = self.role_block(asked * gate + self.role_shift[role])
        focus = self.role_focus(answer)[torch.arange(len(role), device=x.device), role]
        return answer, torch.sigmoid(focus)

    def ask(self, x: torch.Tensor, role: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The same for one role, asked of every mixture: the form that exports well."""
        channels = x.shape[1]
        rows = slice(role * channels, (role + 1) * channels)
        gate_bias: torch.Tensor = self.role_gate.get_parameter("bias")
        focus_bias: torch.Tensor = self.role_focus.get_parameter("bias")
        gate = torch.sigmoid(functional.conv2d(x, self.role_gate.weight[rows], gate_bias[rows]))
        ones = x.new_ones(channels, 1, 1, 1)  # as ONNX Runtime adds a bias, but no constant, in its layout
        shifted = functional.conv2d(x * gate, ones, self.role_shift[role].flatten(), groups=channels)
        answer: torch.Tensor = self.role_block(shifted)
        one = slice(role, role + 1)
        focus = functional.conv2d(answer, self.role_focus.weight[one], focus_bias[one])
        return answer, torch.sigmoid(focus[:, 0])

    def forward(self, level: torch.Tensor) -> torch.Tensor:
        """Levels `(batch, BANDS, t)` from `relative_db` to vectors `(batch, dim)`."""
        return self.pool(*self.trunk(level))


class Encoder(RoleEncoder):
    """Mel levels to unit vectors.

    Args:
        widths: channels of each stage; between stages both axes are halved.
        depths: blocks of each stage.
        expansion: of the channels within a block.
        role_expansion: the same within the block that every role query passes.
        dim: length of a vector.
    """

    def __init__(
        self,
        widths: tuple[int, ...] = (64, 192),
        depths: tuple[int, ...] = (2, 5),
        expansion: int = 2,
        role_expansion: int = 2,
        dim: int = 192,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, widths[0], STEM, stride=STEM), nn.BatchNorm2d(widths[0]))
        stages: list[nn.Module] = []
        for i, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            if i:
                stages += [nn.Conv2d(widths[i - 1], width, 2, stride=2), nn.BatchNorm2d(width)]
            stages += [Block(width, expansion) for _ in range(depth)]
        self.stages = nn.Sequential(*stages)
        self.halvings = len(widths) - 1
        self.norm = nn.BatchNorm2d(widths[-1])
        rows = BANDS // STEM // 2**self.halvings
        self.make_heads(widths[-1], rows, role_expansion, dim, dropout)

    def trunk(self, level: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Features `(batch, channels, rows, t)`, and each column's weight `(batch, t)`, near 0 in silence."""
        return self._features(padded(level))

    def joint_trunk(
        self, short: torch.Tensor, long: torch.Tensor
    ) -> tuple[tuple[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]:
        """`trunk` of two batches in one pass, so that both are normalised by the same statistics.

        The longer clips pass in pieces as long as the shorter ones and are put together again.

        Args:
            short: levels `(n, BANDS, t)`.
            long: levels `(m, BANDS, u)`, where u + END_COLUMNS is a multiple of t + END_COLUMNS.
        """
        short, long = padded(short), padded(long)
        pieces = long.unfold(2, short.shape[2], short.shape[2])  # (m, BANDS, pieces, t)
        count = pieces.shape[2]
        x, weight = self._features(torch.cat([short, pieces.transpose(1, 2).flatten(0, 1)]))
        n = len(short)
        x_long = x[n:].view(-1, count, *x.shape[1:]).permute(0, 2, 3, 1, 4).flatten(3)
        return (x[:n], weight[:n]), (x_long, weight[n:].reshape(len(long), -1))

    def _features(self, level: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.stem(level[:, None])
        if self.training:  # one input channel leaves the layout open, and the CPU's gradients want this one
            x = x.contiguous(memory_format=torch.channels_last)
        x = self.norm(self.stages(x))
        loudest = functional.max_pool2d(level[:, None], (BANDS, STEM), (BANDS, STEM))
        for _ in range(
            self.halvings
        ):  # in the convolutions' own steps, so that an exporter sees equal lengths
            loudest = functional.max_pool2d(loudest, (1, 2), (1, 2))
        loudest = loudest[:, 0, 0]  # (batch, t)
        return x, self.column_weight(loudest)


def padded(level: torch.Tensor) -> torch.Tensor:
    """The levels, and the silence that every clip ends in."""
    return functional.pad(level, (0, END_COLUMNS), value=-1.0)
