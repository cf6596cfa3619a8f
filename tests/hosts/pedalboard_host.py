"""pedalboard, with the X error handler that its editor needs, loaded with the built plugin."""

import ctypes
from pathlib import Path
from typing import Any

import pedalboard


def load(plugin_folder: Path) -> Any:
    """A fresh instance of the VST3; its parameters are attributes that no type knows."""
    return pedalboard.VST3Plugin(str(plugin_folder / "timbred.vst3"))


def ignore_x_errors() -> None:
    """pedalboard 0.9.26 ends the process at a harmless BadWindow while it opens an editor."""
    global _handler
    _handler = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(lambda display, error: 0)
    ctypes.CDLL("libX11.so.6").XSetErrorHandler(_handler)


_handler: object = None
"""Kept, since Xlib holds no reference."""
