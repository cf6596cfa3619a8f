"""A whole daemon on a thread of the test's process."""

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

from waiting import wait_for

from timbred import server
from timbred.client import Client, find_daemon
from timbred.config import load_config
from timbred.encoder import Encoder
from timbred_bridge.runtime import DaemonAddress


@dataclass
class Daemon:
    """A daemon on a thread of this process, in folders of its own."""

    folder: Path
    catalog: Path
    encoder: Encoder
    stop_event: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def start(self) -> None:
        """Starts it and waits for its address."""
        config = load_config()
        config = replace(config, daemon=replace(config.daemon, nice=0, catalog=str(self.catalog)))
        self.stop_event = threading.Event()
        self.thread = threading.Thread(target=server.run, args=(config, self.stop_event), daemon=True)
        self.thread.start()
        wait_for(lambda: DaemonAddress.read(self.folder))

    def stop(self) -> None:
        """Ends it and waits."""
        self.stop_event.set()
        if self.thread is not None:
            self.thread.join(10)

    def sessions(self) -> list[str]:
        """The sessions that the daemon says it has."""
        with Client(find_daemon()) as client:
            return [str(group["session"]) for group in client.report().groups]
