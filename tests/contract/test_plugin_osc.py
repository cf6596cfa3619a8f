"""What Python encodes, C++ decodes and encodes to the same bytes, and the other way round."""

import random
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from timbred_bridge import osc
from timbred_bridge.errors import PacketError

TEXTS = ("", "a", "abc", "four", "Kick 808.wav", "Bläck & Größe", "日本語の音.wav", "🥁" * 20)
Through = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def through_cpp(plugin_tools: Path) -> Iterator[Through]:
    """Sends a packet through osc_tool: decoded and encoded by C++, empty where it refuses it."""
    tool = subprocess.Popen(
        [str(plugin_tools / "osc_tool")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )
    assert tool.stdin is not None
    assert tool.stdout is not None
    to_tool, from_tool = tool.stdin, tool.stdout

    def through(packet: bytes) -> bytes:
        to_tool.write(struct.pack(">I", len(packet)) + packet)
        (size,) = struct.unpack(">I", _exactly(from_tool.read, 4))
        return _exactly(from_tool.read, size)

    yield through
    tool.communicate()


def _exactly(read: Callable[[int], bytes], size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += read(size - len(data)) or pytest.fail("osc_tool has ended")
    return data


def _value(tag: str, source: random.Random) -> osc.Value:
    if tag == "i":
        return source.randrange(-(2**31), 2**31)
    if tag == "h":
        return source.randrange(-(2**63), 2**63)
    if tag == "f":
        return float(struct.unpack(">f", struct.pack(">f", source.uniform(-1e6, 1e6)))[0])
    return source.choice(TEXTS)


def _packet(row: osc.Row, source: random.Random) -> bytes:
    values = [_value(argument.type, source) for argument in row.arguments]
    count = source.randrange(5) if row.repeat else 0
    groups = [[_value(argument.type, source) for argument in row.repeat] for _ in range(count)]
    return osc.encode(row.address, *values, groups=groups)


@pytest.mark.parametrize("row", osc.TABLE, ids=lambda row: row.address)
def test_every_row_goes_through_cpp_without_a_change(row: osc.Row, through_cpp: Through) -> None:
    source = random.Random(row.address)
    for _ in range(50):
        packet = _packet(row, source)
        assert through_cpp(packet) == packet


def test_what_cpp_takes_of_damaged_packets_python_takes_as_the_same_message(through_cpp: Through) -> None:
    source = random.Random(5)
    taken = 0
    for _ in range(3000):
        damaged = bytearray(_packet(source.choice(osc.TABLE), source))
        for _ in range(source.randrange(1, 4)):
            damaged[source.randrange(len(damaged))] = source.randrange(256)
        if answer := through_cpp(bytes(damaged)):
            taken += 1
            assert osc.decode(answer) == osc.decode(bytes(damaged))
    assert taken > 100


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"/timbred/none\0\0\0,s\0\0a\0\0\0",
        b"/timbred/stop\0\0\0,i\0\0\0\0\0\1",
        b"/timbred/stop\0\0\0,s\0\0\xff\0\0\0",
        osc.encode("/timbred/stop", "x" * 8000) + b"\0" * 400,
    ],
    ids=["empty", "unknown address", "wrong type", "not UTF-8", "too long"],
)
def test_what_python_refuses_cpp_refuses_too(packet: bytes, through_cpp: Through) -> None:
    assert through_cpp(packet) == b""
    with pytest.raises(PacketError):
        osc.decode(packet)
