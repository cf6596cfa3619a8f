"""The ring's memory layout: one table, from which plugin/wire.h is generated too.

A ring is a file that one plugin instance writes and the daemon maps read-only. It begins with a
header page; from `BODY_OFFSET` on follow `channels` planes of `capacity_frames` float32 each, little
endian. Frame number n (counted since the ring was made, never reset) lies at index
`n % capacity_frames` of every plane.

The format fields are written once, before the magic. A changed sample rate or channel count makes a
new ring, so a mapped ring never changes its meaning. Two counts share a cache line of their own:
`claimed_frames` is raised before a block is copied in, `written_frames` after it. A reader trusts a
copy of frame n when, after copying, `n >= claimed_frames - capacity_frames`.

The transport holds for frame `transport_frame`. It stands under a sequence lock: `transport_sequence`
is odd while the writer is inside, and a reader that saw it odd or changed reads again.
"""

import struct
from dataclasses import dataclass
from enum import IntFlag

MAGIC = b"TIMBRED\0"
VERSION = 1
BODY_OFFSET = 4096
CACHE_LINE = 64
SAMPLE_BYTES = 4
MIN_SECONDS = 20.0
MIN_SAMPLE_RATE, MAX_SAMPLE_RATE = 8_000, 384_000
MAX_CHANNELS = 8
SESSION_BYTES = 16


class TransportFlags(IntFlag):
    """What the host said of its transport."""

    PLAYING = 1
    HAS_BEATS = 2
    """Tempo, position, bar start and time signature are valid."""


@dataclass(frozen=True)
class Field:
    """One field of the header: its place in bytes, its type and what it means."""

    name: str
    offset: int
    code: str
    """The `struct` code, little endian."""
    meaning: str

    @property
    def size(self) -> int:
        """Bytes that the field takes."""
        size: int = struct.calcsize("<" + self.code)
        return size

    def unpack(self, header: memoryview | bytes) -> int | float | bytes:
        """The field's value in a header's bytes."""
        (value,) = struct.unpack_from("<" + self.code, header, self.offset)
        assert isinstance(value, int | float | bytes)
        return value


FIELDS: tuple[Field, ...] = (
    Field("magic", 0, "8s", "TIMBRED and a zero byte; written last, so a half-made ring has none"),
    Field("version", 8, "I", "version of this layout"),
    Field("channels", 12, "I", "planes in the body"),
    Field("capacity_frames", 16, "I", "frames in a plane, a power of two"),
    Field("sample_rate", 20, "I", "frames per second"),
    Field("session_id", 24, "16s", "the plugin instance, random, the same in every OSC packet"),
    Field("writer_pid", 40, "I", "process that writes"),
    Field("claimed_frames", 64, "Q", "atomic: frames written or about to be overwritten"),
    Field("written_frames", 72, "Q", "atomic: frames that can be read; only grows"),
    Field("transport_sequence", 128, "I", "atomic: odd while the transport is being written"),
    Field("transport_flags", 132, "I", "bits: 1 playing, 2 has beats"),
    Field("transport_frame", 136, "Q", "frame number for which the transport holds"),
    Field("tempo_bpm", 144, "d", "quarter notes per minute"),
    Field("ppq_position", 152, "d", "quarter notes since the song's start, at transport_frame"),
    Field("bar_start_ppq", 160, "d", "quarter notes since the song's start, at the bar's first beat"),
    Field("beats_per_bar", 168, "I", "upper number of the time signature"),
    Field("beat_unit", 172, "I", "lower number of the time signature"),
)
FIELD = {field.name: field for field in FIELDS}


def body_bytes(channels: int, capacity_frames: int) -> int:
    """Bytes of the planes that follow the header page."""
    return channels * capacity_frames * SAMPLE_BYTES


def capacity_for(sample_rate: int) -> int:
    """The smallest power of two of frames that holds `MIN_SECONDS` at a sample rate in Hz."""
    return 1 << (int(MIN_SECONDS * sample_rate) - 1).bit_length()


