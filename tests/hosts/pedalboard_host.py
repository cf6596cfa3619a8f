"""pedalboard, loaded with the built plugin."""

from pathlib import Path
from typing import Any

import pedalboard


def load(plugin_folder: Path) -> Any:
    """A fresh instance of the VST3; its parameters are attributes that no type knows."""
    return pedalboard.VST3Plugin(str(plugin_folder / "timbred.vst3"))
