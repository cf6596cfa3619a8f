"""The daemon's whole life: its parts are started in order and stopped in reverse.

A sample's way, one module each: the plugin's ring (`source`) is read by the `listener` into the session's
`context`, which cuts windows; the `worker` has each embedded by the `encoder`, joined in the `pool`,
searched (`search`) and made a list of (`rank`), which the outbox (`push`) sends to the plugin. Beside that
way are made what is played for the list's instruments (`notes`), and what a plugin auditions (`auditions`).
"""

import logging
import os
import secrets
import socket
import threading
from pathlib import Path

from timbred import models
from timbred.auditions import Auditions
from timbred.caretaker import Caretaker
from timbred.claim import Claim, ClaimKeeper
from timbred.config import Config
from timbred.encoder import Encoder
from timbred.errors import DaemonError, ModelError
from timbred.handlers import Handlers
from timbred.library import Library
from timbred.listener import Listener
from timbred.notes import Notes
from timbred.osc_server import OscServer
from timbred.part import Part
from timbred.push import LOOPBACK, Outbox
from timbred.reporter import Reporter
from timbred.sessions import Sessions
from timbred.suggest import Suggester
from timbred.version import VERSION
from timbred.watcher import Watcher
from timbred.worker import Worker
from timbred_bridge import osc
from timbred_bridge.runtime import DaemonAddress, make_folder
from timbred_catalogs.note_cache import NoteCache

log = logging.getLogger(__name__)


def run(config: Config, stop: threading.Event) -> None:
    """Serves until `stop` is set, from outside or by OSC.

    Raises:
        DaemonError: A daemon runs already.
        RuntimeFolderError: The runtime folder can't be used.
    """
    folder = make_folder()
    claim = Claim(folder)
    listening = _bound(config.daemon.port)
    started: list[Part] = []
    try:
        address = _address(listening)
        for part in _parts(config, folder, claim, listening, address.token, stop):
            part.start()
            started.append(part)
        claim.announce(address)
        log.info("timbred %s listens on %s:%d", VERSION, LOOPBACK, address.port)
        stop.wait()
    finally:
        claim.withdraw()
        for part in reversed(started):
            part.stop()
        listening.close()
        claim.release()
        log.info("timbred has stopped")


def _parts(
    config: Config, folder: Path, claim: Claim, listening: socket.socket, token: str, stop: threading.Event
) -> list[Part]:
    """The parts in the order in which they start: what answers stands before what asks."""
    encoder = _encoder()
    space, model_id = (encoder.space, encoder.model_id) if encoder else ("", "")
    library = Library(models.catalog_address(config), space, model_id)
    outbox = Outbox(listening)
    fit = models.fit_encoder(encoder) if encoder else None
    cache = NoteCache()
    notes = Notes(cache, lambda: _make_lists_anew(sessions, worker))
    slow_auditions = Auditions(folder, library, cache, outbox)
    auditions = Auditions(folder, library, cache, outbox, slow_auditions)
    suggester = Suggester(encoder, library, config, fit, notes.file_of)
    reporter = Reporter(suggester, outbox)
    sessions = Sessions(folder, encoder, config, fit)
    worker = Worker(suggester, outbox)
    own_port = listening.getsockname()[1]
    handlers = Handlers(
        sessions, worker, auditions, reporter, outbox, own_port, stop, lambda: server.bad_packets
    )
    server = OscServer(listening, token, handlers.table, outbox)
    caretaker = Caretaker(folder, sessions, library, worker, config.daemon.nice)
    listener = Listener(sessions, worker, reporter, outbox)
    parts = [ClaimKeeper(claim, stop), notes, slow_auditions, auditions, worker, listener, server, caretaker]
    if config.catalog.watch:
        parts.append(Watcher(library.address, config.catalog))
    return parts


def _make_lists_anew(sessions: Sessions, worker: Worker) -> None:
    for session in sessions.all():
        worker.put(session)


def _encoder() -> Encoder | None:
    try:
        encoder = models.default_encoder()
    except ModelError as error:
        log.warning("%s", error)
        return None
    log.info("hears with %s", encoder.model_id)
    return encoder


def _bound(port: int) -> socket.socket:
    receiving = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        receiving.bind((LOOPBACK, port))
    except OSError as error:
        raise DaemonError(f"daemon.port must be free, not {port}: {error}") from error
    return receiving


def _address(listening: socket.socket) -> DaemonAddress:
    port = listening.getsockname()[1]
    return DaemonAddress(os.getpid(), port, secrets.token_hex(16), osc.PROTOCOL, VERSION)
