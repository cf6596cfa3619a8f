"""Finds the installed models: those that ship with the package and the user's own."""

import os
from functools import cache
from pathlib import Path

from platformdirs import user_data_dir

from timbred.config import Config
from timbred.encoder import Encoder
from timbred.errors import ModelError

PREFERRED_SPACES = ("timbre", "descriptors")
"""Spaces that can say what sounds alike, the best first."""

FIT_CONTEXT, FIT_SAMPLE = "fit.context", "fit.sample"
"""The two encoders of the fit model: what the music asks for, and what a sound is."""

SHIPPED_FOLDER = Path(__file__).parent / "models"


def data_folder() -> Path:
    """The user's data folder: `$TIMBRED_DATA_DIR`, else the platform's."""
    return Path(os.environ.get("TIMBRED_DATA_DIR") or user_data_dir("timbred"))


def catalog_address(config: Config) -> str:
    """The configured catalogue, else the one in the user's data folder."""
    return config.daemon.catalog or str(data_folder() / "catalog")


def model_folders() -> tuple[Path, ...]:
    """Where models are looked for; a file in the user's folder hides the shipped one of its name."""
    return (data_folder() / "models", SHIPPED_FOLDER)


def installed_files() -> dict[str, Path]:
    """The model files by their names without the ending."""
    found: dict[str, Path] = {}
    for folder in model_folders():
        for path in sorted(folder.glob("*.onnx")):
            found.setdefault(path.stem, path)
    return found


def default_encoder(space: str | None = None) -> Encoder:
    """The installed encoder of a space, or of the best space there is.

    Args:
        space: The wanted space; by default the first installed of `PREFERRED_SPACES`.

    Raises:
        ModelError: None is installed; the message says what brings it.
    """
    files = installed_files()
    for name in (space,) if space else PREFERRED_SPACES:
        if name in files:
            return _loaded(files[name], name)
    raise ModelError(unavailable(space or PREFERRED_SPACES[0]))


def fit_encoder(beside: Encoder) -> Encoder | None:
    """The installed context encoder of the fit model, None where there is none.

    The shipped one is none beside a model of the user's own that takes another sample rate.

    Args:
        beside: The encoder that hears the same windows.

    Raises:
        ModelError: The user's own takes another sample rate than the encoder beside it.
    """
    path = installed_files().get(FIT_CONTEXT)
    if path is None:
        return None
    encoder = _loaded(path, FIT_CONTEXT)
    if encoder.sample_rate != beside.sample_rate:
        if path.parent == SHIPPED_FOLDER:
            return None
        rule = f"{path}: a {FIT_CONTEXT} model must take {beside.sample_rate} Hz as {beside.model_id} does"
        raise ModelError(f"{rule}, not {encoder.sample_rate} Hz")
    return encoder


def unavailable(space: str) -> str:
    """One sentence: there is no model of that space, and what brings it."""
    folder = model_folders()[0]
    return f"no {space} model is installed; put {space}.onnx into {folder} (timbred-train export makes it)"


@cache
def _loaded(path: Path, space: str) -> Encoder:
    encoder = Encoder.load(path)
    if encoder.space != space:
        raise ModelError(f"{path}: the file's name must be its space, {encoder.space}, not {space}")
    return encoder
