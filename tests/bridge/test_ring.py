"""Reader against reference writer: bit-equal, honest about what was overtaken."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from timbred_bridge import wire
from timbred_bridge.errors import RingError
from timbred_bridge.ring import RingReader
from timbred_bridge.writer import RingWriter

CAPACITY = 1024


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[RingWriter]:
    with RingWriter(tmp_path / "a.ring", 2, 48_000, capacity_frames=CAPACITY) as writer:
        yield writer


@pytest.fixture
def reader(writer: RingWriter) -> Iterator[RingReader]:
    with RingReader(writer.path) as reader:
        yield reader


def noise(frames: int, seed: int = 0) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((2, frames)).astype(np.float32)


def test_what_was_written_is_read_bit_for_bit(writer: RingWriter, reader: RingReader) -> None:
    audio = noise(700)
    writer.write(audio)
    chunk = reader.read(0)
    np.testing.assert_array_equal(chunk.audio, audio)
    assert (chunk.start_frame, chunk.end_frame, chunk.lost_frames) == (0, 700, 0)


def test_a_stream_of_odd_blocks_is_read_across_the_wrap(writer: RingWriter, reader: RingReader) -> None:
    audio, place, heard = noise(5000), 0, []
    for size in [1, 333, 512, 7, 1024, 640, 999, 1000, 484]:
        writer.write(audio[:, place : place + size])
        chunk = reader.read(place)
        assert chunk.lost_frames == 0
        heard.append(chunk.audio)
        place += size
    np.testing.assert_array_equal(np.concatenate(heard, axis=1), audio[:, :place])


def test_a_slow_reader_loses_the_oldest_and_is_told(writer: RingWriter, reader: RingReader) -> None:
    audio = noise(3000)
    for place in range(0, 3000, 500):
        writer.write(audio[:, place : place + 500])
    chunk = reader.read(0)
    assert (chunk.start_frame, chunk.lost_frames) == (3000 - CAPACITY, 3000 - CAPACITY)
    np.testing.assert_array_equal(chunk.audio, audio[:, -CAPACITY:])


def test_frames_overtaken_while_copying_are_thrown_away(
    writer: RingWriter, reader: RingReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    audio = noise(1300)
    writer.write(audio[:, :1000])
    copy = reader._copy

    def slow_copy(begin: int, end: int) -> npt.NDArray[np.float32]:
        first_half = copy(begin, end)
        writer.write(audio[:, 1000:])
        return first_half

    monkeypatch.setattr(reader, "_copy", slow_copy)
    chunk = reader.read(0)
    assert (chunk.start_frame, chunk.lost_frames) == (1300 - CAPACITY, 1300 - CAPACITY)
    np.testing.assert_array_equal(chunk.audio, audio[:, 1300 - CAPACITY : 1000])


def test_a_frame_claimed_but_not_yet_written_is_not_trusted(writer: RingWriter, reader: RingReader) -> None:
    writer.write(noise(CAPACITY))
    writer._counts[0] += 100
    chunk = reader.read(0)
    assert (chunk.start_frame, chunk.end_frame) == (100, CAPACITY)


def test_a_count_that_was_never_claimed_is_read_as_one_ring_full(
    writer: RingWriter, reader: RingReader
) -> None:
    writer._counts[1] = 2**50
    assert reader.read(0).audio.shape == (2, CAPACITY)


def test_the_peak_is_that_of_either_channel_across_the_wrap(writer: RingWriter, reader: RingReader) -> None:
    audio = np.clip(0.1 * noise(CAPACITY + 300), -0.1, 0.1)
    audio[1, CAPACITY + 100] = -0.5
    for place in range(0, audio.shape[1], 331):
        writer.write(audio[:, place : place + 331])
    assert reader.peak(CAPACITY - 200, CAPACITY + 200) == pytest.approx(0.5)
    assert reader.peak(CAPACITY - 200, CAPACITY + 100) < 0.2
    assert reader.peak(CAPACITY, CAPACITY) == 0.0


def test_a_peak_of_what_is_no_number_is_none_either(writer: RingWriter, reader: RingReader) -> None:
    audio = np.zeros((2, 100), np.float32)
    audio[0, 50] = np.nan
    writer.write(audio)
    assert np.isnan(reader.peak(0, 100))


def test_asking_for_the_future_gives_nothing(writer: RingWriter, reader: RingReader) -> None:
    writer.write(noise(10))
    chunk = reader.read(5000)
    assert chunk.audio.shape == (2, 0)
    assert (chunk.start_frame, chunk.lost_frames) == (10, 0)


def test_the_oldest_frame_is_the_first_until_it_is_overwritten(
    writer: RingWriter, reader: RingReader
) -> None:
    assert reader.oldest_frame() == 0
    writer.write(noise(CAPACITY))
    assert reader.oldest_frame() == 0
    writer.write(noise(7))
    assert reader.oldest_frame() == 7


def test_the_transport_is_none_until_it_is_written(writer: RingWriter, reader: RingReader) -> None:
    assert reader.transport() is None
    playing = wire.Transport(256, True, 120.0, 4.0, 4.0, 4, 4)
    writer.write_transport(playing)
    assert reader.transport() == playing


def test_a_transport_left_half_written_is_not_believed(writer: RingWriter, reader: RingReader) -> None:
    writer.write_transport(wire.Transport(0, True))
    writer._map[wire.FIELD["transport_sequence"].offset] = 3
    assert reader.transport() is None


def test_a_transport_that_is_written_while_it_is_read_is_read_again(
    writer: RingWriter, reader: RingReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = (wire.Transport(frame, True, 120.0, 4.0, 4.0, 4, 4) for frame in (256, 512))
    sequence, unpack, reads = wire.FIELD["transport_sequence"], wire.Field.unpack, [0]
    writer.write_transport(old)

    def meanwhile(field: wire.Field, header: memoryview) -> object:
        value = unpack(field, header)
        reads[0] += 1
        if reads[0] == 1:
            writer.write_transport(wire.Transport(512, True, 60.0, 4.0, 4.0, 4, 4))
            writer._map[sequence.offset] = 3  # half way
        elif reads[0] == 2:
            writer.write_transport(new)
        return value

    monkeypatch.setattr(wire.Field, "unpack", meanwhile)
    assert reader.transport() == new


def test_the_reader_cannot_write(reader: RingReader) -> None:
    with pytest.raises(ValueError, match="read-only"):
        reader._body[0, 0] = 1.0


@pytest.mark.parametrize("content", [b"", b"x" * 100, b"\0" * wire.BODY_OFFSET])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "foreign.ring"
    path.write_bytes(content)
    with pytest.raises(RingError, match=r"foreign\.ring"):
        RingReader(path)


def test_a_pipe_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.ring"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as threads:
        reader = threads.submit(RingReader, pipe)
        try:
            with pytest.raises(RingError, match=r"pipe\.ring can't be mapped: it must be a plain file"):
                reader.result(5)
        finally:
            os.close(os.open(pipe, os.O_RDWR))  # lets go of one that waits


def test_a_link_is_refused(writer: RingWriter, tmp_path: Path) -> None:
    (tmp_path / "link.ring").symlink_to(writer.path)
    with pytest.raises(RingError, match=r"link\.ring can't be mapped"):
        RingReader(tmp_path / "link.ring")


def test_a_ring_cut_short_is_refused(writer: RingWriter, tmp_path: Path) -> None:
    short = tmp_path / "short.ring"
    short.write_bytes(writer.path.read_bytes()[:-4])
    with pytest.raises(RingError, match="must hold"):
        RingReader(short)


def test_a_ring_is_never_made_over_another(writer: RingWriter) -> None:
    with pytest.raises(RingError, match="can't be made"):
        RingWriter(writer.path, 2, 48_000)


def test_a_block_of_another_shape_is_refused(writer: RingWriter) -> None:
    with pytest.raises(ValueError, match=r"a block must be \(2, 0\.\.1024\), not \(3, 5\)"):
        writer.write(np.zeros((3, 5), np.float32))


def test_the_file_is_the_users_alone_and_goes_with_the_writer(tmp_path: Path) -> None:
    with RingWriter(tmp_path / "b.ring", 1, 44_100, capacity_frames=64) as writer:
        assert writer.path.stat().st_mode & 0o777 == 0o600
        assert writer.path.stat().st_size == writer.format.file_bytes
    assert not writer.path.exists()
