"""The worker's queue: one place for each session, and what is sent of the lists."""

import socket
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from library_of_tones import tone

from timbred.config import load_config
from timbred.context import Window
from timbred.file_source import FileSource
from timbred.library import Library
from timbred.pool import Pool
from timbred.push import Outbox
from timbred.session import Listed, Session
from timbred.suggest import Suggester
from timbred.worker import Worker


class FakeSuggester(Suggester):
    """Keeps what it is given; each list is another one while `news` is set."""

    def __init__(self) -> None:
        super().__init__(None, Library("none", "timbre", "tiny-1"), load_config())
        self.taken: list[tuple[Session, Window]] = []
        self.listed: list[Session] = []
        self.news = True

    def take(self, session: Session, window: Window) -> None:
        self.taken.append((session, window))

    def suggest(self, session: Session) -> bool:
        self.listed.append(session)
        return self.news


class FakeOutbox(Outbox):
    """Keeps what is sent."""

    def __init__(self) -> None:
        super().__init__(socket.socket())
        self._socket.close()
        self.sent: list[tuple[Session, tuple[bytes, ...]]] = []

    def publish(self, session: Session, packets: Iterable[bytes]) -> None:
        self.sent.append((session, tuple(packets)))


@pytest.fixture
def suggester() -> FakeSuggester:
    return FakeSuggester()


@pytest.fixture
def outbox() -> FakeOutbox:
    return FakeOutbox()


@pytest.fixture
def worker(suggester: FakeSuggester, outbox: FakeOutbox) -> Worker:
    """Its thread does not run: a test takes its turns."""
    return Worker(suggester, outbox)


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[tuple[Session, Session]]:
    """Two of one id, as before and after a plugin came with another ring."""
    soundfile.write(tmp_path / "song.wav", tone(440, 1.0, 8_000), 8_000)
    source = FileSource(tmp_path / "song.wav", None)
    made = [Session("s" * 32, "host", 1, tmp_path, source, None, Pool(())) for _ in range(2)]
    for session in made:
        session.listed = Listed(1, packets=(b"list",))
    yield made[0], made[1]
    made[0].close()


def window(end_frame: int) -> Window:
    return Window(np.zeros(100, np.float32), 0, end_frame, 0)


def test_of_windows_that_wait_the_newest_is_taken_and_the_others_are_counted(
    worker: Worker, suggester: FakeSuggester, sessions: tuple[Session, Session]
) -> None:
    session, _ = sessions
    windows = [window(end) for end in (100, 200, 300)]
    for one in windows:
        worker.put(session, one)
    worker.turn()
    assert suggester.taken == [(session, windows[2])]
    assert (session.dropped, len(suggester.listed)) == (2, 1)


def test_changed_settings_push_no_window_away(
    worker: Worker, suggester: FakeSuggester, sessions: tuple[Session, Session]
) -> None:
    session, _ = sessions
    newest = window(100)
    worker.put(session)
    worker.put(session, newest)
    worker.put(session)
    worker.turn()
    assert suggester.taken == [(session, newest)]
    assert (session.dropped, worker.waiting) == (0, {})


def test_a_session_that_came_with_another_ring_is_listed_in_place_of_the_one_before(
    worker: Worker, suggester: FakeSuggester, sessions: tuple[Session, Session]
) -> None:
    before, after = sessions
    worker.put(before, window(100))
    worker.put(after)
    worker.turn()
    assert (suggester.taken, suggester.listed, after.dropped) == ([], [after], 0)


def test_a_list_is_sent_where_it_is_another_and_the_session_is_open(
    worker: Worker, suggester: FakeSuggester, outbox: FakeOutbox, sessions: tuple[Session, Session]
) -> None:
    session, _ = sessions
    for suggester.news, session.closed in ((True, False), (False, False), (True, True)):
        worker.put(session)
        worker.turn()
    assert len(suggester.listed) == 3
    assert outbox.sent == [(session, (b"list",))]
    session.closed = False
