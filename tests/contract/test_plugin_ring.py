"""The ring that the plugin's C++ writes is the ring that Python reads."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from timbred_bridge.ring import RingReader
from timbred_bridge.wire import Transport

CAPACITY = 4096


class CppRing:
    """ring_tool: a C++ RingWriter that does what it is told, line by line."""

    def __init__(self, tool: Path, path: Path, channels: int = 2, capacity: int = CAPACITY) -> None:
        command = [str(tool), str(path), str(channels), "48000", str(capacity)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._line() == "ready"
        self.path, self.channels = path, channels

    def begin(self, command: str) -> None:
        """Tells it something without waiting."""
        assert self.process.stdin is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def tell(self, command: str) -> None:
        """Tells it something and waits until it is done."""
        self.begin(command)
        assert self._line() == "done"

    def close(self) -> None:
        """Ends it; its ring goes with it."""
        self.process.communicate()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


def noise(channels: int, frames: int, seed: int) -> npt.NDArray[np.float32]:
    """The samples that ring_tool writes for a seed."""
    samples = np.empty(channels * frames, np.float32)
    for i in range(samples.size):
        seed = (seed * 1664525 + 1013904223) % 2**32
        samples[i] = np.float32(seed >> 8) / np.float32(8388608) - np.float32(1)
    return samples.reshape(channels, frames)


@pytest.fixture
def cpp_ring(plugin_tools: Path, tmp_path: Path) -> Iterator[CppRing]:
    ring = CppRing(plugin_tools / "ring_tool", tmp_path / "a.ring")
    yield ring
    ring.close()


def test_a_ring_made_in_cpp_has_the_format_that_it_was_given(cpp_ring: CppRing) -> None:
    with RingReader(cpp_ring.path) as reader:
        assert reader.format.channels == 2
        assert reader.format.sample_rate == 48_000
        assert reader.format.capacity_frames == CAPACITY
        assert reader.format.session_id == "01020304" + "00" * 12
        assert reader.format.writer_pid == cpp_ring.process.pid
        assert reader.written_frames() == 0
        assert reader.transport() is None


def test_audio_written_in_cpp_is_read_bit_for_bit_across_the_rings_end(cpp_ring: CppRing) -> None:
    random = np.random.default_rng(1)
    with RingReader(cpp_ring.path) as reader:
        place = 0
        for seed in range(60):
            frames = int(random.integers(1, 700))
            cpp_ring.tell(f"write {frames} {seed}")
            chunk = reader.read(place)
            assert chunk.lost_frames == 0
            np.testing.assert_array_equal(chunk.audio, noise(2, frames, seed))
            place = chunk.end_frame
        assert place > 3 * CAPACITY


def test_of_a_block_longer_than_the_ring_the_last_frames_are_read_and_the_others_counted_lost(
    cpp_ring: CppRing,
) -> None:
    cpp_ring.tell(f"write {CAPACITY + 500} 7")
    with RingReader(cpp_ring.path) as reader:
        chunk = reader.read(0)
    assert (chunk.start_frame, chunk.lost_frames) == (500, 500)
    np.testing.assert_array_equal(chunk.audio, noise(2, CAPACITY + 500, 7)[:, 500:])


def test_whatever_is_read_while_cpp_overtakes_is_whole_or_counted_as_lost(cpp_ring: CppRing) -> None:
    blocks, frames = 3000, 256  # every sample is its frame number, exact in float32
    cpp_ring.begin(f"race {blocks} {frames}")
    place = lost = read = 0
    with RingReader(cpp_ring.path) as reader:
        while place < blocks * frames:
            chunk = reader.read(place)
            expected = np.arange(chunk.start_frame, chunk.end_frame, dtype=np.float32)
            np.testing.assert_array_equal(chunk.audio[0], expected)
            np.testing.assert_array_equal(chunk.audio[1], expected)
            lost += chunk.lost_frames
            read += chunk.audio.shape[1]
            place = chunk.end_frame
    assert read + lost == blocks * frames


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("1 1 123.5 17.25 16 3 4", Transport(0, True, 123.5, 17.25, 16.0, 3, 4)),
        ("0 0 0 0 0 4 4", Transport(0, False)),
        ("1 1 0 0 0 4 4", Transport(0, True)),
    ],
    ids=["beats", "stopped", "a tempo of zero counts as no beats"],
)
def test_the_transport_written_in_cpp_is_read(cpp_ring: CppRing, words: str, expected: Transport) -> None:
    cpp_ring.tell(f"transport {words}")
    with RingReader(cpp_ring.path) as reader:
        assert reader.transport() == expected


def test_a_ring_of_one_channel_is_read_too(plugin_tools: Path, tmp_path: Path) -> None:
    ring = CppRing(plugin_tools / "ring_tool", tmp_path / "mono.ring", channels=1)
    ring.tell("write 100 3")
    with RingReader(ring.path) as reader:
        np.testing.assert_array_equal(reader.read(0).audio, noise(1, 100, 3))
    ring.close()
    assert not ring.path.exists()
