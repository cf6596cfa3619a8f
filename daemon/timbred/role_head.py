"""The head that tells roles by sound: a softmax over one model's vectors, in a file beside the models."""

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
Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class RoleHead:
    """Safe from several threads.

    Args:
        space: The embedding space whose vectors it takes.
        model_id: The model whose vectors it takes; another's mean something else.
        roles: Those that it knows.
        weight: Shape `(roles, dim)`.
        bias: Shape `(roles,)`.
    """

    space: str
    model_id: str
    roles: tuple[str, ...]
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
                roles = tuple(map(str, file["roles"]))
                weight, bias = file["weight"].astype(np.float32), file["bias"].astype(np.float32)
                head = cls(str(file["space"]), str(file["model_id"]), roles, weight, bias)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise ModelError(f"{path} is no head for roles: {error}") from error
        if head.weight.ndim != 2 or len(head.weight) != len(roles) or head.bias.shape != (len(roles),):
            raise ModelError(f"{path}: weight and bias must have one row for each of {len(roles)} roles")
        return head

    def probabilities(self, vectors: Array) -> Array:
        """How likely each vector's sound plays each role.

        Args:
            vectors: Unit vectors, shape `(n, dim)`.

        Returns:
            Shape `(n, roles)`, each row summing to 1.
        """
        logits = vectors @ self.weight.T + self.bias
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
    has = models.get(head.space) or f"no {head.space} model"
    return FoundHead(
        None,
        f"roles come from names alone: {path} belongs to {head.model_id}, and {has} is installed "
        "('timbred-train roles' makes it anew)",
    )
