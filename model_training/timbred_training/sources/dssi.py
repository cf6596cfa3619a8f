"""DSSI synthesizers (amsynth, ZynAddSubFX): every program of every bank, played through ctypes."""

import ctypes
from pathlib import Path

import numpy as np

from timbred_training.errors import TrainingError
from timbred_training.sources.notes import LONGEST_SECONDS, PlayedNote, RawNote, family_of, notes_to_play

RATE = 44_100
BLOCK_FRAMES = 256
NOTE_ON, NOTE_OFF = 6, 7  # ALSA's sequencer event types
PORT_INPUT, PORT_CONTROL = 1, 4
HINT_DEFAULTS = 0x3C0


class _Hint(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_int), ("low", ctypes.c_float), ("high", ctypes.c_float))


class _Ladspa(ctypes.Structure):
    _fields_ = (
        ("unique_id", ctypes.c_ulong),
        ("label", ctypes.c_char_p),
        ("properties", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("maker", ctypes.c_char_p),
        ("copyright", ctypes.c_char_p),
        ("port_count", ctypes.c_ulong),
        ("ports", ctypes.POINTER(ctypes.c_int)),
        ("port_names", ctypes.POINTER(ctypes.c_char_p)),
        ("hints", ctypes.POINTER(_Hint)),
        ("implementation", ctypes.c_void_p),
        ("instantiate", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong)),
        (
            "connect_port",
            ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_ulong, ctypes.POINTER(ctypes.c_float)),
        ),
        ("activate", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
        ("run", ctypes.c_void_p),
        ("run_adding", ctypes.c_void_p),
        ("set_run_adding_gain", ctypes.c_void_p),
        ("deactivate", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
        ("cleanup", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
    )


class _Program(ctypes.Structure):
    _fields_ = (("bank", ctypes.c_ulong), ("program", ctypes.c_ulong), ("name", ctypes.c_char_p))


class _Event(ctypes.Structure):
    """ALSA's `snd_seq_event_t` for a note; in DSSI the tick is a frame of the block."""

    _fields_ = (
        ("type", ctypes.c_uint8),
        ("flags", ctypes.c_uint8),
        ("tag", ctypes.c_uint8),
        ("queue", ctypes.c_uint8),
        ("tick", ctypes.c_uint32),
        ("unused_time", ctypes.c_uint32),
        ("addresses", ctypes.c_uint8 * 4),
        ("channel", ctypes.c_uint8),
        ("note", ctypes.c_uint8),
        ("velocity", ctypes.c_uint8),
        ("off_velocity", ctypes.c_uint8),
        ("duration", ctypes.c_uint32),
        ("padding", ctypes.c_uint32),
    )


class _Dssi(ctypes.Structure):
    _fields_ = (
        ("api_version", ctypes.c_int),
        ("ladspa", ctypes.POINTER(_Ladspa)),
        ("configure", ctypes.c_void_p),
        ("get_program", ctypes.CFUNCTYPE(ctypes.POINTER(_Program), ctypes.c_void_p, ctypes.c_ulong)),
        ("select_program", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong)),
        ("get_midi_controller", ctypes.c_void_p),
        (
            "run_synth",
            ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_ulong, ctypes.POINTER(_Event), ctypes.c_ulong),
        ),
    )


