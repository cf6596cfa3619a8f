"""Tracker modules through libopenmpt's C interface: muting instruments, playing single notes."""

import ctypes
import ctypes.util
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from timbred_training.errors import TrainingError
from timbred_training.fit.songs import Array
from timbred_training.frontend import SAMPLE_RATE

_NOTE, _INSTRUMENT = 0, 1  # cells of a pattern's row
_HIGHEST_NOTE = 120  # above are note-off, cut and fade
_FILTER_LENGTH = 3  # a render parameter; 4 taps are cubic
_INT, _DOUBLE, _EXT = ctypes.c_int, ctypes.c_double, ctypes.c_void_p


def _function(result: Any, *arguments: Any) -> Any:
    return ctypes.CFUNCTYPE(result, _EXT, *arguments)


class _Interactive(ctypes.Structure):
    """`openmpt_module_ext_interface_interactive`: its members in their order."""

    _fields_ = [
        ("set_current_speed", _function(_INT, ctypes.c_int32)),
        ("set_current_tempo", _function(_INT, ctypes.c_int32)),
        ("set_tempo_factor", _function(_INT, _DOUBLE)),
        ("get_tempo_factor", _function(_DOUBLE)),
        ("set_pitch_factor", _function(_INT, _DOUBLE)),
        ("get_pitch_factor", _function(_DOUBLE)),
        ("set_global_volume", _function(_INT, _DOUBLE)),
        ("get_global_volume", _function(_DOUBLE)),
        ("set_channel_volume", _function(_INT, ctypes.c_int32, _DOUBLE)),
        ("get_channel_volume", _function(_DOUBLE, ctypes.c_int32)),
        ("set_channel_mute_status", _function(_INT, ctypes.c_int32, _INT)),
        ("get_channel_mute_status", _function(_INT, ctypes.c_int32)),
        ("set_instrument_mute_status", _function(_INT, ctypes.c_int32, _INT)),
        ("get_instrument_mute_status", _function(_INT, ctypes.c_int32)),
        ("play_note", _function(ctypes.c_int32, ctypes.c_int32, ctypes.c_int32, _DOUBLE, _DOUBLE)),
        ("stop_note", _function(_INT, ctypes.c_int32)),
    ]


@dataclass(frozen=True)
class Usage:
    """How a module uses an instrument: how often each note, 0..119, is struck with it."""

    instrument: int
    name: str
    notes: Counter[int]


class Module:
    """One opened module; `close` it, or use it in a `with`.

    Args:
        data: The file's bytes.

    Raises:
        TrainingError: if libopenmpt is not installed or does not know the format.
    """

    def __init__(self, data: bytes) -> None:
        self._lib = _library()
        self._ext = self._lib.openmpt_module_ext_create_from_memory(
            data, len(data), self._lib.openmpt_log_func_silent, None, None, None, None, None, None
        )
        if not self._ext:
            raise TrainingError("a module must be a file that libopenmpt can read, and this is none")
        self._module = self._lib.openmpt_module_ext_get_module(self._ext)
        self._does = _Interactive()
        size = ctypes.sizeof(self._does)
        if not self._lib.openmpt_module_ext_get_interface(
            self._ext, b"interactive", ctypes.byref(self._does), size
        ):
            raise TrainingError("libopenmpt must be 0.5 or later: it lacks the interactive extension")
        self._lib.openmpt_module_set_render_param(self._module, _FILTER_LENGTH, 4)

    def __enter__(self) -> "Module":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the module; it is of no more use."""
        self._lib.openmpt_module_ext_destroy(self._ext)

    @property
    def duration_seconds(self) -> float:
        """Length of the song."""
        return float(self._lib.openmpt_module_get_duration_seconds(self._module))

    def usage(self) -> list[Usage]:
        """The instruments (a format without any: the samples) that the patterns play, in their order."""
        notes: dict[int, Counter[int]] = {}
        orders = Counter(
            self._ask("get_order_pattern", order) for order in range(self._ask("get_num_orders"))
        )
        for pattern, times in orders.items():
            last: dict[int, int] = {}
            for row in range(self._ask("get_pattern_num_rows", pattern)):
                for channel in range(self._ask("get_num_channels")):
                    note, instrument = self._cell(pattern, row, channel)
                    last[channel] = instrument or last.get(channel, 0)
                    if 0 < note <= _HIGHEST_NOTE and last[channel]:
                        notes.setdefault(last[channel] - 1, Counter())[note - 1] += times
        return [Usage(k, self._name(k), struck) for k, struck in sorted(notes.items())]

    def mute_all_but(self, instruments: set[int]) -> None:
        """Mutes every instrument that is not among these."""
        for k in range(self._instruments()):
            self._does.set_instrument_mute_status(self._ext, k, int(k not in instruments))

    def mute_channels(self) -> None:
        """Silences the song; notes that are played by hand sound on."""
        for channel in range(self._ask("get_num_channels")):
            self._does.set_channel_mute_status(self._ext, channel, 1)

    def seek(self, seconds: float) -> None:
        """Goes to a place of the song."""
        self._lib.openmpt_module_set_position_seconds(self._module, seconds)

    def play(self, instrument: int, note: int) -> int:
        """Strikes a note, 0..119, and returns the channel for `stop`."""
        return int(self._does.play_note(self._ext, instrument, note, 1.0, 0.0))

    def stop(self, channel: int) -> None:
        """Ends a note that was struck."""
        self._does.stop_note(self._ext, channel)

    def read(self, seconds: float) -> Array:
        """Renders on: mono float32 at `SAMPLE_RATE`, silence after the song's end."""
        frames = int(seconds * SAMPLE_RATE)
        audio = np.zeros(frames, np.float32)
        pointer = audio.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        self._lib.openmpt_module_read_float_mono(self._module, SAMPLE_RATE, frames, pointer)
        return audio

    def _ask(self, name: str, *arguments: int) -> int:
        return int(getattr(self._lib, f"openmpt_module_{name}")(self._module, *arguments))

    def _cell(self, pattern: int, row: int, channel: int) -> tuple[int, int]:
        get = self._lib.openmpt_module_get_pattern_row_channel_command
        return (
            get(self._module, pattern, row, channel, _NOTE),
            get(self._module, pattern, row, channel, _INSTRUMENT),
        )

    def _instruments(self) -> int:
        return self._ask("get_num_instruments") or self._ask("get_num_samples")

    def _name(self, instrument: int) -> str:
        kind = "instrument" if self._ask("get_num_instruments") else "sample"
        pointer = getattr(self._lib, f"openmpt_module_get_{kind}_name")(self._module, instrument)
        name = (ctypes.cast(pointer, ctypes.c_char_p).value or b"").decode("utf-8", "replace")
        self._lib.openmpt_free_string(pointer)
        return name


