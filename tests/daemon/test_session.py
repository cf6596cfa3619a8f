"""A session's revisions, whatever the clock says, and what it hears of silence."""

import time
from pathlib import Path

import numpy as np
import pytest
from library_of_tones import tone

from timbred.config import load_config
from timbred.context import Context, Window
from timbred.packets import list_packets, report_packet, status_packet
from timbred.pool import Pool
from timbred.session import Session, first_revision
from timbred.source import RingSource
from timbred_bridge import osc
from timbred_bridge.ring import Chunk, RingReader
from timbred_bridge.wire import Transport
from timbred_bridge.writer import RingWriter

YEAR_SECONDS = 31_556_952


@pytest.mark.parametrize("year", [1970, 2024, 2026, 2041, 2500])
def test_a_list_can_have_the_first_revisions_of_any_year(year: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: (year - 1970.0) * YEAR_SECONDS)
    revision = first_revision()
    for later in (revision + 1, revision + 1_000_000):
        (packet,) = list_packets("s" * 32, later, "match", [], [])
        assert osc.decode(packet).integer("revision") == later > 1


def test_revisions_grow_with_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_790_000_000.0)
    before = first_revision()
    monkeypatch.setattr(time, "time", lambda: 1_790_000_001.0)
    assert first_revision() == before + 4


RATE = 48_000
BLOCK = 9_600
SMALL_RING = 32_768


class CopyingSource(RingSource):
    """Reads all, and says how many frames that were."""

    copied = 0

    def read(self) -> Chunk:
        chunk = super().read()
        self.copied += chunk.audio.shape[1]
        return chunk


class PatientSource(CopyingSource):
    """One that takes no silence for granted."""

    def skip_quiet(self, level: float) -> int:
        return 0


def listening_session(writer: RingWriter, kind: type[RingSource]) -> Session:
    """A session that hears what `writer` writes from now on, by an encoder of 3 s windows."""
    context = Context(RATE, 16_000, 3.0, load_config().listening)
    return Session("s" * 32, "host", 1, writer.path, kind(writer.path, 0.0), context, Pool(()))


def heard(writer: RingWriter, kind: type[CopyingSource], audio: np.ndarray) -> tuple[list[Window], Session]:
    """What a session hears of `audio` (channels, frames), block by block; the host rests for a second."""
    session = listening_session(writer, kind)
    windows = []
    for place in range(0, audio.shape[1], BLOCK):
        beats = place / RATE * 2.0
        playing = not 4 * RATE <= place < 5 * RATE
        writer.write_transport(Transport(place, playing, 120.0, beats, 4.0 * (beats // 4.0), 4, 4))
        writer.write(audio[:, place : place + BLOCK])
        windows.append(session.hear())
    session.close()
    return [window for window in windows if window is not None], session


def test_silence_is_passed_over_and_nothing_of_the_music_is_lost(tmp_path: Path) -> None:
    hiss = 1e-5 * np.random.default_rng(3).standard_normal(6 * RATE).astype(np.float32)
    soft = 10 ** (-50 / 20) * tone(440, 4.0, RATE) / np.abs(tone(440, 4.0, RATE)).max()
    music = np.concatenate([hiss, soft, hiss[: 4 * RATE], tone(880, 9.0, RATE)])
    audio = np.stack([music, 0.5 * music]).astype(np.float32)
    with RingWriter(tmp_path / "a.ring", 2, RATE) as writer:
        patient, all_read = heard(writer, PatientSource, audio)
    with RingWriter(tmp_path / "b.ring", 2, RATE) as writer:
        passing, some_read = heard(writer, CopyingSource, audio)
    assert len(patient) == len(passing) > 5
    for one, other in zip(patient, passing, strict=True):
        np.testing.assert_array_equal(one.audio, other.audio)
        one_frames = (one.start_frame, one.end_frame, one.begin_frame)
        assert one_frames == (other.start_frame, other.end_frame, other.begin_frame)
    assert patient[0].start_frame < 7 * RATE
    assert some_read.heard_frames == all_read.heard_frames == audio.shape[1]
    assert isinstance(some_read.source, CopyingSource)
    assert some_read.source.copied < audio.shape[1] - 7 * RATE


def test_a_ring_that_stands_still_is_no_advance(tmp_path: Path) -> None:
    with RingWriter(tmp_path / "a.ring", 2, RATE) as writer:
        session = listening_session(writer, RingSource)
        writer.write(np.full((2, BLOCK), 0.5, np.float32))
        session.hear()
        advanced_at = session.advanced_at
        assert session.hear() is None
        session.close()
    assert advanced_at > 0.0
    assert (session.advanced_at, session.heard_frames) == (advanced_at, BLOCK)


def test_a_closed_session_hears_nothing_and_may_be_closed_again(tmp_path: Path) -> None:
    with RingWriter(tmp_path / "a.ring", 2, RATE) as writer:
        session = listening_session(writer, RingSource)
        writer.write(np.full((2, BLOCK), 0.5, np.float32))
        for _ in range(2):
            session.close()
            assert session.hear() is None
    assert session.heard_frames == 0


def test_silence_that_was_overtaken_counts_as_lost(tmp_path: Path) -> None:
    with RingWriter(tmp_path / "a.ring", 2, RATE, capacity_frames=SMALL_RING) as writer:
        session = listening_session(writer, RingSource)
        for _ in range(3):
            writer.write(np.zeros((2, SMALL_RING), np.float32))
        session.hear()
        session.close()
    assert (session.lost_frames, session.heard_frames) == (2 * SMALL_RING, SMALL_RING)


class BrokenSource(RingSource):
    """Of a ring that claims to have written more than can be."""

    def read(self) -> Chunk:
        return Chunk(np.zeros((2, 0), np.float32), 0, 2**64 - 1)


def test_what_a_broken_ring_lost_can_be_told(tmp_path: Path) -> None:
    with RingWriter(tmp_path / "a.ring", 2, RATE) as writer:
        session = listening_session(writer, BrokenSource)
        session.hear()
        status_packet(session, ("silent", ""), 0, "", 0)
        report_packet(0.0, "", 0, "", 0, "", [(session, "silent")])
        session.close()


def test_what_is_overtaken_while_it_is_looked_at_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RingWriter(tmp_path / "a.ring", 2, RATE, capacity_frames=SMALL_RING) as writer:
        session = listening_session(writer, RingSource)
        writer.write(np.full((2, SMALL_RING), 0.5, np.float32))
        peak = RingReader.peak

        def overtaken(reader: RingReader, begin: int, end: int) -> float:
            writer.write(np.zeros((2, SMALL_RING), np.float32))
            return peak(reader, begin, end)

        monkeypatch.setattr(RingReader, "peak", overtaken)
        session.hear()
        session.close()
    assert (session.lost_frames, session.heard_frames) == (SMALL_RING, SMALL_RING)


def test_a_sample_that_is_no_number_is_read(tmp_path: Path) -> None:
    audio = np.zeros((2, BLOCK), np.float32)
    audio[0, 7] = np.nan
    with RingWriter(tmp_path / "a.ring", 2, RATE) as writer:
        _, session = heard(writer, CopyingSource, audio)
    assert isinstance(session.source, CopyingSource)
    assert session.source.copied == BLOCK
