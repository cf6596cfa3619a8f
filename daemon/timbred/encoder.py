"""Runs an encoder: an ONNX file that says in its own metadata what it hears and what it gives."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from timbred.errors import ModelError

Array = npt.NDArray[np.float32]

SHORTEST_SECONDS = 0.1
"""Shorter audio is filled up with silence to this length, the least that an encoder must take."""

_KEYS = ("space", "model_id", "sample_rate", "window_seconds", "embedding_dim")


@dataclass(frozen=True)
class Encoder:
    """One embedding model, ready to run on one thread.

    Args:
        path: The model's file.
        space: The embedding space that its vectors live in, such as `timbre`.
        model_id: Name, version and weights' hash; a catalogue keeps it beside its vectors.
        sample_rate: Hz of the audio that it takes.
        window_seconds: Length to which long audio is cut.
        dim: Length of a vector.
        roles: Names of the rows of `embedding_by_role`; none where the model has no such output.
    """

    path: Path
    space: str
    model_id: str
    sample_rate: int
    window_seconds: float
    dim: int
    roles: tuple[str, ...]
    _session: ort.InferenceSession = field(repr=False)

    @classmethod
    def load(cls, path: Path) -> "Encoder":
        """Opens a model file.

        Raises:
            ModelError: No such file, no ONNX, or metadata, inputs and outputs that break the contract.
        """
        if not path.is_file():
            raise ModelError(f"there is no model file {path}")
        try:
            session = ort.InferenceSession(str(path), _options(), providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has a dozen classes of its own, none public
            raise ModelError(f"{path} can't be opened as an ONNX model: {error}") from error
        facts = _facts(path, dict(session.get_modelmeta().custom_metadata_map))
        roles = tuple(role for role in facts.get("roles", "").split(",") if role)
        _check_names(path, session, bool(roles))
        try:
            numbers = (int(facts["sample_rate"]), float(facts["window_seconds"]), int(facts["embedding_dim"]))
        except ValueError as error:
            raise ModelError(f"{path}: the metadata must hold numbers: {error}") from error
        return cls(path, facts["space"], facts["model_id"], *numbers, roles, session)

    def __reduce__(self) -> "tuple[Callable[[Path], Encoder], tuple[Path]]":
        """Another process opens the file anew: a session can't be sent."""
        return Encoder.load, (self.path,)

    @property
    def window_frames(self) -> int:
        """Frames in one window at the model's sample rate."""
        return round(self.window_seconds * self.sample_rate)

    def embed(self, audio: Array) -> Array:
        """The vector of one sound.

        Args:
            audio: Mono float32 at `sample_rate`, shape `(frames,)`.

        Returns:
            Unit vector, shape `(dim,)`.
        """
        vectors = self._run(audio[None], ["embedding"])[0]
        return np.asarray(vectors[0])

    def embed_batch(self, audios: Sequence[Array]) -> Array:
        """The vectors of many sounds; those of equal length share a run, so nothing is padded to another.

        Args:
            audios: Mono float32 at `sample_rate`, each `(frames,)`, of any lengths.

        Returns:
            Unit vectors, shape `(len(audios), dim)`.
        """
        vectors = np.empty((len(audios), self.dim), np.float32)
        by_frames: dict[int, list[int]] = {}
        for index, audio in enumerate(audios):
            by_frames.setdefault(len(audio), []).append(index)
        for indices in by_frames.values():
            batch = np.stack([audios[index] for index in indices])
            vectors[indices] = self._run(batch, ["embedding"])[0]
        return vectors

    def embed_with_roles(self, audio: Array) -> tuple[Array, Array | None]:
        """The vector of one sound, and what it holds of each role.

        Args:
            audio: Mono float32 at `sample_rate`, shape `(frames,)`.

        Returns:
            Unit vectors `(dim,)` and, where the model has roles, `(roles, dim)`.
        """
        if not self.roles:
            return self.embed(audio), None
        whole, by_role = self._run(audio[None], ["embedding", "embedding_by_role"])
        return whole[0], by_role[0]

    def _run(self, batch: Array, outputs: list[str]) -> list[Array]:
        # batch: (batch, frames)
        missing = round(SHORTEST_SECONDS * self.sample_rate) - batch.shape[1]
        if missing > 0:
            batch = np.pad(batch, ((0, 0), (0, missing)))
        answers = self._session.run(outputs, {"audio": np.ascontiguousarray(batch, np.float32)})
        return [np.asarray(answer, np.float32) for answer in answers]


def _options() -> ort.SessionOptions:
    """One thread that sleeps when it has nothing to do: the music has the machine, we are its guest."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.enable_mem_pattern = False  # one is kept for each length met: memory would grow with a library
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options


def _facts(path: Path, metadata: dict[str, str]) -> dict[str, str]:
    facts = {key.removeprefix("timbred."): value for key, value in metadata.items()}
    missing = [f"timbred.{key}" for key in _KEYS if not facts.get(key)]
    if missing:
        raise ModelError(f"{path}: the metadata must hold {', '.join(missing)}")
    return facts


def _check_names(path: Path, session: ort.InferenceSession, with_roles: bool) -> None:
    inputs = [given.name for given in session.get_inputs()]
    outputs = {made.name for made in session.get_outputs()}
    wanted = {"embedding", "embedding_by_role"} if with_roles else {"embedding"}
    if inputs != ["audio"] or not wanted <= outputs:
        rule = f"{path}: a model must take audio and give {' and '.join(sorted(wanted))}"
        raise ModelError(f"{rule}, not {inputs} and {sorted(outputs)}")
