"""The OSC server without a socket's traffic: packets go in by hand, answers are caught."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from timbred.handlers import Handlers
from timbred.osc_server import OscServer
from timbred.push import Outbox
from timbred_bridge import osc

TOKEN = "a" * 32
SENDER = ("127.0.0.1", 40_000)


class CatchingOutbox(Outbox):
    """Keeps what would be sent."""

    def __init__(self, sending: socket.socket) -> None:
        super().__init__(sending)
        self.sent: list[tuple[osc.Message, int]] = []

    def send(self, packet: bytes, port: int) -> None:
        """Keeps a packet."""
        self.sent.append((osc.decode(packet), port))


@dataclass
class Taker:
    """A server whose handlers note what they got."""

    server: OscServer
    outbox: CatchingOutbox
    got: list[osc.Message] = field(default_factory=list)

    def take(self, packet: bytes) -> None:
        """Hands it a packet."""
        self.server.take(packet, SENDER)


@pytest.fixture
def taker() -> Iterator[Taker]:
    """A server with a token."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        outbox = CatchingOutbox(unused)
        got: list[osc.Message] = []

        def mode(message: osc.Message) -> None:
            if message.text("mode") not in ("match", "fit"):
                raise ValueError(f"mode must be match or fit, not {message.text('mode')!r}")
            got.append(message)

        handlers = {"/timbred/mode": mode, "/timbred/bye": got.append}
        yield Taker(OscServer(unused, TOKEN, handlers, outbox), outbox, got)


def test_every_row_to_the_daemon_has_a_handler() -> None:
    rows = {row.address for row in osc.TABLE if row.direction is osc.Direction.TO_DAEMON}
    handlers = Handlers.__new__(Handlers)
    names = {f"/timbred/{name}" for name in vars(Handlers) if not name.startswith("_")}
    assert rows == names
    assert all(callable(getattr(handlers, row.removeprefix("/timbred/"))) for row in rows)


def test_a_good_packet_reaches_its_handler(taker: Taker) -> None:
    taker.take(osc.encode("/timbred/mode", TOKEN, "s" * 32, "fit"))
    assert [message.text("mode") for message in taker.got] == ["fit"]
    assert taker.outbox.sent == [] and taker.server.bad_packets == 0


@pytest.mark.parametrize("token", ["", "b" * 32, TOKEN[:-1], TOKEN + "a", "ä" * 32])
def test_without_the_token_nobody_is_answered(taker: Taker, token: str) -> None:
    taker.take(osc.encode("/timbred/mode", token, "s" * 32, "nonsense"))
    assert taker.got == [] and taker.outbox.sent == []
    assert taker.server.bad_packets == 1


def test_with_the_token_a_broken_rule_is_answered_to_the_sender(taker: Taker) -> None:
    taker.take(osc.encode("/timbred/mode", TOKEN, "s" * 32, "nonsense"))
    ((message, port),) = taker.outbox.sent
    assert (message.address, port) == ("/timbred/error", SENDER[1])
    assert message.text("message") == "mode must be match or fit, not 'nonsense'"


def test_what_the_daemon_says_is_not_said_to_it(taker: Taker) -> None:
    taker.take(osc.encode("/timbred/error", "s", "/timbred/mode", "x"))
    assert taker.outbox.sent == [] and taker.server.bad_packets == 1


def test_the_same_packet_again_is_handled_and_checked_again(taker: Taker) -> None:
    good, bad = (osc.encode("/timbred/mode", token, "s" * 32, "fit") for token in (TOKEN, "b" * 32))
    broken = good[:-4]
    for packet in (good, good, bad, bad, broken, broken):
        taker.take(packet)
    assert len(taker.got) == 2
    assert taker.outbox.sent == [] and taker.server.bad_packets == 4


def test_a_message_that_is_kept_for_the_next_time_cannot_be_changed(taker: Taker) -> None:
    packet = osc.encode("/timbred/mode", TOKEN, "s" * 32, "fit")
    taker.take(packet)
    with pytest.raises(TypeError):
        taker.got[0].values["mode"] = "match"  # type: ignore[index]
    taker.take(packet)
    assert [message.text("mode") for message in taker.got] == ["fit", "fit"]


@pytest.mark.slow
def test_a_hundred_thousand_fuzzed_packets_change_nothing(
    taker: Taker, caplog: pytest.LogCaptureFixture
) -> None:
    random = np.random.default_rng(0)
    whole = np.frombuffer(osc.encode("/timbred/mode", TOKEN, "s" * 32, "fit"), np.uint8)
    for number in range(100_000):
        if number % 2:
            packet = random.integers(0, 256, random.integers(0, 96), np.uint8)
        else:
            packet = whole.copy()[: random.integers(1, len(whole) + 1)]
            packet[random.integers(0, len(packet), 3)] = random.integers(0, 256, 3, np.uint8)
        taker.take(packet.tobytes())
    taken = len(taker.got)
    answered = sum(message.address == "/timbred/error" for message, _ in taker.outbox.sent)
    assert taken + taker.server.bad_packets == 100_000
    assert answered == len(taker.outbox.sent) < 2_000  # those whose token survived
    assert all(message.text("mode") in ("match", "fit") for message in taker.got)
    assert len(caplog.records) < 20
