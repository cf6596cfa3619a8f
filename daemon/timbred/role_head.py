"""The head that tells roles by sound: networks over one model's vectors, in a file beside the models."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from timbred.errors import ModelError
from timbred.models import model_folders

FILE_NAME = "roles.npz"
# A number of a vector is taken for no more than so many deviations, as when the head was taught.
FARTHEST = 5.0
Array = npt.NDArray[np.float32]
_LAYERS = ("centre", "scale", "hidden", "hidden_bias", "weight", "bias")


@dataclass(frozen=True)
class RoleHead:
    """Safe from several threads.

    Args:
        space: The embedding space whose vectors it takes.
        model_id: The model whose vectors it takes; another's mean something else.
        roles: Those that it knows.
        centre: What is taken from each number of a vector, shape `(dim,)`.
        scale: What each is then divided by, shape `(dim,)`.
        hidden: The first layer of each network, shape `(networks, units, dim)`.
        hidden_bias: Shape `(networks, units)`.
        weight: The second layer, shape `(networks, roles, units)`.
        bias: Shape `(networks, roles)`.
    """

    space: str
    model_id: str
    roles: tuple[str, ...]
    centre: Array
    scale: Array
    hidden: Array
    hidden_bias: Array
    weight: Array
    bias: Array

    @classmethod
    def load(cls, path: Path) -> "RoleHead":
        """Reads a head's file.

        Raises:
            ModelError: It is none, or its numbers don't fit each other.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                layers = [file[name].astype(np.float32) for name in _LAYERS]
                head = cls(str(file["space"]), str(file["model_id"]), tuple(map(str, file["roles"])), *layers)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise ModelError(f"{path} is no head for roles: {error}") from error
        head._check(path)
        return head

    def _check(self, path: Path) -> None:
        if self.hidden.ndim != 3:
            raise ModelError(f"{path}: hidden must be (networks, units, dim), not {self.hidden.shape}")
        networks, units, dim = self.hidden.shape
        roles = len(self.roles)
        wanted = {
            "centre": (dim,),
            "scale": (dim,),
            "hidden_bias": (networks, units),
            "weight": (networks, roles, units),
            "bias": (networks, roles),
        }
        for name, shape in wanted.items():
            if getattr(self, name).shape != shape:
                raise ModelError(f"{path}: {name} must be {shape}, not {getattr(self, name).shape}")

    def probabilities(self, vectors: Array) -> Array:
        """How likely each vector's sound plays each role.

        Args:
            vectors: Unit vectors, shape `(n, dim)`.

        Returns:
            Shape `(n, roles)`, each row summing to 1.
        """
        x = np.clip((vectors - self.centre) / self.scale, -FARTHEST, FARTHEST)
        units = np.maximum(x @ self.hidden.transpose(0, 2, 1) + self.hidden_bias[:, None], 0.0)
        each = units @ self.weight.transpose(0, 2, 1) + self.bias[:, None]  # (networks, n, roles)
        logits = each.mean(axis=0)
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float32)


class _Embeds(Protocol):
    @property
    def space(self) -> str: ...
    @property
    def model_id(self) -> str: ...


@dataclass(frozen=True)
class FoundHead:
    """The installed head where it fits the models, else why roles come from names alone."""

    head: RoleHead | None
    problem: str = ""


def find_role_head(encoders: Sequence[_Embeds]) -> FoundHead:
    """The installed head, if one of the encoders is the model that it was taught with.

    Raises:
        ModelError: There is a file, and it is no head.
    """
    path = next((path for folder in model_folders() if (path := folder / FILE_NAME).is_file()), None)
    if path is None:
        return FoundHead(None, f"roles come from names alone: no {FILE_NAME} is installed")
    head = RoleHead.load(path)
    models = {encoder.space: encoder.model_id for encoder in encoders}
    if models.get(head.space) == head.model_id:
        return FoundHead(head)
    if head.space not in models:
        rule = f"{path} takes {head.space} vectors, which are not made here"
        return FoundHead(None, f"roles come from names alone: {rule} ('timbred catalog rebuild' makes them)")
    return FoundHead(
        None,
        f"roles come from names alone: {path} belongs to {head.model_id}, and {models[head.space]} "
        "is installed ('timbred-train roles' makes it anew)",
    )
