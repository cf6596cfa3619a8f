"""An exported encoder, run by ONNX Runtime alone."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from timbred_training.errors import TrainingError

SHORTEST_SECONDS = 0.1
METADATA = ("timbred.space", "timbred.model_id", "timbred.sample_rate", "timbred.window_seconds")


@dataclass(frozen=True)
class Answer:
    """What an encoder says of some audio: `vector` `(dim,)` and, by role, `(roles, dim)` or None."""

    vector: np.ndarray
    by_role: np.ndarray | None


class OnnxEncoder:
    """One model file by the contract of the embedding spaces.

    Args:
        path: the `.onnx` file.
        threads: how many threads one answer may use.
        role_queries: whether to answer by role, where the file does.
        space: the embedding space that its vectors must live in; empty for any.

    Raises:
        TrainingError: if there is no model file, none by the contract, or one of another space.
    """

    def __init__(self, path: Path, threads: int = 1, *, role_queries: bool = True, space: str = "") -> None:
        if not path.is_file():
            raise TrainingError(f"a model must be an .onnx file, and {path} is none")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime has a dozen classes of its own, none public
            raise TrainingError(
                f"a model must be an .onnx file that ONNX Runtime opens, and {path} is none: {error}"
            ) from error
        meta = self._session.get_modelmeta().custom_metadata_map
        missing = [key for key in METADATA if key not in meta]
        if missing:
            raise TrainingError(f"a model must carry {missing[0]} in its metadata, and {path} does not")
        self.space, self.model_id = meta["timbred.space"], meta["timbred.model_id"]
        if space and self.space != space:
            raise TrainingError(f"a model must be of the space {space}, and {path} is of {self.space}")
        self.sample_rate = int(meta["timbred.sample_rate"])
        self.window_seconds = float(meta["timbred.window_seconds"])
        roles = meta.get("timbred.roles", "") if role_queries else ""
        self.roles = [role for role in roles.split(",") if role]

    def __call__(self, audio: np.ndarray) -> Answer:
        """Embeds mono float32 `(frames,)` at `sample_rate`; shorter than 0.1 s is padded with silence."""
        outputs = self.run(audio)
        return Answer(outputs[0], outputs[1] if self.roles else None)

    def run(self, audio: np.ndarray) -> list[np.ndarray]:
        """All outputs for one clip, without the batch axis.

        Raises:
            TrainingError: if one is no number.
        """
        shortage = int(SHORTEST_SECONDS * self.sample_rate) - len(audio)
        padded = np.pad(audio, (0, shortage)) if shortage > 0 else audio
        outputs = self._session.run(None, {"audio": padded[None].astype(np.float32)})
        answers = [np.asarray(output)[0] for output in outputs]
        if not all(np.isfinite(answer).all() for answer in answers):
            raise TrainingError(
                f"a model must answer with numbers, and {self.model_id} does not for {len(audio)} frames"
            )
        return answers