@dataclass(frozen=True)
class RingFormat:
    """What never changes while a ring lives.

    Raises:
        ValueError: A value outside the format's rules.
    """

    channels: int
    sample_rate: int
    capacity_frames: int
    session_id: str
    """32 hexadecimal digits."""
    writer_pid: int

    def __post_init__(self) -> None:
        if not 1 <= self.channels <= MAX_CHANNELS:
            raise ValueError(f"channels must be 1..{MAX_CHANNELS}, not {self.channels}")
        if not MIN_SAMPLE_RATE <= self.sample_rate <= MAX_SAMPLE_RATE:
            rule = f"sample rate must be {MIN_SAMPLE_RATE}..{MAX_SAMPLE_RATE} Hz"
            raise ValueError(f"{rule}, not {self.sample_rate}")
        if self.capacity_frames < 1 or self.capacity_frames & (self.capacity_frames - 1):
            raise ValueError(f"capacity must be a power of two of frames, not {self.capacity_frames}")
        if len(bytes.fromhex(self.session_id)) != SESSION_BYTES:
            raise ValueError(f"session id must be {2 * SESSION_BYTES} hexadecimal digits")

    @property
    def file_bytes(self) -> int:
        """Size of the ring's whole file."""
        return BODY_OFFSET + body_bytes(self.channels, self.capacity_frames)


@dataclass(frozen=True)
class Transport:
    """The host's transport at one frame.

    Args:
        frame: Ring frame number for which the rest holds.
        playing: Whether the transport runs.
        tempo_bpm: Quarter notes per minute, or None where the host tells no beats (as the next four).
        ppq_position: Quarter notes since the song's start.
        bar_start_ppq: Quarter notes at the first beat of the present bar.
        beats_per_bar: Upper number of the time signature.
        beat_unit: Lower number of the time signature.
    """

    frame: int
    playing: bool
    tempo_bpm: float | None = None
    ppq_position: float = 0.0
    bar_start_ppq: float = 0.0
    beats_per_bar: int = 4
    beat_unit: int = 4

    @property
    def bar_quarters(self) -> float:
        """Quarter notes in one bar."""
        return self.beats_per_bar * 4.0 / self.beat_unit


def pack_format(ring: RingFormat) -> bytes:
    """The first cache line of a header, the magic included."""
    head = struct.pack("<8s4I", MAGIC, VERSION, ring.channels, ring.capacity_frames, ring.sample_rate)
    return head + bytes.fromhex(ring.session_id) + struct.pack("<I", ring.writer_pid)


def unpack_format(header: memoryview | bytes) -> RingFormat:
    """The format in a header's bytes.

    Raises:
        ValueError: The bytes are no ring of this version, or break its rules.
    """
    if len(header) < BODY_OFFSET:
        raise ValueError(f"a ring's header must be {BODY_OFFSET} bytes, not {len(header)}")
    magic, version, channels, capacity, rate = struct.unpack_from("<8s4I", header, 0)
    if magic != MAGIC:
        raise ValueError(f"a ring must begin with {MAGIC!r}, not {magic!r}")
    if version != VERSION:
        raise ValueError(f"the ring's version must be {VERSION}, not {version}")
    session = bytes(header[24 : 24 + SESSION_BYTES]).hex()
    (pid,) = struct.unpack_from("<I", header, FIELD["writer_pid"].offset)
    return RingFormat(channels, rate, capacity, session, pid)


_TRANSPORT = struct.Struct("<IQdddII")


def pack_transport(transport: Transport) -> bytes:
    """The transport's bytes from `transport_flags` on."""
    flags = TransportFlags.PLAYING if transport.playing else TransportFlags(0)
    if transport.tempo_bpm is not None:
        flags |= TransportFlags.HAS_BEATS
    return _TRANSPORT.pack(
        flags,
        transport.frame,
        transport.tempo_bpm or 0.0,
        transport.ppq_position,
        transport.bar_start_ppq,
        transport.beats_per_bar,
        transport.beat_unit,
    )


def unpack_transport(header: memoryview | bytes) -> Transport:
    """The transport in a header's bytes; the caller holds the sequence lock's promise.

    Beats that no music has (a tempo outside 1..999, a time signature of zero) count as not told.
    """
    flags, frame, tempo, ppq, bar_start, beats, unit = _TRANSPORT.unpack_from(
        header, FIELD["transport_flags"].offset
    )
    playing = bool(flags & TransportFlags.PLAYING)
    sane = 1.0 <= tempo <= 999.0 and 1 <= beats <= 64 and 1 <= unit <= 64 and abs(ppq) < 1e9
    if not (flags & TransportFlags.HAS_BEATS and sane):
        return Transport(frame, playing)
    return Transport(frame, playing, tempo, ppq, bar_start, beats, unit)