def open_module(path: Path) -> Module:
    """Opens a module file.

    Raises:
        TrainingError: if it can't be read, or as `Module`.
    """
    try:
        return Module(path.read_bytes())
    except OSError as error:
        raise TrainingError(f"a module must be a readable file: {error}") from error
    except TrainingError as error:
        raise TrainingError(f"{path}: {error}") from error


@cache
def _library() -> ctypes.CDLL:
    name = ctypes.util.find_library("openmpt")
    if name is None:
        raise TrainingError("tracker modules need libopenmpt: 'apt-get install libopenmpt0' brings it")
    lib = ctypes.CDLL(name)
    pointers = ("module_ext_create_from_memory", "module_ext_get_module", "module_get_instrument_name")
    for function in (*pointers, "module_get_sample_name"):
        getattr(lib, f"openmpt_{function}").restype = ctypes.c_void_p
    lib.openmpt_module_ext_create_from_memory.argtypes = [ctypes.c_char_p, ctypes.c_size_t, *[_EXT] * 7]
    lib.openmpt_module_ext_get_module.argtypes = [_EXT]
    lib.openmpt_module_ext_get_interface.argtypes = [_EXT, ctypes.c_char_p, _EXT, ctypes.c_size_t]
    lib.openmpt_module_ext_destroy.argtypes = [_EXT]
    lib.openmpt_module_ext_destroy.restype = None
    lib.openmpt_free_string.argtypes = [_EXT]
    lib.openmpt_free_string.restype = None
    lib.openmpt_module_get_duration_seconds.restype = _DOUBLE
    lib.openmpt_module_get_duration_seconds.argtypes = [_EXT]
    lib.openmpt_module_set_position_seconds.restype = _DOUBLE
    lib.openmpt_module_set_position_seconds.argtypes = [_EXT, _DOUBLE]
    lib.openmpt_module_set_render_param.argtypes = [_EXT, _INT, ctypes.c_int32]
    lib.openmpt_module_read_float_mono.restype = ctypes.c_size_t
    lib.openmpt_module_read_float_mono.argtypes = [_EXT, ctypes.c_int32, ctypes.c_size_t, _EXT]
    cell = lib.openmpt_module_get_pattern_row_channel_command
    cell.restype, cell.argtypes = ctypes.c_uint8, [_EXT, ctypes.c_int32, ctypes.c_int32, ctypes.c_int32, _INT]
    for function, arguments in (
        ("get_num_orders", 0),
        ("get_num_channels", 0),
        ("get_num_instruments", 0),
        ("get_num_samples", 0),
        ("get_order_pattern", 1),
        ("get_pattern_num_rows", 1),
        ("get_instrument_name", 1),
        ("get_sample_name", 1),
    ):
        getattr(lib, f"openmpt_module_{function}").argtypes = [_EXT, *[ctypes.c_int32] * arguments]
    return lib
