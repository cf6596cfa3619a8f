"""A baseline: mixtures separated into stems by Demucs, and each stem heard by the single encoder."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import soxr

from timbred_training.errors import TrainingError
from timbred_training.onnx_encoder import Answer, OnnxEncoder

MODEL = "htdemucs"
# Which stems, summed, stand for a role.
STEMS = {"bass": ("bass",), "lead": ("other", "vocals"), "percussion": ("drums",)}

# Mono audio `(frames,)` and its rate in hertz, to stems by name, as long and of the same rate.
Separate = Callable[[np.ndarray, int], dict[str, np.ndarray]]


class StemEncoder(OnnxEncoder):
    """A model file whose answer for a role is its vector of that role's stems.

    Args:
        path: the `.onnx` file of a single encoder.
        separate: what makes the stems.
    """

    def __init__(self, path: Path, separate: Separate) -> None:
        super().__init__(path)
        self._separate = separate
        self.model_id = f"{self.model_id}+stems"
        self.roles = list(STEMS)

    def __call__(self, audio: np.ndarray) -> Answer:
        """The whole and its stems, embedded; audio as for any encoder."""
        stems = self._separate(audio, self.sample_rate)
        sounds = [sum((stems[name] for name in names), np.zeros_like(audio)) for names in STEMS.values()]
        vectors = [self.run(sound)[0] for sound in (audio, *sounds)]
        return Answer(vectors[0], np.stack(vectors[1:]))


def load_demucs(folder: Path) -> Separate:
    """Demucs (Rouard et al. 2023) with the weights of a folder; nothing is fetched.

    Raises:
        TrainingError: if the package, or a weight, is missing.
    """
    import torch

    try:
        from demucs.apply import apply_model  # pyright: ignore[reportMissingImports]
        from demucs.pretrained import get_model  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise TrainingError("stems by Demucs need its package: 'pip install demucs'") from error
    if not (folder / f"{MODEL}.yaml").is_file():
        raise TrainingError(f"Demucs' weights must be {MODEL}.yaml and its .th files, not as in {folder}")
    model = get_model(MODEL, repo=folder).eval()

    def separate(audio: np.ndarray, sample_rate: int) -> dict[str, np.ndarray]:
        heard = torch.from_numpy(soxr.resample(audio, sample_rate, model.samplerate)).float()
        mean, deviation = heard.mean(), heard.std().clamp_min(1e-8)
        stereo = ((heard - mean) / deviation).expand(1, 2, -1)  # (batch, channels, frames)
        with torch.no_grad():
            stems = apply_model(model, stereo)[0].mean(dim=1) * deviation  # (stems, frames)
        back = [soxr.resample(stem.numpy(), model.samplerate, sample_rate)[: len(audio)] for stem in stems]
        padded = [np.pad(stem, (0, len(audio) - len(stem))).astype(np.float32) for stem in back]
        return dict(zip(model.sources, padded, strict=True))

    return separate