class DssiSource:
    """Every program of one DSSI synthesizer."""

    split: str | None = None

    def __init__(self, library: Path, name: str, licence: str) -> None:
        self.name, self.licence = name, licence
        try:
            entry = ctypes.CDLL(str(library)).dssi_descriptor
        except (OSError, AttributeError) as error:  # no library, or one of another kind
            raise TrainingError(f"a DSSI synthesizer must lie at {library}: {error}") from error
        entry.restype, entry.argtypes = ctypes.POINTER(_Dssi), [ctypes.c_ulong]
        self._dssi = entry(0).contents
        self._ladspa = self._dssi.ladspa.contents
        self._handle = self._ladspa.instantiate(ctypes.addressof(self._ladspa), RATE)
        self._out = np.zeros((2, BLOCK_FRAMES), dtype=np.float32)
        self._controls = np.zeros(self._ladspa.port_count, dtype=np.float32)
        self._connect()
        if self._ladspa.activate:
            self._ladspa.activate(self._handle)
        self._programs = self._list_programs()

    def instruments(self) -> list[str]:
        """Ids of the programs, by bank and number."""
        return list(self._programs)

    def render(self, instrument: str) -> list[RawNote]:
        """Plays the reference note and three others on one program."""
        family = family_of(self._select(instrument))
        notes = []
        for note in notes_to_play(instrument, family):
            audio = self._play(note)
            if np.abs(audio).max() < 1e-3:
                return []
            notes.append(
                RawNote(
                    instrument, family, "train", True, note.reference, note.pitch, note.velocity, audio, RATE
                )
            )
        return notes

    def _select(self, instrument: str) -> str:
        """Makes the synthesizer sound like the instrument from now on; returns the program's name."""
        bank, program, name = self._programs[instrument]
        self._dssi.select_program(self._handle, bank, program)
        return name

    def _connect(self) -> None:
        audio = 0
        for port in range(self._ladspa.port_count):
            kind = self._ladspa.ports[port]
            if kind & PORT_CONTROL:
                hint = self._ladspa.hints[port]
                self._controls[port] = _default(hint)
                target = self._controls[port:]
            else:
                target = self._out[audio]
                audio += 1
            self._ladspa.connect_port(
                self._handle, port, target.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
            )

    def _list_programs(self) -> dict[str, tuple[int, int, str]]:
        programs: dict[str, tuple[int, int, str]] = {}
        index = 0
        while pointer := self._dssi.get_program(self._handle, index):
            entry = pointer.contents
            name = (entry.name or b"").decode("utf-8", "replace")
            programs[f"{self.name}_{entry.bank:03d}_{entry.program:03d}"] = (entry.bank, entry.program, name)
            index += 1
        return programs

    def _play(self, note: PlayedNote) -> np.ndarray:
        """Mono audio from the attack on, at most `LONGEST_SECONDS`, played when the last note is gone."""
        self._silence()
        seconds = min(note.hold_seconds + 1.0, LONGEST_SECONDS)
        blocks = [self._block(_event(NOTE_ON, note))]
        let_go = int(note.hold_seconds * RATE / BLOCK_FRAMES)
        for block in range(1, int(seconds * RATE / BLOCK_FRAMES)):
            blocks.append(self._block(_event(NOTE_OFF, note) if block == let_go else None))
        return np.concatenate(blocks)

    def _silence(self) -> None:
        for _ in range(int(4.0 * RATE / BLOCK_FRAMES)):
            if np.abs(self._block(None)).max() < 1e-5:
                return

    def _block(self, event: _Event | None) -> np.ndarray:
        events = ctypes.pointer(event) if event is not None else ctypes.POINTER(_Event)()
        self._dssi.run_synth(self._handle, BLOCK_FRAMES, events, int(event is not None))
        mono: np.ndarray = self._out.mean(axis=0)
        return mono


def _event(kind: int, note: PlayedNote) -> _Event:
    return _Event(type=kind, note=note.pitch, velocity=note.velocity)


def _default(hint: _Hint) -> float:
    """LADSPA's default of a control, from its hint bits."""
    share = {0x40: 0.0, 0x80: 0.25, 0xC0: 0.5, 0x100: 0.75, 0x140: 1.0}
    fixed = {0x200: 0.0, 0x240: 1.0, 0x280: 100.0, 0x2C0: 440.0}
    bits = hint.flags & HINT_DEFAULTS
    between: float = hint.low + share.get(bits, 0.0) * (hint.high - hint.low)
    return fixed.get(bits, between)
