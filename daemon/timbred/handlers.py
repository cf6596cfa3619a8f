"""What each OSC message does: one handler for each row of the table that goes to the daemon."""

import re
import time
from collections.abc import Callable
from dataclasses import replace
from threading import Event

from timbred.auditions import Auditions, Wish
from timbred.push import Outbox
from timbred.reporter import Reporter
from timbred.session import Session
from timbred.sessions import Sessions
from timbred.settings import ContextLength, Settings, with_count, with_verdict
from timbred.worker import Worker
from timbred_bridge import osc
from timbred_bridge.osc import Message

_SESSION_ID = re.compile(r"[0-9a-f]{32}")


class Handlers:
    """The handlers; each raises ValueError for a message whose values break a rule.

    Args:
        sessions: Opened, changed and closed.
        worker: Told when a list must be made anew.
        auditions: Makes what plugins ask to hear.
        reporter: Says how it is.
        outbox: Where answers go.
        own_port: The daemon's, to which nothing is answered.
        stop: Set to end the daemon.
        bad_packets: How many packets were refused so far.
    """

    def __init__(
        self,
        sessions: Sessions,
        worker: Worker,
        auditions: Auditions,
        reporter: Reporter,
        outbox: Outbox,
        own_port: int,
        stop: Event,
        bad_packets: Callable[[], int],
    ) -> None:
        self._sessions = sessions
        self._worker = worker
        self._auditions = auditions
        self._reporter = reporter
        self._outbox = outbox
        self._own_port = own_port
        self._stop = stop
        self._bad_packets = bad_packets
        self.table: dict[str, Callable[[Message], None]] = {
            "/timbred/hello": self.hello,
            "/timbred/bye": self.bye,
            "/timbred/ping": self.ping,
            "/timbred/mode": self.mode,
            "/timbred/context": self.context,
            "/timbred/slots": self.slots,
            "/timbred/words": self.words,
            "/timbred/freeze": self.freeze,
            "/timbred/more": self.more,
            "/timbred/feedback": self.feedback,
            "/timbred/audition": self.audition,
            "/timbred/watch": self.watch,
            "/timbred/inspect": self.inspect,
            "/timbred/stop": self.stop,
        }

    def hello(self, message: Message) -> None:
        """Opens the session, or takes up an open one."""
        protocol = message.integer("protocol")
        if protocol != osc.PROTOCOL:
            raise ValueError(
                f"protocol must be {osc.PROTOCOL}, not {protocol}: "
                "'timbred plugin install' brings the plugin of the daemon's version"
            )
        session_id = message.text("session")
        if not _SESSION_ID.fullmatch(session_id):
            raise ValueError(f"session must be 32 hexadecimal digits, not {session_id[:64]!r}")
        port = self._reply_port(message)
        session = self._sessions.hello(session_id, message.text("host"), port, message.text("ring"))
        self._outbox.send(self._reporter.welcome(session), session.reply_port)

    def bye(self, message: Message) -> None:
        """Ends the session."""
        self._sessions.drop(message.text("session"), "the plugin said bye")

    def ping(self, message: Message) -> None:
        """Notes that the instance lives; sends the list again if it has another."""
        session = self._session(message)
        session.pinged_at = time.monotonic()
        self._outbox.publish(session, [self._reporter.status(session)])
        if session.listed.rows and message.integer("revision") != session.listed.revision:
            for packet in session.listed.packets:
                self._outbox.send(packet, session.reply_port)

    def mode(self, message: Message) -> None:
        """Another mode."""
        self._change(message, lambda old: replace(old, mode=message.text("mode")))

    def context(self, message: Message) -> None:
        """More or less to hear."""
        length = ContextLength(message.text("context_unit"), message.number("context_length"))
        self._change(message, lambda old: replace(old, context=length))

    def slots(self, message: Message) -> None:
        """Other slots, each once however often it was named."""
        names = (name.strip() for name in message.text("slots").split(","))
        slots = tuple(dict.fromkeys(name for name in names if name))
        self._change(message, lambda old: replace(old, slots=slots))

    def words(self, message: Message) -> None:
        """Other words."""
        self._change(message, lambda old: replace(old, words=tuple(message.text("words").split())))

    def freeze(self, message: Message) -> None:
        """Holds the list, or lets it go."""
        frozen = message.integer("frozen")
        if frozen not in (0, 1):
            raise ValueError(f"frozen must be 0 or 1, not {frozen}")
        self._change(message, lambda old: replace(old, frozen=bool(frozen)))

    def more(self, message: Message) -> None:
        """More or fewer rows of one slot, or as many as by default."""
        slot, count = message.text("slot"), message.integer("count")
        self._change(message, lambda old: replace(old, counts=with_count(old.counts, slot, count)))

    def feedback(self, message: Message) -> None:
        """Pins or rejects a sound, or takes that back."""
        sound, verdict = message.text("sound"), message.text("verdict")
        self._change(message, lambda old: replace(old, verdicts=with_verdict(old.verdicts, sound, verdict)))

    def audition(self, message: Message) -> None:
        """Has a sound made to be heard in the plugin."""
        wish = Wish(self._session(message), message.text("sound"), message.integer("number"))
        self._auditions.want(wish)

    def watch(self, message: Message) -> None:
        """Copies lists and status to a port for a while, beginning with what is there now."""
        port, wanted = self._reply_port(message), message.text("session")
        self._outbox.watch(port, wanted)
        for session in self._sessions.all():
            if wanted in ("", session.id):
                for packet in (self._reporter.status(session), *session.listed.packets):
                    self._outbox.send(packet, port)

    def inspect(self, message: Message) -> None:
        """Reports on the daemon."""
        report = self._reporter.report(self._sessions.all(), self._bad_packets())
        self._outbox.send(report, self._reply_port(message))

    def stop(self, message: Message) -> None:
        """Ends the daemon."""
        self._stop.set()

    def _change(self, message: Message, change: Callable[[Settings], Settings]) -> None:
        session = self._session(message)
        settings = change(session.settings)
        if settings != session.settings:
            session.settings = settings
            self._worker.put(session)
            self._outbox.publish(session, [self._reporter.status(session)])

    def _session(self, message: Message) -> Session:
        return self._sessions.get(message.text("session"))

    def _reply_port(self, message: Message) -> int:
        port = message.integer("reply_port")
        if not 1024 <= port <= 65535 or port == self._own_port:
            raise ValueError(f"reply port must be 1024..65535 and not the daemon's, not {port}")
        return port
