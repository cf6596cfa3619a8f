"""What a session's state means, in a sentence."""

import socket
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from library_of_tones import sound

from timbred.pool import Pool
from timbred.push import Outbox
from timbred.rank import Row
from timbred.reporter import Reporter
from timbred.session import Listed, Session
from timbred.settings import Settings
from timbred.source import Source
from timbred.suggest import Suggester


def test_a_session_that_was_frozen_before_its_first_list_has_none_to_hold() -> None:
    library = SimpleNamespace(stock=SimpleNamespace(problem=""))
    suggester = cast(Suggester, SimpleNamespace(problem=lambda mode: "", library=library))
    session = Session("s" * 32, "host", 1, Path("a.ring"), cast(Source, None), None, Pool(()))
    session.settings = Settings(frozen=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        reporter = Reporter(suggester, Outbox(unused))
        without = reporter.state(session)
        session.listed = Listed(7, rows=(Row("bass", 1, sound(1), 0.5, False, "nearest", 0.5),))
        assert without == ("frozen", "there is no list to hold yet: let it go to get one")
        assert reporter.state(session) == ("frozen", "the list is held as it is")
