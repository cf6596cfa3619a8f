"""Writes the demo's song as stems, one file for the drums, one for the bass, and so on, for a DAW."""

from pathlib import Path

import numpy as np

from timbred_catalogs.errors import CatalogError
from timbred_catalogs.starter.effects import PEAK, Stereo
from timbred_catalogs.starter.library import wave_bytes, write_if_other
from timbred_catalogs.starter.score import demo_score
from timbred_catalogs.starter.song import DEFAULT_SEED, parts

GROUPS = {
    "Drums": ("kick", "snare", "clap", "closed_hat", "open_hat", "percussion"),
    "Bass": ("bass",),
    "Keys": ("keys", "pluck", "mallet"),
    "Pads": ("pad", "strings"),
    "Lead": ("lead",),
}


def write_demo_stems(folder: Path, *, seed: int = DEFAULT_SEED) -> dict[str, Path]:
    """Writes the stems as 24-bit stereo at 44.1 kHz, together as loud as they may be without clipping.

    Returns:
        each stem's file by its name.

    Raises:
        CatalogError: if a file cannot be written.
    """
    stems: dict[str, Stereo] = {}
    for voice, part in parts(demo_score(), seed):
        name = next(name for name, roles in GROUPS.items() if voice.role in roles)
        stems[name] = stems[name] + part if name in stems else part
    peak = np.abs(sum(stems.values())).max()
    paths = {name: folder / f"{name}.wav" for name in GROUPS}
    try:
        for name, path in paths.items():
            write_if_other(path, wave_bytes(stems[name] * (PEAK / peak)))
    except OSError as error:
        raise CatalogError(f"stems must be written to a writable folder, not {folder}: {error}") from error
    return paths
