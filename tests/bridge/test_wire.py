"""The ring's layout: what is packed comes back, and nonsense is refused by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timbred_bridge import wire

FORMAT = wire.RingFormat(2, 48_000, 1 << 20, "00112233445566778899aabbccddeeff", 4711)


def header(ring: wire.RingFormat = FORMAT) -> bytes:
    return wire.pack_format(ring).ljust(wire.BODY_OFFSET, b"\0")


def test_a_packed_format_comes_back() -> None:
    assert wire.unpack_format(header()) == FORMAT


def test_no_two_fields_overlap() -> None:
    ends = [field.offset + field.size for field in wire.FIELDS]
    assert all(end <= after.offset for end, after in zip(ends, wire.FIELDS[1:], strict=False))
    assert ends[-1] <= wire.BODY_OFFSET


def test_the_counts_have_a_cache_line_of_their_own() -> None:
    lines = {field.name: field.offset // wire.CACHE_LINE for field in wire.FIELDS}
    shared = {name for name, line in lines.items() if line == lines["written_frames"]}
    assert shared == {"claimed_frames", "written_frames"}


@pytest.mark.parametrize(
    ("seconds_rate", "frames"), [(44_100, 1 << 20), (48_000, 1 << 20), (96_000, 1 << 21), (192_000, 1 << 22)]
)
def test_the_capacity_holds_twenty_seconds(seconds_rate: int, frames: int) -> None:
    assert wire.capacity_for(seconds_rate) == frames
    assert frames >= wire.MIN_SECONDS * seconds_rate


@pytest.mark.parametrize(
    ("at", "raw", "complaint"),
    [
        (0, b"NOTARING", "must begin with"),
        (8, (99).to_bytes(4, "little"), "version must be 1, not 99"),
        (12, (9).to_bytes(4, "little"), "channels must be 1..8, not 9"),
        (16, (1000).to_bytes(4, "little"), "power of two of frames, not 1000"),
        (20, bytes(4), "sample rate must be 8000..384000 Hz, not 0"),
    ],
)
def test_a_broken_header_is_refused_with_rule_and_value(at: int, raw: bytes, complaint: str) -> None:
    broken = bytearray(header())
    broken[at : at + len(raw)] = raw
    with pytest.raises(ValueError, match=complaint):
        wire.unpack_format(bytes(broken))


@given(
    frame=st.integers(0, 2**63),
    playing=st.booleans(),
    tempo=st.floats(1.0, 999.0),
    ppq=st.floats(-1e6, 1e6),
    beats=st.integers(1, 64),
    unit=st.sampled_from([1, 2, 4, 8, 16, 32]),
)
def test_a_packed_transport_comes_back(
    frame: int, playing: bool, tempo: float, ppq: float, beats: int, unit: int
) -> None:
    transport = wire.Transport(frame, playing, tempo, ppq, ppq, beats, unit)
    assert wire.unpack_transport(bytes(132) + wire.pack_transport(transport)) == transport


@given(st.binary(min_size=44, max_size=44))
def test_any_bytes_make_a_transport_that_music_can_have(raw: bytes) -> None:
    transport = wire.unpack_transport(bytes(132) + raw)
    assert transport.tempo_bpm is None or 1.0 <= transport.tempo_bpm <= 999.0
    assert transport.bar_quarters > 0


def test_a_bar_of_six_eighths_has_three_quarters() -> None:
    assert wire.Transport(0, True, 120.0, beats_per_bar=6, beat_unit=8).bar_quarters == 3.0
