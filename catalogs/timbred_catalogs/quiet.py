"""The import of lancedb, with its Rust logger and its deprecation notes kept off the user's terminal."""

import os
import warnings
from types import ModuleType


def lancedb() -> ModuleType:
    """Takes most of a second the first time: call it where a catalogue is opened, not at import."""
    os.environ.setdefault("LANCEDB_LOG", "off")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lancedb as module
    return module
