"""Makes the sounds that plugins ask to hear: decoded in a process beside, left in the runtime folder."""

import secrets
from pathlib import Path

from timbred.library import Library
from timbred.part import QueuePart
from timbred.push import Outbox
from timbred.session import Session
from timbred_bridge import osc
from timbred_bridge.runtime import AUDITION_SUFFIX
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.note_cache import NoteCache


class Auditions(QueuePart[tuple[Session, str, int]]):
    """One thread, in front of it at most one wish of each session.

    Args:
        folder: The runtime folder.
        library: Where the sounds are looked up.
        cache: Where the notes of instruments are kept.
        outbox: Where answers are sent.
    """

    name = "auditioner"

    def __init__(self, folder: Path, library: Library, cache: NoteCache, outbox: Outbox) -> None:
        super().__init__()
        self._folder, self._library, self._cache, self._outbox = folder, library, cache, outbox

    def want(self, session: Session, sound_id: str, number: int) -> None:
        """Asks for a sound, in place of what the session asked for before."""
        with self.filled:
            self.waiting[session.id] = (session, sound_id, number)
            self.filled.notify()

    def take(self, item: tuple[Session, str, int]) -> None:
        """Makes the sound, and says where it is or why there is none."""
        session, sound_id, number = item
        sample_rate = session.source.sample_rate
        try:
            file = self._make(session, sound_id, sample_rate)
        except CatalogError as error:
            answer = osc.encode("/timbred/error", session.id, "/timbred/audition", str(error)[:400])
        else:
            answer = osc.encode("/timbred/audio", session.id, number, sample_rate, file.name)
        self._outbox.send(answer, session.reply_port)

    def _make(self, session: Session, sound_id: str, sample_rate: int) -> Path:
        from timbred_catalogs.playable import write_audition  # the daemon's start does not wait for decoders

        sound = self._library.sound(sound_id)
        if sound is None:
            rule = f"sound must be in the catalogue, not {sound_id[:64]!r}"
            raise CatalogError(self._library.stock.problem or rule)
        file = self._folder / f"{session.id}-{secrets.token_hex(4)}{AUDITION_SUFFIX}"
        try:
            write_audition(sound, sample_rate, file, self._cache)
        except CatalogError:
            file.unlink(missing_ok=True)
            raise
        return file
